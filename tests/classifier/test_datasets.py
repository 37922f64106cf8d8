"""Dataset versions: immutable, only of what is confirmed and allowed, and nothing that is judged by is learned from."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from catalog.models import Variant
from classifier.admin.training import dataset_tables
from classifier.answers.identify import identification_run
from classifier.exceptions import DatasetRefused
from classifier.models import DatasetVersion, Feedback
from classifier.photos.delete import identification_delete
from classifier.training import curation, datasets
from classifier.training.feedback import feedback_record
from ml.bundle.bundle import Label
from ml.bundle.labels import label_table
from ml.data.manifests import Row
from ml.recipes import Recipe, read_recipe
from tests.classifier.bundles import ship, stock
from tests.classifier.conftest import send
from tests.classifier.workshop import base_photos, recipe_file, scene_photos
from tests.ml.conftest import CLASSES, drawn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("predictor", "wake_ups")]
AUDI, TT, BMW = CLASSES
LABELS: list[Label] = label_table(sorted(CLASSES))


@pytest.fixture
def cars() -> dict[str, Variant]:
    return stock((*CLASSES, "Tesla Model S Sedan 2012"))


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """Six drawn photos of each of three cars, two of each to judge by."""
    return read_recipe(recipe_file(tmp_path / "retrain.toml", base_photos(tmp_path / "cars")))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def drawn_large(seed: int) -> Image.Image:
    return drawn((128, 128, 128), 5000 + seed, size=(320, 240))


def confirmed(
    user: User,
    staff: Any,
    variant: Variant | None,
    *,
    image: Image.Image | None = None,
    seed: int = 1,
    **said: Any,
) -> Feedback:
    """A visitor's photo, corrected, allowed, confirmed."""
    row = send(user, data=jpeg(image or drawn_large(seed)))
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    verdict = Feedback.Verdict.OTHER_VARIANT if variant else Feedback.Verdict.NOT_A_CAR
    values = {"verdict": verdict, "variant": variant, "may_train": True} | said
    feedback = feedback_record(identification=row, author=user, **values)
    curation.feedback_confirm(feedback=feedback, actor=staff)
    return feedback


def make(recipe: Recipe, labels: list[Label] = LABELS) -> DatasetVersion:
    row, is_new = datasets.dataset_create(recipe=recipe, labels=labels, licence="Drawn, free.")
    assert is_new
    return row


def visitors(dataset: DatasetVersion) -> list[Row]:
    return [row for row in datasets.manifest_rows(dataset) if row.source == datasets.SOURCE]


