"""Which model answers: promoted and rolled back without a restart, one at a time, never a damaged one."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from classifier.answers import engine
from classifier.exceptions import ClassifierAway, ModelConflict, ModelRefused
from classifier.models import ModelEvent, ModelVersion
from classifier.training import registry
from ml.bundle.bundle import MODEL
from tests.classifier.bundles import add, ship, stock
from tests.classifier.photos import encoded
from tests.conftest import ROOT
from tests.ml.tiny import TINY_LABELS, write_tiny_bundle

pytestmark = pytest.mark.django_db
State = ModelVersion.State


@pytest.fixture(autouse=True)
def _no_model_loaded() -> Iterator[None]:
    engine.unload()
    yield
    engine.unload()


@pytest.fixture
def shipped(settings: Settings, tmp_path: Path) -> ModelVersion:
    """The model that ships, in use, and a catalogue with its cars."""
    stock()
    ship(settings, tmp_path)
    return ModelVersion.objects.get()


def active() -> ModelVersion:
    return ModelVersion.objects.get(state=State.ACTIVE)


def answering() -> str:
    """The version of the model that a worker would answer with."""
    loaded = engine.current()
    assert ModelVersion.objects.get(pk=loaded.version_id).version == loaded.predictor.bundle.version
    return loaded.predictor.bundle.version


# --- The one that ships -------------------------------------------------------------------------------------
def test_shipped_bundle_registers_itself_and_answers(settings: Settings, tmp_path: Path) -> None:
    settings.MODEL_BUNDLE = write_tiny_bundle(tmp_path / "shipped", version="1").path
    assert answering() == "1"
    assert (active().version, active().folder, active().promoted_by) == ("1", "", None)
    assert [event.action for event in ModelEvent.objects.order_by("pk")] == ["registered", "promoted"]


def test_newer_shipped_bundle_takes_over_where_no_other_was_promoted(
    settings: Settings, tmp_path: Path, shipped: ModelVersion
) -> None:
    assert answering() == "shipped"
    settings.MODEL_BUNDLE = write_tiny_bundle(tmp_path / "newer", version="newer").path
    assert answering() == "newer"
    assert active().version == "newer"
    shipped.refresh_from_db()
    assert shipped.state == State.RETIRED


def test_newer_shipped_bundle_leaves_a_promoted_model_alone(
    settings: Settings, tmp_path: Path, shipped: ModelVersion
) -> None:
    registry.version_promote(version=add(tmp_path, "ours"), seen=shipped.pk)
    bundle = write_tiny_bundle(tmp_path / "newer", version="newer")
    settings.MODEL_BUNDLE = bundle.path
    assert answering() == "ours"
    assert registry.version_register_shipped(bundle=bundle).state == State.CANDIDATE
    assert active().version == "ours"


def test_catalogue_that_ships_has_every_car_that_the_model_that_ships_names(catalog_seed: None) -> None:
    from django.conf import settings

    from ml.bundle.bundle import read_bundle

    bundle = read_bundle(settings.MODEL_BUNDLE)
    assert bundle.path.is_relative_to(ROOT)
    version = registry.version_register_shipped(bundle=bundle)
    assert len(registry.bundle_checked(version).labels) >= 196


# --- Adding -------------------------------------------------------------------------------------------------
def test_added_bundle_is_a_copy_and_a_candidate(
    tmp_path: Path, shipped: ModelVersion, settings: Settings
) -> None:
    row = add(tmp_path, "second")
    shutil.rmtree(tmp_path / "made-second")
    assert row.state == State.CANDIDATE
    assert registry.bundle_path(row).parent == settings.VAR_DIR / "models"
    assert registry.bundle_checked(row).version == "second"
    assert active() == shipped


def test_same_bundle_is_added_once(tmp_path: Path, shipped: ModelVersion) -> None:
    row = add(tmp_path, "second")
    assert registry.version_add(path=tmp_path / "made-second") == (row, False)
    assert ModelVersion.objects.count() == 2


def damage_weights(folder: Path) -> None:
    with (folder / MODEL).open("r+b") as file:
        file.truncate(100)


def damage_network(folder: Path) -> None:
    """A file that is what the card says, and no network."""
    import hashlib

    (folder / MODEL).write_bytes(b"no network")
    card = json.loads((folder / "bundle.json").read_text())
    card["files"][MODEL] = hashlib.sha256(b"no network").hexdigest()
    (folder / "bundle.json").write_text(json.dumps(card))


def damage_card(folder: Path) -> None:
    (folder / "bundle.json").write_text('{"format": 1')


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damage_weights, "is not the file that was exported"),
        (damage_network, "can't be loaded"),
        (damage_card, "not valid JSON"),
        (shutil.rmtree, "There is no bundle"),
    ],
)
def test_damaged_bundle_is_refused_and_leaves_nothing(
    tmp_path: Path, shipped: ModelVersion, settings: Settings, damage: Any, words: str
) -> None:
    folder = write_tiny_bundle(tmp_path / "bad", version="bad").path
    damage(folder)
    with pytest.raises(ModelRefused, match=words):
        registry.version_add(path=folder)
    assert list(ModelVersion.objects.all()) == [shipped]
    assert not (settings.VAR_DIR / "models").exists()
    assert answering() == "shipped"


def test_bundle_of_cars_that_the_catalogue_lacks_is_refused_by_name(
    tmp_path: Path, shipped: ModelVersion
) -> None:
    folder = write_tiny_bundle(tmp_path / "other", labels=[*TINY_LABELS[1:], "Tesla Cybertruck 2024"]).path
    with pytest.raises(ModelRefused, match=r"1 of the 6 cars .* tesla-cybertruck-2024"):
        registry.version_add(path=folder)
    assert list(ModelVersion.objects.all()) == [shipped]


# --- Promoting ----------------------------------------------------------------------------------------------
def test_promoted_model_answers_the_next_photo_without_a_restart(
    tmp_path: Path, shipped: ModelVersion, staff_user: User
) -> None:
    assert answering() == "shipped"
    second = registry.version_promote(version=add(tmp_path, "second"), seen=shipped.pk, actor=staff_user)
    assert answering() == "second"
    assert engine.current().predictor.predict(encoded()).predictions
    shipped.refresh_from_db()
    assert shipped.state == State.RETIRED
    assert second.promoted_by == staff_user
    event = ModelEvent.objects.first()
    assert (event.action, event.model_version, event.previous, event.actor) == (
        "promoted", second, shipped, staff_user,
    )  # fmt: skip


def test_unchanged_model_is_not_loaded_again(
    shipped: ModelVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = engine.current()
    with django_assert_num_queries(2):  # which model is active, and whether it shall know other cars
        assert engine.current() is first


def test_bundle_that_was_damaged_after_it_was_added_is_not_promoted(
    tmp_path: Path, shipped: ModelVersion
) -> None:
    row = add(tmp_path, "second")
    damage_weights(registry.bundle_path(row))
    with pytest.raises(ModelRefused, match="second can't be used"):
        registry.version_promote(version=row, seen=shipped.pk)
    assert active() == shipped
    assert answering() == "shipped"


def test_bundle_whose_car_left_the_catalogue_is_not_promoted(tmp_path: Path, shipped: ModelVersion) -> None:
    from catalog.models import Variant

    row = add(tmp_path, "second")
    Variant.objects.filter(slug="audi-a5-coupe-2012").delete()
    with pytest.raises(ModelRefused, match="audi-a5-coupe-2012"):
        registry.version_promote(version=row, seen=shipped.pk)
    assert active() == shipped


def test_promotion_decided_on_an_outdated_page_is_refused(tmp_path: Path, shipped: ModelVersion) -> None:
    second, third = add(tmp_path, "second"), add(tmp_path, "third")
    registry.version_promote(version=second, seen=shipped.pk)
    with pytest.raises(ModelConflict, match="Meanwhile tiny second has become the active one"):
        registry.version_promote(version=third, seen=shipped.pk)
    assert active() == second
    assert ModelEvent.objects.filter(action="promoted").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(settings: Settings, tmp_path: Path) -> None:
    stock()
    ship(settings, tmp_path)
    shipped = active()
    rivals = [add(tmp_path, "left"), add(tmp_path, "right")]
    ready, outcomes = threading.Barrier(2), {}

    def promote(row: ModelVersion) -> None:
        try:
            ready.wait(timeout=20)
            registry.version_promote(version=row, seen=shipped.pk)
            outcomes[row.version] = "won"
        except ModelConflict as error:
            outcomes[row.version] = error.message
        finally:
            connection.close()

    threads = [threading.Thread(target=promote, args=(row,)) for row in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    winner = active().version
    assert outcomes[winner] == "won"
    loser = next(name for name in ("left", "right") if name != winner)
    assert "Meanwhile" in outcomes[loser]
    assert ModelVersion.objects.get(version=loser).state == State.CANDIDATE


def test_database_refuses_two_active_models(shipped: ModelVersion) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.create(name="x", version="2", digest="2" * 64, state="active")


def test_promoted_model_whose_files_are_gone_lets_photos_wait(tmp_path: Path, shipped: ModelVersion) -> None:
    row = registry.version_promote(version=add(tmp_path, "second"), seen=shipped.pk)
    shutil.rmtree(registry.bundle_path(row))
    with pytest.raises(ClassifierAway):
        engine.current()
    assert engine.is_away()
    registry.version_roll_back(seen=row.pk)
    assert answering() == "shipped"
    assert not engine.is_away()


# --- Rolling back -------------------------------------------------------------------------------------------
def test_rolling_back_goes_to_the_one_before_and_then_further(
    tmp_path: Path, shipped: ModelVersion, staff_user: User
) -> None:
    second, third = add(tmp_path, "second"), add(tmp_path, "third")
    registry.version_promote(version=second, seen=shipped.pk)
    registry.version_promote(version=third, seen=second.pk)
    assert registry.version_roll_back(seen=third.pk, actor=staff_user) == second
    assert answering() == "second"
    event = ModelEvent.objects.first()
    assert (event.action, event.model_version, event.previous, event.actor) == (
        "rolled_back", second, third, staff_user,
    )  # fmt: skip
    assert registry.version_roll_back(seen=second.pk) == shipped
    with pytest.raises(ModelConflict, match="no earlier model"):
        registry.version_roll_back(seen=shipped.pk)
    assert answering() == "shipped"


def test_rolling_back_to_a_bundle_that_is_gone_is_refused(tmp_path: Path, shipped: ModelVersion) -> None:
    second, third = add(tmp_path, "second"), add(tmp_path, "third")
    registry.version_promote(version=second, seen=shipped.pk)
    registry.version_promote(version=third, seen=second.pk)
    shutil.rmtree(registry.bundle_path(second))
    with pytest.raises(ModelRefused, match="There is no bundle"):
        registry.version_roll_back(seen=third.pk)
    assert active() == third


# --- The command --------------------------------------------------------------------------------------------
def test_command_lists_adds_promotes_and_rolls_back(
    tmp_path: Path, shipped: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_tiny_bundle(tmp_path / "second", version="second").path
    call_command("models", "add", str(folder))
    row = ModelVersion.objects.get(version="second")
    call_command("models", "promote", row.digest[:8])
    assert active() == row
    call_command("models")
    out = capsys.readouterr().out
    assert f"number {row.pk}" in out
    assert "active     tiny second" in out
    assert "retired    tiny shipped" in out
    call_command("models", "rollback")
    assert active() == shipped


def test_command_starts_and_ends_a_shadow_run(
    tmp_path: Path, shipped: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    row = add(tmp_path, "second")
    call_command("models", "shadow", str(row.pk))
    assert ModelVersion.objects.shadow() == row
    assert active() == shipped
    call_command("models", "shadow")
    call_command("models", "shadow")
    assert ModelVersion.objects.shadow() is None
    out = capsys.readouterr().out
    assert "tiny second answers no more photos unseen." in out
    assert "No shadow run is on." in out


@pytest.mark.parametrize(
    "words", [("promote", "999"), ("promote", "ffff"), ("rollback",), ("add", "/nowhere")]
)
def test_command_says_in_one_line_what_is_wrong(shipped: ModelVersion, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as error:
        call_command("models", *words)
    assert len(str(error.value).splitlines()) == 1
    assert active() == shipped
