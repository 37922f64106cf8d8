"""Splits are stratified, repeatable, and never part near duplicates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ml.data import duplicates
from ml.data.duplicates import group_near_duplicates, make_split
from ml.data.splits import PhotoDataset, apply_split, find_photos, read_folder
from ml.exceptions import DataError
from tests.ml.conftest import CLASSES, DATA, ROOT, drawn, write_folder


def test_folder_is_read_in_order(write_photos: Callable[..., Path]) -> None:
    root = write_photos(count=3)
    (root / CLASSES_IN_ORDER[0] / "notes.txt").write_text("not a photo")
    photos, labels = read_folder(root)
    assert labels == CLASSES_IN_ORDER
    assert [photo.label for photo in photos] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert photos[4].name == f"{labels[1]}/01.jpg"


CLASSES_IN_ORDER = sorted(CLASSES)


def test_several_folders_are_one_set(tmp_path: Path, write_photos: Callable[..., Path]) -> None:
    root = write_photos(count=3)
    more = write_folder(tmp_path / "more", {"Tata Safari": (9, 9, 9)}, 2)
    photos, labels = read_folder(root, more)
    assert labels == sorted([*CLASSES, "Tata Safari"])
    assert [photo.name for photo in photos if photo.label == labels.index("Tata Safari")] == [
        "Tata Safari/00.jpg",
        "Tata Safari/01.jpg",
    ]
    split = tmp_path / "more.txt"
    split.write_text("Tata Safari/01.jpg\n")
    first = tmp_path / "first.txt"
    first.write_text(f"{CLASSES_IN_ORDER[0]}/00.jpg\n")
    train, validation = apply_split(photos, first, split)
    assert [photo.name for photo in validation] == [f"{CLASSES_IN_ORDER[0]}/00.jpg", "Tata Safari/01.jpg"]
    assert len(train) == len(photos) - 2
    with pytest.raises(DataError, match="the same class and name"):
        read_folder(root, root)


def test_folders_that_can_not_be_learned_from_are_named(
    tmp_path: Path, write_photos: Callable[..., Path]
) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(DataError, match="no class folders"):
        read_folder(tmp_path)
    with pytest.raises(DataError, match=r"too few photos .* \['Audi A5 Coupe 2012'"):
        read_folder(write_photos(count=1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no photos under"):
        find_photos(tmp_path / "empty")


def test_split_takes_its_share_of_every_class(write_photos: Callable[..., Path]) -> None:
    photos, _ = read_folder(write_photos(count=20))
    names = make_split(photos, share=0.2, seed=1)
    assert Counter(name.split("/")[0] for name in names) == dict.fromkeys(CLASSES, 4)


def test_split_is_the_same_for_the_same_seed_only(write_photos: Callable[..., Path]) -> None:
    photos, _ = read_folder(write_photos(count=20))
    assert make_split(photos, share=0.2, seed=1) == make_split(photos, share=0.2, seed=1)
    assert make_split(photos, share=0.2, seed=1) != make_split(photos, share=0.2, seed=2)


def test_new_class_does_not_change_the_split_of_the_others(write_photos: Callable[..., Path]) -> None:
    photos, _ = read_folder(write_photos(count=20))
    first_two = [photo for photo in photos if photo.label < 2]
    assert set(make_split(first_two, share=0.2, seed=1)) < set(make_split(photos, share=0.2, seed=1))


def test_near_duplicates_stay_on_one_side(write_photos: Callable[..., Path]) -> None:
    root = write_photos(count=12)
    folder = root / CLASSES_IN_ORDER[0]
    for number in range(6):
        with Image.open(folder / f"{number:02}.jpg") as image:
            image.resize((90, 60)).save(folder / f"{number:02}-again.jpg", quality=70)
    photos, _ = read_folder(root)
    groups = [
        sorted(photo.path.name for photo in group)
        for group in group_near_duplicates(photos)
        if len(group) > 1
    ]
    assert sorted(groups) == [[f"{n:02}-again.jpg", f"{n:02}.jpg"] for n in range(6)]
    for seed in range(5):
        names = set(make_split(photos, share=0.3, seed=seed))
        for number in range(6):
            twins = {f"{folder.name}/{number:02}.jpg", f"{folder.name}/{number:02}-again.jpg"}
            assert twins <= names or not twins & names


def test_photo_between_two_groups_makes_them_one(
    write_photos: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = read_folder(write_photos(count=4))[0][:4]
    hashes = {"00.jpg": 0b0, "01.jpg": 0b1111_1111, "02.jpg": 0b1111 << 32, "03.jpg": 0b1111}
    monkeypatch.setattr(duplicates, "dhash", lambda path: hashes[path.name])
    groups = [{photo.path.name for photo in group} for group in group_near_duplicates(photos)]
    assert groups == [{"00.jpg", "01.jpg", "02.jpg", "03.jpg"}]
    groups = [{photo.path.name for photo in group} for group in group_near_duplicates(photos[:3])]
    assert groups == [{"00.jpg", "02.jpg"}, {"01.jpg"}]


def test_same_picture_in_two_classes_stays_on_the_side_that_judges_nobody(
    write_photos: Callable[..., Path],
) -> None:
    root = write_photos(count=8)
    twins = {f"{label}/same.jpg" for label in CLASSES_IN_ORDER[:2]}
    for name in twins:
        drawn((90, 90, 90), 99).save(root / name)
    photos, _ = read_folder(root)
    (group,) = [group for group in group_near_duplicates(photos) if len(group) > 1]
    assert {photo.name for photo in group} == twins
    for seed in range(20):
        assert not twins & set(make_split(photos, share=0.4, seed=seed))


def test_classes_that_share_all_their_pictures_are_split_all_the_same(tmp_path: Path) -> None:
    for label in ("Audi A4", "Audi S4"):
        (tmp_path / label).mkdir()
        for number in range(4):
            drawn((60 * number, 90, 90), number).save(tmp_path / label / f"{number}.jpg")
    photos, _ = read_folder(tmp_path)
    names = make_split(photos, share=0.25, seed=1)
    training = {photo.name for photo in photos} - set(names)
    assert {name.split("/")[0] for name in names} == {"Audi A4", "Audi S4"}
    assert not {name.split("/")[1] for name in names} & {name.split("/")[1] for name in training}
    assert training


def test_split_list_divides_the_photos(tmp_path: Path, write_photos: Callable[..., Path]) -> None:
    photos, labels = read_folder(write_photos())
    split = tmp_path / "split.txt"
    split.write_text(f"# a comment\n{labels[0]}/00.jpg\n{labels[2]}/05.jpg\n")
    train, validation = apply_split(photos, split)
    assert [photo.name for photo in validation] == [f"{labels[0]}/00.jpg", f"{labels[2]}/05.jpg"]
    assert len(train) == len(photos) - 2
    split.write_text("elsewhere/1.jpg\n")
    with pytest.raises(DataError, match="None of the photos"):
        apply_split(photos, split)
    with pytest.raises(DataError, match=r"There is no split .*python -m ml split"):
        apply_split(photos, tmp_path / "none.txt")


def test_damaged_photo_in_a_data_set_is_named(write_photos: Callable[..., Path]) -> None:
    photos, _ = read_folder(write_photos())
    photos[3].path.write_bytes(photos[3].path.read_bytes()[:300])
    dataset = PhotoDataset(photos, lambda image: image.size)
    assert dataset[2] == ((60, 40), 0)
    with pytest.raises(DataError, match=r"03\.jpg: .*Remove it or repair it"):
        dataset[3]


@pytest.mark.parametrize("name", ["cars", "scenes", "indian"])
def test_committed_split_is_stratified(name: str) -> None:
    lines = (ROOT / f"ml/splits/{name}-validation.txt").read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names)) > 200
    counts = Counter(line.split("/")[0] for line in names)
    assert len(counts) == {"cars": 196, "scenes": 2, "indian": 5}[name]
    assert min(counts.values()) >= 2


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder"), [("cars", "stanford-cars"), ("scenes", "scenes"), ("indian", "indian-cars")]
)
def test_committed_split_names_photos_that_exist(name: str, folder: str) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"../shared/data/{folder} is absent, so the split can't be compared with its photos")
    photos, _ = read_folder(DATA / folder)
    lines = (ROOT / f"ml/splits/{name}-validation.txt").read_text().splitlines()
    names = {line for line in lines if not line.startswith("#")}
    assert names <= {photo.name for photo in photos}
    # The folder may have grown since: the share is of the photos that the split was drawn from (its head).
    kept, drawn_from = map(int, re.match(r"# (\d+) of (\d+) photos", lines[0]).groups())
    assert kept == len(names)
    assert drawn_from <= len(photos)
    assert 0.13 < kept / drawn_from < 0.17
