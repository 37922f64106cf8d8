"""The account page: name, a copy of one's data, deleting the account."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import pre_delete
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts import export, services
from accounts.exceptions import StaffProtected
from accounts.models import ApiToken, User
from core import mail
from core.models import OutgoingEmail
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

PAGES = ["me", "delete"]
ACTIONS = ["profile", "token_create", "export", "delete"]


@pytest.mark.parametrize("name", PAGES)
def test_guest_is_asked_to_sign_in_and_led_back(client: Client, name: str) -> None:
    path = reverse(f"accounts:{name}")
    assert client.get(path).url == f"{reverse('account_login')}?next={path}"


@pytest.mark.parametrize("name", ACTIONS)
def test_guest_can_do_nothing(client: Client, name: str) -> None:
    assert client.post(reverse(f"accounts:{name}")).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["profile", "token_create", "export"])
def test_opening_an_address_that_does_something_does_nothing(signed_in: Client, name: str) -> None:
    assert signed_in.get(reverse(f"accounts:{name}")).status_code == 405


def test_name_is_changed(signed_in: Client, confirmed_user: User) -> None:
    response = signed_in.post(reverse("accounts:profile"), {"name": "Ada <b>Lovelace</b>", "is_staff": "on"})
    assert response.url == reverse("accounts:me")
    confirmed_user.refresh_from_db()
    assert confirmed_user.get_full_name() == "Ada <b>Lovelace</b>"
    assert not confirmed_user.is_staff
    assert "<b>Lovelace" not in signed_in.get(reverse("accounts:me")).content.decode()


def test_name_that_is_too_long_is_refused_beside_its_field(signed_in: Client, confirmed_user: User) -> None:
    response = signed_in.post(reverse("accounts:profile"), {"name": "x" * 121})
    assert response.status_code == 400
    assert 'aria-invalid="true"' in response.content.decode()


def test_page_costs_few_queries(
    signed_in: Client, confirmed_user: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(services.MAX_TOKENS):
        services.token_create(user=confirmed_user, name=f"program {number}")
    with django_assert_max_num_queries(8):
        page = signed_in.get(reverse("accounts:me"))
    assert "program 19" in page.content.decode()


# --- A copy of one's data -----------------------------------------------------------------------------------
def fake_photos(user: User) -> tuple[dict, list[tuple[str, File]]]:
    """What an app may give: facts, a photo, and a photo that storage has lost."""
    if not default_storage.exists("kept.jpg"):
        default_storage.save("kept.jpg", ContentFile(b"the photo"))
    kept = default_storage.open("kept.jpg")
    return {"of": user.email, "words": "größer"}, [("photos/kept.jpg", kept), ("photos/lost.jpg", _Lost())]


class _Lost(File):
    def __init__(self) -> None:
        super().__init__(None, "lost.jpg")

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Any:
        raise FileNotFoundError


def download(client: Client) -> zipfile.ZipFile:
    """The export, opened."""
    response = client.post(reverse("accounts:export"))
    assert response.streaming
    assert response["Content-Disposition"].startswith("attachment")
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_export_has_every_apps_facts_and_files(
    signed_in: Client, confirmed_user: User, settings: Settings
) -> None:
    settings.PERSONAL_DATA_EXPORTERS = [f"{__name__}.fake_photos"]
    services.token_create(user=confirmed_user, name="my program")
    archive = download(signed_in)
    assert archive.testzip() is None
    assert set(archive.namelist()) == {"accounts.json", "tests.json", "photos/kept.jpg", "missing.txt"}
    assert archive.read("photos/kept.jpg") == b"the photo"
    assert "photos/lost.jpg" in archive.read("missing.txt").decode()
    assert json.loads(archive.read("tests.json")) == {"of": confirmed_user.email, "words": "größer"}
    own = json.loads(archive.read("accounts.json"))
    assert own["email"] == confirmed_user.email
    assert own["email_addresses"] == [{"email": confirmed_user.email, "confirmed": True}]
    assert [token["name"] for token in own["api_tokens"]] == ["my program"]


def test_export_holds_no_hash_of_password_or_token(
    signed_in: Client, confirmed_user: User, settings: Settings
) -> None:
    settings.PERSONAL_DATA_EXPORTERS = []
    token, text = services.token_create(user=confirmed_user, name="my program")
    own = download(signed_in).read("accounts.json").decode()
    assert confirmed_user.email in own
    for secret in (confirmed_user.password, token.digest, token.token_key, text):
        assert secret not in own


def test_export_asks_every_app_that_the_settings_name(confirmed_user: User) -> None:
    names = zipfile.ZipFile(io.BytesIO(b"".join(export.export(confirmed_user)))).namelist()
    assert set(names) == {"accounts.json", "classifier.json", "dealers.json"}


def test_export_is_made_while_it_is_sent(confirmed_user: User, settings: Settings) -> None:
    settings.PERSONAL_DATA_EXPORTERS = [f"{__name__}.fake_photos"]
    pieces = list(export.export(confirmed_user))
    assert len(pieces) > 1
    assert b"the photo" in pieces[0]
    assert b"the photo" not in b"".join(pieces[1:])


def test_exporter_that_does_not_exist_is_a_defect_not_a_gap(confirmed_user: User, settings: Settings) -> None:
    settings.PERSONAL_DATA_EXPORTERS = ["classifier.answers.identifications.no_such_function"]
    with pytest.raises(ImportError):
        list(export.export(confirmed_user))


# --- Deleting -----------------------------------------------------------------------------------------------
@pytest.fixture
def photo_of(settings: Settings) -> Any:
    """Stands for an app that keeps a photo of every user and takes it away with the account."""
    paths: dict[int, Path] = {}

    def take_away(instance: User, **_: object) -> None:
        transaction.on_commit(paths[instance.pk].unlink)

    def photo_of(user: User) -> Path:
        paths[user.pk] = Path(settings.MEDIA_ROOT) / f"{user.pk}.jpg"
        paths[user.pk].parent.mkdir(exist_ok=True)
        paths[user.pk].touch()
        return paths[user.pk]

    pre_delete.connect(take_away, sender=User, weak=False, dispatch_uid="test")
    yield photo_of
    pre_delete.disconnect(sender=User, dispatch_uid="test")


def test_deleting_takes_the_account_its_tokens_and_files_and_no_one_elses(
    signed_in: Client,
    confirmed_user: User,
    other_user: User,
    photo_of: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    services.token_create(user=confirmed_user, name="mine")
    services.token_create(user=other_user, name="theirs")
    mine, theirs = photo_of(confirmed_user), photo_of(other_user)
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in.post(reverse("accounts:delete"), {"password": PASSWORD})
        assert mine.exists(), "files go only once the database has agreed"
    assert response.url == reverse("classifier:home")
    assert list(User.objects.all()) == [other_user]
    assert [token.name for token in ApiToken.objects.all()] == ["theirs"]
    assert not mine.exists()
    assert theirs.exists()
    assert "_auth_user_id" not in signed_in.session
    assert OutgoingEmail.objects.get().to == "ada@example.org"


def test_deleting_needs_the_password(signed_in: Client, confirmed_user: User) -> None:
    response = signed_in.post(reverse("accounts:delete"), {"password": "wrong"})
    assert response.status_code == 400
    assert "not your password" in response.content.decode()
    assert User.objects.filter(pk=confirmed_user.pk).exists()


def test_guessing_the_password_there_is_limited_like_signing_in(
    signed_in: Client, confirmed_user: User
) -> None:
    statuses = [
        signed_in.post(reverse("accounts:delete"), {"password": "wrong"}).status_code for _ in range(6)
    ]
    assert statuses == [400] * 5 + [429]


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_staff_can_not_delete_themselves(signed_in: Client, confirmed_user: User, right: str) -> None:
    setattr(confirmed_user, right, True)
    confirmed_user.save()
    response = signed_in.post(reverse("accounts:delete"), {"password": PASSWORD})
    assert response.status_code == 403
    assert "administrator" in response.content.decode()
    assert User.objects.filter(pk=confirmed_user.pk).exists()
    with pytest.raises(StaffProtected):
        services.account_delete(user=confirmed_user)


def test_deleting_that_fails_keeps_everything(
    confirmed_user: User, photo_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError

    photo = photo_of(confirmed_user)
    monkeypatch.setattr(mail, "queue", refuse)
    with pytest.raises(RuntimeError):
        services.account_delete(user=confirmed_user)
    assert User.objects.filter(email="ada@example.org").exists()
    assert photo.exists()
