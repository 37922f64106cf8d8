"""Enquiries: stored once and whole, moved along allowed ways, handed out and erased with their person."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from dealers import services
from dealers.exceptions import IllegalTransition, StatusChanged
from dealers.models import Enquiry, EnquiryEvent
from tests.dealers.conftest import MINE, PHOTO, FakeEvidence

Status = Enquiry.Status


def stored_photos():
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def test_an_enquiry_begins_with_an_event_and_wakes_workers_once(
    asked, user, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        enquiry, is_new = services.enquiry_create(**asked, user=user)
        assert woken == []
    assert is_new
    assert woken == [enquiry.mail_to_dealer_id, enquiry.mail_to_visitor_id]
    event = enquiry.events.get()
    assert (event.actor, event.from_status, event.to_status) == (user, "", Status.NEW)


def test_the_same_message_again_is_the_same_enquiry(
    asked, user, variant, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        first, _ = services.enquiry_create(**asked, user=user, variant=variant)
        second, is_new = services.enquiry_create(**asked, user=user, variant=variant)
    assert (second, is_new) == (first, False)
    assert Enquiry.objects.count() == 1
    assert woken == [first.mail_to_dealer_id, first.mail_to_visitor_id]


@pytest.mark.parametrize("changed", ["message", "email", "nonce", "phone", "name"])
def test_another_message_is_another_enquiry(asked, changed):
    services.enquiry_create(**asked)
    _, is_new = services.enquiry_create(**asked | {changed: "x@example.org"})
    assert is_new


def test_two_people_with_one_form_do_not_get_each_others_enquiry(asked, user, other_user):
    ours, _ = services.enquiry_create(**asked, user=user)
    theirs, is_new = services.enquiry_create(**asked, user=other_user)
    assert is_new
    assert ours != theirs


def test_a_duplicate_that_slips_past_the_check_is_caught_by_the_database(asked, monkeypatch):
    first, _ = services.enquiry_create(**asked)
    blind = iter([None])  # the first check of the second request finds nothing yet

    class Blind:
        def filter(self, **lookup):
            found = Enquiry._default_manager.filter(**lookup)
            return found.none() if next(blind, "seen") is None else found

    monkeypatch.setattr(Enquiry, "objects", Blind())
    second, is_new = services.enquiry_create(**asked, evidence=FakeEvidence(), send_photo=True)
    assert (second, is_new) == (first, False)
    assert stored_photos() == []


def test_refused_by_the_limit_stores_nothing_but_a_duplicate_is_not_asked(asked):
    def refuse():
        raise IllegalTransition(current="a", wanted="b")

    with pytest.raises(IllegalTransition):
        services.enquiry_create(**asked, admit=refuse)
    assert not Enquiry.objects.exists()
    first, _ = services.enquiry_create(**asked)
    assert services.enquiry_create(**asked, admit=refuse) == (first, False)


def test_the_photo_is_copied_only_if_it_is_sent_along(asked, enquiry):
    assert enquiry.photo.read() == PHOTO
    assert enquiry.evidence == "Audi A5 Coupe 2012, 75% sure"
    assert enquiry.identification_id == MINE
    without, _ = services.enquiry_create(
        **asked | {"nonce": "2"}, evidence=FakeEvidence(), identification_id=MINE
    )
    assert not without.photo
    assert without.evidence == "Audi A5 Coupe 2012, 75% sure"


def test_the_copy_has_a_neutral_name(enquiry):
    assert "ab" not in enquiry.photo.name.split("/")
    assert enquiry.photo.name.endswith(".jpg")
    assert len(stored_photos()) == 1


def test_a_photo_that_can_not_be_copied_leaves_no_enquiry(asked, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", full)
    with pytest.raises(OSError, match="no space"):
        services.enquiry_create(**asked, evidence=FakeEvidence(), send_photo=True)
    assert not Enquiry.objects.exists()


def test_a_row_that_can_not_be_written_leaves_no_photo(asked, monkeypatch):
    def broken(*args, **kwargs):
        raise IntegrityError("no")

    monkeypatch.setattr("core.mail.queue", broken)
    with pytest.raises(IntegrityError):
        services.enquiry_create(**asked, evidence=FakeEvidence(), send_photo=True)
    assert not Enquiry.objects.exists()
    assert stored_photos() == []


ALLOWED = {
    (Status.NEW, Status.CONTACTED),
    (Status.NEW, Status.CLOSED),
    (Status.CONTACTED, Status.CLOSED),
    (Status.CLOSED, Status.CONTACTED),
}


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_only_allowed_transitions_happen(enquiry, seller, before, after):
    Enquiry.objects.filter(pk=enquiry.pk).update(status=before)
    enquiry.refresh_from_db()
    events = enquiry.events.count()
    if (before, after) in ALLOWED:
        services.enquiry_set_status(enquiry=enquiry, status=after, actor=seller, note="Called.")
        event = enquiry.events.last()
        assert (event.actor, event.from_status, event.to_status, event.note) == (
            seller,
            before,
            after,
            "Called.",
        )
        assert not event.by_link
    elif before == after:
        services.enquiry_set_status(enquiry=enquiry, status=after, actor=seller)
        assert enquiry.events.count() == events
    else:
        with pytest.raises(IllegalTransition):
            services.enquiry_set_status(enquiry=enquiry, status=after, actor=seller)
        assert enquiry.events.count() == events
    enquiry.refresh_from_db()
    assert enquiry.status == (after if (before, after) in ALLOWED else before)


def test_a_change_that_overtook_ours_is_not_overwritten(enquiry, seller):
    services.enquiry_set_status(enquiry=enquiry, status=Status.CLOSED, actor=seller)
    with pytest.raises(StatusChanged):
        services.enquiry_set_status(enquiry=enquiry, status=Status.CONTACTED, actor=seller, seen=Status.NEW)
    enquiry.refresh_from_db()
    assert enquiry.status == Status.CLOSED


def test_a_change_by_the_link_has_no_actor_and_says_so(enquiry):
    services.enquiry_set_status(enquiry=enquiry, status=Status.CONTACTED, actor=None)
    event = enquiry.events.last()
    assert event.by_link
    assert event.actor is None


def test_the_database_knows_the_statuses(enquiry):
    with pytest.raises(IntegrityError), transaction.atomic():
        Enquiry.objects.filter(pk=enquiry.pk).update(status="won")


def test_personal_data_are_mine_and_all_of_mine(enquiry, user, other_user, asked, dealer, seller):
    services.enquiry_create(**asked | {"message": "Somebody else's words"}, user=other_user)
    services.enquiry_set_status(enquiry=enquiry, status=Status.CONTACTED, actor=seller, note="Haggles.")
    data, files = services.personal_data(user)
    text = json.dumps(data)
    for mine in (
        "Ada Lovelace",
        "ada@example.org",
        "+44 20 7946 0103",
        "Is it still there?",
        "75% sure",
        str(MINE),
    ):
        assert mine in text
    assert "Somebody else" not in text
    assert "Haggles" not in text
    assert [status["status"] for status in data["enquiries"][0]["history"]] == [Status.NEW, Status.CONTACTED]
    ((name, photo),) = files
    assert name == f"enquiries/{enquiry.pk}.jpg" == data["enquiries"][0]["photo"]
    assert photo.read() == PHOTO

    data, _ = services.personal_data(seller)
    assert data["dealerships"] == [dealer.name]
    assert data["lead_changes"][0]["note"] == "Haggles."
    assert data["enquiries"] == []


def test_personal_data_cost_the_same_for_many_enquiries(user, asked, django_assert_max_num_queries):
    for number in range(5):
        services.enquiry_create(**asked | {"nonce": str(number)}, user=user)
    with django_assert_max_num_queries(4):
        services.personal_data(user)


def test_a_deleted_account_leaves_nothing_personal(enquiry, user, seller, django_capture_on_commit_callbacks):
    services.enquiry_set_status(
        enquiry=enquiry, status=Status.CONTACTED, actor=seller, note="Ada Lovelace called."
    )
    assert len(stored_photos()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        user.delete()
    left = Enquiry.objects.values().get(pk=enquiry.pk)
    text = " ".join(map(str, left.values()))
    for personal in ("Ada", "ada@", "20 7946 0103", "still there", "75%", str(MINE), ".jpg"):
        assert personal not in text
    assert left["status"] == Status.CONTACTED
    assert not EnquiryEvent.objects.filter(note__contains="Ada").exists()
    assert stored_photos() == []


def test_an_expired_enquiry_names_its_sender_nowhere(enquiry, user, seller, settings):
    services.enquiry_set_status(enquiry=enquiry, status=Status.CONTACTED, actor=seller)
    assert EnquiryEvent.objects.filter(actor=user).exists()
    assert services.enquiries_expire(now=timezone.now() + timedelta(days=settings.ENQUIRY_DAYS + 1)) == 1
    assert list(enquiry.events.values_list("actor", "to_status")) == [
        (None, Status.NEW),
        (seller.pk, Status.CONTACTED),
    ]


def test_deleting_one_account_leaves_others_alone(enquiry, other_user):
    other_user.delete()
    enquiry.refresh_from_db()
    assert enquiry.name == "Ada Lovelace"


def test_a_guests_enquiries_are_claimed_but_no_one_elses(asked, enquiry, user, other_user):
    guests, _ = services.enquiry_create(**asked | {"nonce": uuid4().hex})
    assert services.enquiries_claim(user=other_user, enquiry_ids=[guests.pk, enquiry.pk]) == 1
    guests.refresh_from_db()
    enquiry.refresh_from_db()
    assert (guests.user, enquiry.user) == (other_user, user)
