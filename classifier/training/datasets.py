"""Dataset versions: immutable manifests of the photos to learn from and to judge by.

The recipe's own photos, where they are on this machine, and those that a curator confirmed and whose owners
allow it: cars by their names, what is no car by the name of its scene. A photo that is judged by is never
learned from, in this version or a later one, and near duplicates stay on one side.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from classifier.exceptions import DatasetRefused
from classifier.models import DatasetVersion, Feedback
from core.files import write_atomically
from core.people import Person, account_id
from ml.bundle.bundle import Bundle, Label
from ml.data.duplicates import DISTANCE, dhash
from ml.data.manifests import Row, digest, is_manifest, read_manifest, write_manifest
from ml.data.splits import SCENES, read_folder, read_split
from ml.exceptions import DataError, MlError
from ml.recipes import Recipe

#: Of the confirmed photos this share is judged by, chosen by their content.
VALIDATION_PERCENT = 15
SOURCE, LICENCE = "visitor", "allowed by its owner for training"
#: What can happen to a photo from one version to the next.
CHANGES = ("added", "removed", "relabelled")
#: Labels of photos that show no car from outside; the last is what visitors call "not a car".
NO_CARS = SCENES[1:]


def datasets_folder() -> Path:
    """Where manifests are kept."""
    return settings.VAR_DIR / "datasets"


def manifest_rows(dataset: DatasetVersion) -> list[Row]:
    """The rows of a dataset version. Raises DatasetRefused where its manifest is gone or was changed."""
    path = datasets_folder() / dataset.file
    try:
        unchanged = digest(path) == dataset.sha256
    except OSError:
        raise DatasetRefused(f"The manifest of {dataset} is gone: {path}. Make a new version.") from None
    if not unchanged:
        raise DatasetRefused(f"The manifest of {dataset} was changed: {path}. Make a new version.")
    return list(read_manifest(path))


def licence_of(bundle: Bundle) -> str:
    """The terms of the photos that a bundle was trained on, in one line."""
    return " ".join(str(bundle.card.get("licence", "")).split())[:200]


def dataset_create(
    *, recipe: Recipe, labels: Sequence[Label], licence: str = "", actor: Person | None = None
) -> tuple[DatasetVersion, bool]:
    """A dataset version of what there is now, and whether it is new: the latest one where nothing changed.

    `labels` are those of the model that it is for, `licence` holds for the recipe's folders of photos; photos
    of other cars are left out and counted. Raises DatasetRefused where there is nothing to learn from or
    nothing to judge by.
    """
    latest = DatasetVersion.objects.first()
    before = manifest_rows(latest) if latest else []
    try:
        found = _collect(recipe, labels, licence, before)
    except (MlError, OSError) as error:
        raise DatasetRefused(f"The photos can't be read: {error}") from None
    rows, sides = found.rows, found.sides
    if not sides["train"] or not sides["validation"]:
        raise DatasetRefused(
            f"There are {sides['train']} photos to train on and {sides['validation']} to validate with; "
            "both are needed. Confirm more photos, or put the photos that the recipe names in place "
            f"({', '.join(found.missing) or 'all are'})."
        )
    if latest and rows == before:
        return latest, False
    return _store(rows, found.summary() | {"changes": changes(before, rows)}, actor), True


@dataclasses.dataclass(frozen=True)
class _Collected:
    """All photos that may go into a dataset version, and what was left out of it."""

    base: list[Row]
    confirmed: list[Row]
    left_out: dict[str, int]
    #: Folders and lists of the recipe that are not there, and labels that the model does not know.
    missing: list[str]
    unknown: list[str]

    @property
    def rows(self) -> list[Row]:
        """In the order of the manifest."""
        return sorted(self.base + self.confirmed, key=lambda row: (row.label, row.path))

    @property
    def sides(self) -> Counter[str]:
        """Photos of cars by split."""
        return Counter(row.split for row in self.rows if row.label not in NO_CARS)

    def summary(self) -> dict[str, object]:
        """Counts for the page of the dataset version."""
        labels = [row.label for row in self.rows]
        return {
            "photos": len(labels),
            "training": self.sides["train"],
            "validation": self.sides["validation"],
            "cars": len(set(labels) - set(NO_CARS)),
            "scenes": sum(label in NO_CARS for label in labels),
            "unknown": self.unknown[:20],
            "base": len(self.base),
            "confirmed": len(self.confirmed),
            "missing": self.missing,
            "left_out": self.left_out,
        }


def _collect(recipe: Recipe, labels: Sequence[Label], licence: str, before: Sequence[Row]) -> _Collected:
    """The recipe's photos and the confirmed ones, each on its side."""
    there, missing = base_rows(recipe, licence)
    known = {label.label for label in labels} | set(NO_CARS)
    found = [row for row in there if row.label in known]
    base = _distinct(found)
    confirmed, left_out = _SplitAssigner(base, before, labels).assign(Feedback.objects.confirmed())
    if strange := len(there) - len(found):
        left_out["the recipe's photo is of a car that the model does not know"] = strange
    if doubles := len(found) - len(base):
        left_out["the recipe's photo is there twice"] = doubles
    return _Collected(base, confirmed, left_out, missing, sorted({row.label for row in there} - known))


