"""What the site keeps about a person: all of it comes with the export, all of it goes with the account, in time."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import services as accounts
from accounts.export import export
from accounts.models import User
from classifier.models import Identification
from classifier.tasks import expire_guest_photos
from core.models import OutgoingEmail
from dealers import services as dealers
from dealers.models import Enquiry
from dealers.tasks import expire_enquiries
from tests.conftest import PASSWORD
from tests.security.world import SECRET, World, make_world

pytestmark = pytest.mark.django_db
#: Every column that names a person: where it is in the export, or why it is not there.
NAMED = {
    "account.EmailAddress.user": "accounts.json: email_addresses",
    "accounts.ApiToken.user": "accounts.json: api_tokens",
    "mfa.Authenticator.user": "accounts.json: second_step",
    "accounts.User_groups.user": "what staff may do is the site's own matter",
    "accounts.User_user_permissions.user": "what staff may do is the site's own matter",
    "admin.LogEntry.user": "the record of staff's acts is the site's own",
    "classifier.CurationEvent.actor": "the record of staff's acts is the site's own",
    "classifier.DatasetVersion.actor": "the record of staff's acts is the site's own",
    "classifier.Feedback.author": "classifier.json: feedback",
    "classifier.Identification.owner": "classifier.json: identifications, photos/",
    "classifier.ModelEvent.actor": "the record of staff's acts is the site's own",
    "classifier.ModelVersion.promoted_by": "the record of staff's acts is the site's own",
    "classifier.ReferencePhoto.added_by": "photos that staff gave to the site",
    "classifier.Sighting.owner": "classifier.json: sighting of each identification",
    "classifier.TrainingRun.actor": "the record of staff's acts is the site's own",
    "dealers.Dealer_staff.user": "dealers.json: dealerships",
    "dealers.Enquiry.user": "dealers.json: enquiries, enquiries/",
    "dealers.EnquiryEvent.actor": "dealers.json: lead_changes",
    "scraper.CatalogChange.actor": "the record of staff's acts is the site's own",
    "scraper.CatalogChange.undone_by": "the record of staff's acts is the site's own",
    "scraper.ScrapeRun.actor": "the record of staff's acts is the site's own",
    "scraper.StagedCar.opened_by": "the record of staff's acts is the site's own",
}


@pytest.fixture
def world() -> World:
    return make_world()


def test_every_table_that_names_a_person_is_exported_or_says_why_not() -> None:
    found = {
        f"{field.model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if field.related_model is User
        and not model._meta.label.startswith(("scraper.Historical", "catalog.Historical"))
    }
    assert found == set(NAMED)


def test_export_has_all_that_is_the_persons_and_nothing_of_others(world: World) -> None:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(export(world.people["user"]))))
    parts = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    text = json.dumps(parts)
    for told in (
        "ada-secret@example.org",
        "new-Secret@example.org",
        "Ada Secret",
        "Secret program",
        "Secret question",
    ):
        assert told in text
    assert "Secret words" in text
    assert "Secret Car Coupe 2012" in text
    photos = {name for name in archive.namelist() if name.endswith(".jpg")}
    assert photos == {
        f"photos/{world.args[key].pk}.jpg" for key in ("identification", "failed", "interior")
    } | {f"enquiries/{world.args['enquiry'].pk}.jpg"}
    theirs = zipfile.ZipFile(io.BytesIO(b"".join(export(world.people["other"]))))
    assert not any(secret in theirs.read(name) for name in theirs.namelist() for secret in world.secrets)
    assert [name for name in theirs.namelist() if name.endswith(".jpg")] == []


def everything_in_the_database() -> dict[str, str]:
    """All rows of all tables, as text."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = repr(cursor.fetchall())
    return found


def test_deleting_an_account_leaves_no_trace_of_it(
    world: World,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    marks = [
        SECRET,
        "ada-secret@example.org",
        *(
            str(key.pk)
            for key in (world.args["identification"], world.args["failed"], world.args["interior"])
        ),
    ]
    before = everything_in_the_database()
    assert sum(SECRET in text for text in before.values()) >= 6, "there was nothing to delete"
    files = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    own = {path for path in files if any(secret in path.read_bytes() for secret in world.secrets[1:3])}
    assert len(own) >= 3  # photo, thumbnail, and the copy that went to the dealer
    client = world.client("user")
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("accounts:delete"), {"password": PASSWORD})
    assert done.status_code == 302
    # The last e-mail goes to the address that was; its row goes once it has left.
    assert OutgoingEmail.objects.filter(to="ada-secret@example.org").delete()[0] == 1
    # A session of another browser holds nothing but a number that belongs to no one any more.
    left = {
        table: text
        for table, text in everything_in_the_database().items()
        if any(mark in text for mark in marks)
    }
    assert left == {}
    assert not any(path.exists() for path in own)
    assert Enquiry.objects.filter(pk=world.args["enquiry"].pk, name="(erased)").exists()


# --- In time ------------------------------------------------------------------------------------------------
def test_every_schedule_of_what_expires_is_set(settings: Settings) -> None:
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {
        "classifier.tasks.expire_guest_photos",
        "dealers.tasks.expire_enquiries",
        "accounts.tasks.clear_sessions",
        "core.tasks.sweep_outbox",
    } <= tasks


def test_guests_photos_go_after_their_hours(world: World, settings: Settings) -> None:
    settings.GUEST_PHOTO_HOURS = 3
    now = timezone.now()
    guests = Identification.objects.filter(owner=None)
    assert guests.exists()
    kept = set(Identification.objects.exclude(owner=None).values_list("pk", flat=True))
    Identification.objects.update(created=now - timedelta(hours=2))
    expire_guest_photos()
    assert guests.exists()
    Identification.objects.update(created=now - timedelta(hours=4))
    expire_guest_photos()
    assert not guests.exists()
    assert set(Identification.objects.values_list("pk", flat=True)) == kept


def test_enquiries_lose_what_is_personal_after_their_days(
    world: World,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.ENQUIRY_DAYS = 10
    enquiry = world.args["enquiry"]
    file = Path(enquiry.photo.path)
    Enquiry.objects.filter(pk=enquiry.pk).update(updated=timezone.now() - timedelta(days=11))
    young = Enquiry.objects.exclude(pk=enquiry.pk).get()
    with django_capture_on_commit_callbacks(execute=True):
        expire_enquiries()
    old = Enquiry.objects.get(pk=enquiry.pk)
    assert (old.name, old.email, old.message, old.phone, old.evidence) == ("(erased)", "", "(erased)", "", "")
    assert (old.user, old.identification_id, bool(old.photo)) == (None, None, False)
    assert not file.exists()
    assert old.dealer == enquiry.dealer, "that an enquiry was made stays"
    young.refresh_from_db()
    assert young.email
    assert dealers.enquiries_expire() == 0


def test_sessions_that_have_ended_are_deleted(client: Client, user: User) -> None:
    client.force_login(user)
    Session.objects.create(
        session_key="old", session_data="x", expire_date=timezone.now() - timedelta(days=1)
    )
    accounts.sessions_clear()
    assert not Session.objects.filter(session_key="old").exists()
    assert client.get(reverse("accounts:me")).status_code == 200
