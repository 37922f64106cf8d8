"""The admin's pages on models: readable, and their buttons only for who may decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from classifier.models import ModelEvent, ModelVersion
from classifier.training import registry
from tests.classifier.bundles import add, ship, stock
from tests.conftest import PASSWORD, ROOT
from tests.ml.tiny import write_tiny_bundle

pytestmark = pytest.mark.django_db
LIST = "/admin/classifier/modelversion/"
BUTTONS = ("/promote/", "/shadow/", "/end-shadow/", "/roll-back/", "/look-again/")


@pytest.fixture
def shipped(settings: Settings, tmp_path: Path) -> ModelVersion:
    stock()
    ship(settings, tmp_path)
    return ModelVersion.objects.get()


@pytest.fixture
def candidate(shipped: ModelVersion, tmp_path: Path) -> ModelVersion:
    return add(tmp_path, "candidate")


@pytest.fixture
def staff(client: Client, staff_user: User) -> Client:
    client.force_login(staff_user)
    return client


def page_of(version: ModelVersion) -> str:
    return f"{LIST}{version.pk}/change/"


def state(version: ModelVersion) -> str:
    version.refresh_from_db()
    return version.state


def clerk(client: Client, people: Any, *permissions: str) -> Client:
    """Staff who may only what they are given."""
    person = people.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(person)
    return client


# --- Buttons ------------------------------------------------------------------------------------------------
def test_button_promotes_and_another_rolls_back_and_both_are_on_record(
    staff: Client, shipped: ModelVersion, candidate: ModelVersion, staff_user: User
) -> None:
    assert "Promote" in staff.get(page_of(candidate)).content.decode()
    page = staff.post(f"{LIST}{candidate.pk}/promote/", {"seen": shipped.pk}, follow=True).content.decode()
    assert "tiny candidate is active from the next photo on." in page
    assert "in place of tiny shipped, by staff@example.org" in page
    assert (state(candidate), state(shipped)) == ("active", "retired")
    assert "Roll back to tiny shipped" in staff.get(LIST).content.decode()
    page = staff.post(f"{LIST}roll-back/", {"seen": candidate.pk}, follow=True).content.decode()
    assert "tiny shipped is active again." in page
    assert (state(candidate), state(shipped)) == ("retired", "active")
    latest = ModelEvent.objects.first()
    assert (latest.action, latest.actor) == ("rolled_back", staff_user)


def test_button_of_an_outdated_page_says_what_happened_meanwhile(
    staff: Client, shipped: ModelVersion, candidate: ModelVersion, tmp_path: Path
) -> None:
    third = add(tmp_path, "third")
    registry.version_promote(version=third, seen=shipped.pk)
    page = staff.post(f"{LIST}{candidate.pk}/promote/", {"seen": shipped.pk}, follow=True).content.decode()
    assert "Meanwhile tiny third has become the active one" in page
    assert (state(candidate), state(third)) == ("candidate", "active")


def test_button_starts_and_ends_a_shadow_run(staff: Client, candidate: ModelVersion) -> None:
    staff.post(f"{LIST}{candidate.pk}/shadow/")
    assert state(candidate) == "shadow"
    page = staff.get(page_of(candidate)).content.decode()
    assert "No live photos yet." in page
    assert "End the shadow run" in page
    staff.post(f"{LIST}{candidate.pk}/end-shadow/")
    assert state(candidate) == "candidate"
    assert [event.action for event in candidate.events.all()] == [
        "shadow_stopped", "shadow_started", "registered",
    ]  # fmt: skip


def test_staff_without_the_permission_see_no_button_and_can_press_none(
    client: Client, shipped: ModelVersion, candidate: ModelVersion, django_user_model: type[User]
) -> None:
    registry.version_promote(version=candidate, seen=shipped.pk)
    permissions = ("view_modelversion", "change_modelversion", "add_modelversion", "delete_modelversion")
    clerk(client, django_user_model, *permissions)
    for address in (LIST, page_of(shipped), page_of(candidate)):
        page = client.get(address).content.decode()
        assert "tiny candidate" in page
        assert not [button for button in BUTTONS if button in page], address
    for button in (f"{shipped.pk}/promote", "roll-back", f"{shipped.pk}/shadow", f"{candidate.pk}/end-shadow",
                   f"{candidate.pk}/look-again"):  # fmt: skip
        assert client.post(f"{LIST}{button}/", {"seen": candidate.pk}).status_code == 403, button
    assert (state(candidate), state(shipped)) == ("active", "retired")


def test_permission_to_promote_is_enough_to_promote(
    client: Client, shipped: ModelVersion, candidate: ModelVersion, django_user_model: type[User]
) -> None:
    clerk(client, django_user_model, "view_modelversion", "promote_modelversion")
    page = client.get(page_of(candidate)).content.decode()
    assert "/promote/" in page
    assert "/shadow/" in page
    client.post(f"{LIST}{candidate.pk}/promote/", {"seen": shipped.pk})
    assert state(candidate) == "active"


def test_guests_and_visitors_are_kept_out(client: Client, user: User, candidate: ModelVersion) -> None:
    for _ in range(2):
        assert client.post(f"{LIST}{candidate.pk}/promote/").status_code == 302
        assert client.get(LIST).status_code == 302
        client.force_login(user)
    assert state(candidate) == "candidate"


def test_buttons_take_no_get(staff: Client, candidate: ModelVersion) -> None:
    for button in (f"{candidate.pk}/promote", "roll-back", f"{candidate.pk}/shadow"):
        assert staff.get(f"{LIST}{button}/").status_code == 405


# --- Adding -------------------------------------------------------------------------------------------------
def test_bundle_on_the_server_is_added_by_choosing_it(
    staff: Client, shipped: ModelVersion, settings: Settings
) -> None:
    folder = settings.VAR_DIR / "models" / "brought"
    write_tiny_bundle(folder, version="brought")
    assert 'value="brought"' in staff.get(f"{LIST}add/").content.decode()
    page = staff.post(f"{LIST}add/", {"bundle": "brought"}, follow=True).content.decode()
    assert "tiny brought is now a candidate." in page
    assert state(ModelVersion.objects.get(version="brought")) == "candidate"
    assert 'value="brought"' not in staff.get(f"{LIST}add/").content.decode()


def test_damaged_bundle_is_refused_with_what_is_wrong(
    staff: Client, shipped: ModelVersion, settings: Settings
) -> None:
    folder = settings.VAR_DIR / "models" / "cut"
    write_tiny_bundle(folder, version="cut")
    (folder / "model.onnx").write_bytes(b"cut")
    page = staff.post(f"{LIST}add/", {"bundle": "cut"}, follow=True).content.decode()
    assert "is not the file that was exported" in page
    assert list(ModelVersion.objects.all()) == [shipped]


def test_only_bundles_of_the_list_can_be_chosen(
    staff: Client, shipped: ModelVersion, tmp_path: Path, client: Client, django_user_model: type[User]
) -> None:
    elsewhere = write_tiny_bundle(tmp_path / "elsewhere" / "bundle", version="x").path
    for path in (str(elsewhere), "../elsewhere/bundle"):
        staff.post(f"{LIST}add/", {"bundle": path})
    assert list(ModelVersion.objects.all()) == [shipped]
    clerk(client, django_user_model, "view_modelversion")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}add/", {"bundle": "brought"}).status_code == 403


# --- The card -----------------------------------------------------------------------------------------------
def test_card_of_the_model_that_ships_is_a_readable_page(staff: Client, settings: Settings) -> None:
    from ml.bundle.bundle import read_bundle

    bundle = read_bundle(settings.MODEL_BUNDLE)
    assert bundle.path.is_relative_to(ROOT)
    version = registry.version_register_shipped(bundle=bundle)
    page = staff.get(page_of(version)).content.decode()
    figure = bundle.card["metrics"]["two looks"]["top-1"]
    assert f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})" in page
    for words in ("Exact car", "Decisions", "Most confused", "Limits", version.digest):
        assert words in page


def test_candidates_page_shows_the_comparison_and_a_reliability_diagram(
    staff: Client, candidate: ModelVersion
) -> None:
    interval = {"value": 0.5, "low": 0.4, "high": 0.6}
    candidate.report = {
        "photos": 40,
        "against": "tiny shipped",
        "figures": {"top-1": {"active": interval, "candidate": interval, "difference": {"value": 0.125, "low": -0.1, "high": 0.35}}},
        "reliability": {
            "candidate": [{"photos": 8, "confidence": 0.85, "right": 0.75}]
        },
    }  # fmt: skip
    candidate.save()
    page = staff.get(page_of(candidate)).content.decode()
    assert "Beside tiny shipped on the same 40 photos" in page
    assert "0.125 (-0.100 to 0.350)" in page
    assert '<rect class="plot-bar" x="80.00" y="25.00" width="10.00" height="75.00">' in page
    assert "8 photos at 85%: 75% right" in page


def test_lists_cost_no_more_with_more_rows(
    staff: Client, candidate: ModelVersion, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        ModelVersion.objects.create(name="old", version=str(number), digest=f"{number:064}")
    with django_assert_max_num_queries(12):
        assert "old" in staff.get(LIST).content.decode()