def _store(rows: Sequence[Row], summary: dict[str, object], actor: Person | None) -> DatasetVersion:
    number = (DatasetVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    path = datasets_folder() / f"{number:04}.csv"
    try:
        write_manifest(path, rows)
        with transaction.atomic():
            return DatasetVersion.objects.create(
                number=number,
                file=path.name,
                sha256=digest(path),
                summary=summary,
                actor_id=account_id(actor),
            )
    except IntegrityError:
        raise DatasetRefused("Another dataset version was made at the same moment. Try again.") from None
    except OSError as error:
        raise DatasetRefused(f"{path} can't be written: {error.strerror}. Make room on the disk.") from None


def changes(before: Iterable[Row], after: Iterable[Row]) -> dict[str, object]:
    """What changed from one list of photos to another, in numbers, and the cars that gained photos."""
    old = {row.sha256: row for row in before}
    new = {row.sha256: row for row in after}
    both = old.keys() & new.keys()
    added = Counter(new[sha].label for sha in new.keys() - old.keys())
    return {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "relabelled": sum(old[sha].label != new[sha].label for sha in both),
        "gained": dict(added.most_common(10)),
    }


# --- The recipe's own photos --------------------------------------------------------------------------------
def base_rows(recipe: Recipe, licence: str = "") -> tuple[list[Row], list[str]]:
    """The photos of the recipe's folders and manifests that exist, and the names of those that do not."""
    data = recipe.data
    rows, missing = _rows_of(data.cars, data.cars_validation, licence)
    if data.scenes and data.scenes_validation:
        scenes, gone = _rows_of((data.scenes,), (data.scenes_validation,), licence)
        rows += [row for row in scenes if row.label in NO_CARS]
        missing += gone
    return rows, missing


def _rows_of(photos: Sequence[str], splits: Sequence[str], licence: str) -> tuple[list[Row], list[str]]:
    roots = [Path(root) for root in photos]
    missing = [str(root) for root in roots if not root.exists()]
    listed: set[str] = set()
    for split in splits:
        if Path(split).exists():
            listed |= read_split(split)
        else:
            missing.append(split)
    rows: list[Row] = []
    for root in roots:
        if root.exists():
            rows += _of_manifest(root) if is_manifest(root) else _of_folder(root, listed, licence)
    return rows, missing


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Each photo once, on the validation side where it is on both; none that is said to be two cars."""
    same: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        same[row.sha256].append(row)
    return [
        max(own, key=lambda row: row.split == "validation")
        for own in same.values()
        if len({row.label for row in own}) == 1
    ]


def _of_manifest(path: Path) -> list[Row]:
    rows = []
    for row in read_manifest(path):
        photo = (path.parent / row.path).resolve()
        rows.append(
            row._replace(path=str(photo), sha256=row.sha256 or digest(photo), split=row.split or "train")
        )
    return rows


def _of_folder(root: Path, listed: set[str], licence: str) -> list[Row]:
    photos, labels = read_folder(root)
    return [
        Row(
            path=str(photo.path.resolve()),
            label=labels[photo.label],
            split="validation" if photo.name in listed else "train",
            sha256=digest(photo.path),
            source=root.name,
            licence=licence or "not stated",
        )
        for photo in photos
    ]


# --- Confirmed photos ---------------------------------------------------------------------------------------
class _SplitAssigner:
    """Gives each confirmed photo its side of the split.

    That of its near duplicates, else the one that it had before, else one by its content.
    """

    def __init__(self, base: Sequence[Row], before: Sequence[Row], labels: Sequence[Label]) -> None:
        self.labels = {label.slug: label.label for label in labels}
        self.base = base
        # Learned from visitors' photos alone, "not a car" would mean whatever a few of them showed.
        self.learns_scenes = any(row.label in NO_CARS for row in base)
        self.known = {row.sha256: row for row in base}
        self.before = {row.sha256: row.split for row in before}
        self.assigned: list[tuple[int, Row]] = []

    def assign(self, confirmed: Iterable[Feedback]) -> tuple[list[Row], dict[str, int]]:
        """Rows for the photos, and for what reason how many were left out."""
        rows, left_out = [], Counter[str]()
        confirmed = list(confirmed)
        if confirmed:
            self.assigned = _hashed(self.base)
        for feedback in confirmed:
            found = self._row(feedback)
            if isinstance(found, Row):
                rows.append(found)
                self.known[found.sha256] = found
            else:
                left_out[found] += 1
        return rows, dict(left_out)

    def _row(self, feedback: Feedback) -> Row | str:
        """The row of a photo, or why it has none."""
        label = self._label(feedback)
        if label is None:
            return "a car that the model does not know"
        if label in NO_CARS and not self.learns_scenes:
            return "not a car, and there are no photos of scenes to learn that beside"
        try:
            with feedback.identification.photo.open("rb") as file:
                content = file.read()
            bits = dhash(content)
        except (OSError, DataError):
            return "the photo is gone"
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in self.known:
            same = self.known[sha256].label == label
            return "the same photo is there already" if same else "the same photo is said to be another car"
        side = self._side(sha256, bits, label)
        if side not in ("train", "validation"):
            return side
        row = Row(str(feedback.identification.photo.name), label, side, sha256, SOURCE, LICENCE)
        self.assigned.append((bits, row))
        return row

    def _label(self, feedback: Feedback) -> str | None:
        if feedback.confirmed_variant is not None:
            return self.labels.get(feedback.confirmed_variant.slug)
        return NO_CARS[-1] if feedback.verdict == Feedback.Verdict.NOT_A_CAR else None

    def _side(self, sha256: str, bits: int, label: str) -> str:
        twins = [row for other, row in self.assigned if (bits ^ other).bit_count() <= DISTANCE]
        if any(row.label != label for row in twins):
            return "nearly the same photo is said to be another car"
        sides = {row.split for row in twins}
        if len(sides) > 1:
            return "near duplicates on both sides"
        if before := self.before.get(sha256):
            return before if sides <= {before} else "near duplicates on both sides"
        if sides:
            return sides.pop()
        return "validation" if int(sha256[:8], 16) % 100 < VALIDATION_PERCENT else "train"


def _hashed(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """The rows with their difference hashes.

    Hashes are kept in a file by the photo's content: computing thousands takes half a minute.
    """
    path = datasets_folder() / "hashes.json"
    try:
        known: dict[str, int] = json.loads(path.read_text())
    except (OSError, ValueError):
        known = {}
    hashes = {row.sha256: known[row.sha256] if row.sha256 in known else dhash(Path(row.path)) for row in rows}
    if hashes != known:
        write_atomically(path, json.dumps(hashes))
    return [(hashes[row.sha256], row) for row in rows]


def still_allowed(rows: Iterable[Row]) -> tuple[list[Row], int]:
    """The rows without visitors' photos that were deleted or withdrawn since, and how many those are."""
    rows = list(rows)
    allowed = set(Feedback.objects.confirmed().values_list("identification__photo", flat=True))
    kept = [row for row in rows if row.source != SOURCE or row.path in allowed]
    return kept, len(rows) - len(kept)


def scenes_manifest(manifest: Path) -> Path:
    """Where the photos of scenes are listed that go with a manifest of cars."""
    return manifest.with_name("scenes.csv")


def recipe_for(recipe: Recipe, manifest: Path, *, weights: Path, bundle: Bundle) -> Recipe:
    """The recipe with this manifest's photos and a bundle's architecture, size and weights.

    Photos of scenes are in a manifest beside it; without one the scene head stays as it is.
    """
    size = bundle.settings.input.size
    known_stages = [dataclasses.replace(stage, size=size) for stage in recipe.stages]
    beside = scenes_manifest(manifest)
    scenes = str(beside) if beside.exists() else None
    data = dataclasses.replace(
        recipe.data,
        cars=(str(manifest),),
        cars_validation=(str(manifest),),
        scenes=scenes,
        scenes_validation=scenes,
    )
    return dataclasses.replace(
        recipe,
        name=bundle.name,
        architecture=bundle.settings.architecture,
        size=size,
        weights=str(weights),
        data=data,
        stages=tuple(known_stages),
    )