def test_manifest_names_hash_label_source_licence_and_split(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    feedback = confirmed(user, staff_user, cars[AUDI])
    dataset = make(recipe)
    rows = datasets.manifest_rows(dataset)
    assert len(rows) == 3 * 6 + 1
    own = visitors(dataset)[0]
    content = feedback.identification.photo.open("rb").read()
    assert own.sha256 == hashlib.sha256(content).hexdigest()
    assert (own.label, own.licence, own.path) == (
        AUDI, "allowed by its owner for training", feedback.identification.photo.name,
    )  # fmt: skip
    base = next(row for row in rows if row.source == "cars")
    assert hashlib.sha256(Path(base.path).read_bytes()).hexdigest() == base.sha256
    assert base.licence == "Drawn, free."
    judged = sorted(Path(row.path).name for row in rows if row.source == "cars" and row.split == "validation")
    assert judged == ["00.jpg"] * 3 + ["03.jpg"] * 3


def test_only_confirmed_and_allowed_photos_are_in_it(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    kept, withdrawn, deleted, rejected = (
        confirmed(user, staff_user, cars[AUDI], seed=seed) for seed in range(4)
    )
    feedback_record(identification=withdrawn.identification, author=user, verdict="right", may_train=False)
    identification_delete(identification=deleted.identification)
    curation.feedback_undo(feedback=rejected, actor=staff_user)
    assert [row.path for row in visitors(make(recipe))] == [kept.identification.photo.name]


def test_photo_that_is_withdrawn_leaves_the_next_version_and_no_run_gets_it(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    first, second = (confirmed(user, staff_user, cars[AUDI], seed=seed) for seed in (1, 2))
    dataset = make(recipe)
    identification_delete(identification=first.identification)
    kept, gone = datasets.still_allowed(datasets.manifest_rows(dataset))
    assert gone == 1
    assert [row.path for row in kept if row.source == datasets.SOURCE] == [second.identification.photo.name]
    after = make(recipe)
    assert after.number == 2
    assert len(visitors(after)) == 1
    assert after.summary["changes"] == {"added": 0, "removed": 1, "relabelled": 0, "gained": {}}


def test_near_duplicates_stay_on_one_side_and_on_that_of_the_recipes_photos(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User, tmp_path: Path
) -> None:
    for name, split in (("00", "validation"), ("01", "train")):
        with Image.open(tmp_path / "cars" / AUDI / f"{name}.jpg") as image:
            twin = image.convert("RGB").resize((480, 320), Image.Resampling.BICUBIC)
        row = confirmed(user, staff_user, cars[AUDI], image=twin)
        found = [r for r in visitors(make(recipe)) if r.path == row.identification.photo.name]
        assert [r.split for r in found] == [split]


def test_recipes_photo_sent_as_another_car_is_left_out(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User, tmp_path: Path
) -> None:
    with Image.open(tmp_path / "cars" / AUDI / "00.jpg") as image:
        twin = image.convert("RGB").resize((480, 320), Image.Resampling.BICUBIC)
    confirmed(user, staff_user, cars[BMW], image=twin)
    dataset = make(recipe)
    assert not visitors(dataset), "a photo that is judged by is learned from under another name"
    assert dataset.summary["left_out"] == {"nearly the same photo is said to be another car": 1}


def test_hashes_are_computed_once(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    real = datasets.dhash

    def counted(path: object) -> int:
        calls.append(path)
        return real(path)

    monkeypatch.setattr(datasets, "dhash", counted)
    confirmed(user, staff_user, cars[AUDI], seed=1)
    make(recipe)
    assert len(calls) == 18 + 1
    confirmed(user, staff_user, cars[AUDI], seed=2)
    make(recipe)
    assert len(calls) == 18 + 1 + 2, "those of the recipe's photos are known"


@pytest.mark.parametrize("seed", range(3))
def test_photo_saved_again_keeps_the_side_of_the_first(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User, seed: int
) -> None:
    image = drawn_large(seed)
    confirmed(user, staff_user, cars[AUDI], image=image)
    confirmed(user, staff_user, cars[AUDI], image=image.resize((300, 225)))
    rows = visitors(make(recipe))
    assert len({row.sha256 for row in rows}) == 2
    assert len({row.split for row in rows}) == 1


def test_both_sides_get_photos_by_their_content_and_keep_them_in_later_versions(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    for seed in range(14):
        confirmed(user, staff_user, cars[AUDI], seed=seed)
    before = {row.sha256: row.split for row in visitors(make(recipe))}
    assert len(before) == 14
    for seed in range(14, 28):
        confirmed(user, staff_user, cars[AUDI], seed=seed)
    after = {row.sha256: row.split for row in visitors(make(recipe))}
    assert set(after.values()) == {"train", "validation"}
    assert {sha: after[sha] for sha in before} == before


def test_photo_said_to_be_two_cars_is_left_out_the_second_time(
    recipe: Recipe, cars: dict[str, Variant], user: User, other_user: User, staff_user: User
) -> None:
    image = drawn_large(1)
    confirmed(user, staff_user, cars[AUDI], image=image)
    confirmed(other_user, staff_user, cars[BMW], image=image)
    confirmed(other_user, staff_user, cars[BMW], image=image.resize((300, 225)))
    dataset = make(recipe)
    assert [row.label for row in visitors(dataset)] == [AUDI]
    assert dataset.summary["left_out"] == {
        "the same photo is said to be another car": 1,
        "nearly the same photo is said to be another car": 1,
    }


def test_what_the_model_has_no_class_for_is_left_out_and_counted(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    confirmed(user, staff_user, cars["Tesla Model S Sedan 2012"], seed=1)
    confirmed(user, staff_user, None, seed=2)
    gone = confirmed(user, staff_user, cars[AUDI], seed=3)
    gone.identification.photo.storage.delete(gone.identification.photo.name)
    dataset = make(recipe)
    assert not visitors(dataset)
    assert dataset.summary["left_out"] == {
        "a car that the model does not know": 1,
        "not a car, and there are no photos of scenes to learn that beside": 1,
        "the photo is gone": 1,
    }


def test_photo_of_no_car_is_learned_as_a_scene_beside_those_of_the_recipe(
    tmp_path: Path, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    file = recipe_file(
        tmp_path / "r.toml", base_photos(tmp_path / "cars"), scenes=scene_photos(tmp_path / "scenes")
    )
    feedback = confirmed(user, staff_user, None, seed=2)
    confirmed(user, staff_user, cars[AUDI], seed=3)
    Variant.objects.filter(pk=cars[AUDI].pk).delete()
    dataset = make(read_recipe(file))
    assert [(row.label, row.path) for row in visitors(dataset)] == [
        ("other", feedback.identification.photo.name)
    ]
    assert (dataset.summary["photos"], dataset.summary["scenes"], dataset.summary["cars"]) == (31, 13, 3)
    assert dataset.summary["left_out"] == {"a car that the model does not know": 1}, (
        "a deleted car is no scene"
    )


def test_version_says_what_changed_since_the_one_before(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User
) -> None:
    first = confirmed(user, staff_user, cars[AUDI], seed=1)
    assert make(recipe).summary["changes"]["added"] == 19
    curation.feedback_undo(feedback=first, actor=staff_user)
    first.refresh_from_db()
    curation.feedback_confirm(feedback=first, actor=staff_user, variant=cars[TT])
    confirmed(user, staff_user, cars[BMW], seed=2)
    second = make(recipe)
    assert second.summary["changes"] == {"added": 1, "removed": 0, "relabelled": 1, "gained": {BMW: 1}}


def test_folder_that_is_no_car_of_the_model_is_left_out_and_named(
    recipe: Recipe, cars: dict[str, Variant], tmp_path: Path
) -> None:
    (tmp_path / "cars" / TT).rename(tmp_path / "cars" / "Audi TT Hatchbak 2011")
    dataset = make(recipe)
    assert dataset.summary["unknown"] == ["Audi TT Hatchbak 2011"]
    assert dataset.summary["left_out"] == {"the recipe's photo is of a car that the model does not know": 6}
    assert {row.label for row in datasets.manifest_rows(dataset)} == {AUDI, BMW}
    tables = [table for table in dataset_tables(dataset.summary) if "misspelt" in table.title]
    assert [row for table in tables for row in table.rows] == [("Audi TT Hatchbak 2011",)]


def test_recipes_photo_that_is_there_twice_is_on_one_side_and_never_two_cars(
    recipe: Recipe, cars: dict[str, Variant], tmp_path: Path
) -> None:
    folder = tmp_path / "cars"
    judged, learned = folder / AUDI / "00.jpg", folder / AUDI / "01.jpg"
    learned.write_bytes(judged.read_bytes())
    (folder / TT / "01.jpg").write_bytes((folder / BMW / "00.jpg").read_bytes())
    dataset = make(recipe)
    rows = datasets.manifest_rows(dataset)
    assert len({row.sha256 for row in rows}) == len(rows) == 18 - 3
    assert [row.split for row in rows if Path(row.path) in (judged, learned)] == ["validation"]
    assert dataset.summary["left_out"] == {"the recipe's photo is there twice": 3}


def test_nothing_new_makes_no_version(recipe: Recipe, cars: dict[str, Variant]) -> None:
    first = make(recipe)
    assert datasets.dataset_create(recipe=recipe, labels=LABELS, licence="Drawn, free.") == (first, False)


def test_changed_or_lost_manifest_is_noticed(recipe: Recipe, cars: dict[str, Variant]) -> None:
    dataset = make(recipe)
    path = datasets.datasets_folder() / dataset.file
    path.write_text(path.read_text().replace(",train,", ",validation,", 1))
    with pytest.raises(DatasetRefused, match="was changed"):
        datasets.manifest_rows(dataset)
    path.unlink()
    with pytest.raises(DatasetRefused, match="is gone"):
        datasets.manifest_rows(dataset)


def test_recipes_photos_that_are_not_here_are_named(
    recipe: Recipe, cars: dict[str, Variant], tmp_path: Path
) -> None:
    (tmp_path / "cars").rename(tmp_path / "elsewhere")
    with pytest.raises(DatasetRefused, match=r"0 photos to train on .* \S+/cars"):
        make(recipe)
    assert not DatasetVersion.objects.exists()


def test_unreadable_photo_of_the_recipe_is_named(
    recipe: Recipe, cars: dict[str, Variant], user: User, staff_user: User, tmp_path: Path
) -> None:
    (tmp_path / "cars" / AUDI / "02.jpg").write_bytes(b"no photo")
    confirmed(user, staff_user, cars[AUDI])
    with pytest.raises(DatasetRefused, match=r"02\.jpg"):
        make(recipe)


def test_class_folder_with_one_photo_is_named(
    recipe: Recipe, cars: dict[str, Variant], tmp_path: Path
) -> None:
    for photo in sorted((tmp_path / "cars" / TT).iterdir())[1:]:
        photo.unlink()
    with pytest.raises(DatasetRefused, match=r"too few photos .*Audi TT"):
        make(recipe)


def test_command_makes_one_and_lists_them(
    settings: Settings,
    tmp_path: Path,
    recipe: Recipe,
    version: Any,
    cars: dict[str, Variant],
    capsys: Any,
) -> None:
    settings.RETRAIN_RECIPE = tmp_path / "retrain.toml"
    version.delete()
    with pytest.raises(CommandError, match="No model is active yet"):
        call_command("dataset")
    Variant.objects.all().delete()
    stock()
    ship(settings, tmp_path)  # knows the Audi A5 alone of the drawn cars
    call_command("dataset")
    call_command("dataset")
    call_command("dataset", "--list")
    out = capsys.readouterr().out
    assert "Dataset 1: 4 photos to train on, 2 to validate with" in out
    assert "Nothing has changed since dataset 1" in out
