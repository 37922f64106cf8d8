"""A bundle: the folder that holds what serving needs and all it needs.

- `model.onnx`: input `photos` (B, 3, size, size); outputs car logits (B, C), scene logits (B, 3), embedding
  (B, D) and feature map (B, D, h, w); all float32.
- `weights.safetensors`: the same numbers by name, in half precision.
- `labels.json`: the C classes in the order of the car logits.
- `bundle.json`: how to use them, and the SHA-256 of each.
- `space.safetensors`, where there is one: the embedding projection (`ml.serving.embedding_projection`). With
  it the model tells unknown cars from known ones and learns cars from a few photos.
- `MODEL_CARD.md`: for people.

Reading one needs no other library than `anyascii`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from core.files import replaced_folder
from core.text import slug
from ml.exceptions import BundleError

FORMAT = 1
MODEL, WEIGHTS, LABELS, CARD = "model.onnx", "weights.safetensors", "labels.json", "bundle.json"
#: The file of `ml.serving.embedding_projection`; its name is older than that word.
PROJECTION = "space.safetensors"
#: Tensor of `weights.safetensors` with a row for each label: its weights on the channels of the feature map.
HEAD = "car_head.weight"
#: Bytes of a whole bundle: it is kept in version control, so it must stay small.
LARGEST = 40_000_000

Built = TypeVar("Built")


@dataclass(frozen=True)
class Label:
    """One class, in the words of the data and of the catalogue; `slug` is that of `label` (see core.text)."""

    label: str
    slug: str
    make: str
    model: str
    body_style: str
    year: int | None


@dataclass(frozen=True)
class Input:
    """What the network expects: RGB, `size` x `size` pixels, by channel (share of white - mean) / std."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class SecondView:
    """How the second view is framed by the energy (0-1) of the feature map, and how much it weighs.

    - `energy`: the box holds all cells of at least this energy.
    - `padding`: share of the photo's sides that is added on each side of the box.
    - `smallest`: share of the photo's short side that each side of the box has at least.
    - `shape`: how narrow and how wide a box may be, width over height in pixels, where the photo allows it.
      Squeezed to a square, a part of a photo taken upright would show a car half as wide again as those of
      the benchmark.
    - `largest`: of a box with a larger share of the photo's area, the whole photo is viewed instead: the car
      fills it.
    - `pixels`: likewise where a side of the box has fewer, or where the photo is blurred: enlarged, the box
      would show the network less than the whole photo does.
    - `enough`: a photo whose best logit in the first view leads by this much, and that is taken for a car's
      outside, gets no second view, which would cost as much as the first and change nothing. None: every
      photo gets one.
    - `weight` (0-1) of the second view where it shows the whole photo; it weighs the more, the less of the
      photo it shows (see `ml.serving.views.mixed`).
    """

    energy: float = 0.45
    padding: float = 0.0
    smallest: float = 0.5
    shape: tuple[float, float] = (1.1, 1.8)
    largest: float = 0.6
    weight: float = 0.5
    pixels: int = 0
    enough: float | None = None


@dataclass(frozen=True)
class Calibration:
    """Temperatures that logits are divided by."""

    cars: float = 1.0
    scenes: float = 1.0


@dataclass(frozen=True)
class Thresholds:
    """Probabilities (0-1): `sure` and `unknown` for the best candidate, `exterior` for the scene."""

    sure: float
    unknown: float
    exterior: float


@dataclass(frozen=True)
class Familiarity:
    """What the two parts of familiarity (`ml.serving.openset`) weigh, and from which sum on a car is known.

    A car that was learned from a few photos is known by its cosine alone, from `closest` on.
    """

    logit: float
    cosine: float
    threshold: float
    closest: float


@dataclass(frozen=True)
class Settings:
    """What `bundle.json` says about using the network.

    Without `familiarity` it can't tell unknown cars from known.
    """

    name: str
    version: str
    architecture: str
    input: Input
    thresholds: Thresholds
    second_view: SecondView = field(default_factory=SecondView)
    calibration: Calibration = field(default_factory=Calibration)
    familiarity: Familiarity | None = None


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and found whole. `card` is `bundle.json` as it was."""

    path: Path
    settings: Settings
    labels: tuple[Label, ...]
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The model's name, the same for all its versions."""
        return self.settings.name

    @property
    def version(self) -> str:
        """Which export of that model."""
        return self.settings.version

    @property
    def digest(self) -> str:
        """SHA-256 of the network: the identity of what answers."""
        return str(self.card["files"][MODEL])

    @property
    def has_projection(self) -> bool:
        """Whether it can compare cars and learn them from a few photos."""
        return PROJECTION in self.card["files"]


def read_bundle(path: str | Path) -> Bundle:
    """Read and verify a bundle. Raises BundleError, whose message says what is wrong and what to do."""
    path = Path(path)
    if not path.is_dir():
        raise BundleError(
            f"There is no bundle at {path}. `python -m ml export RUN {path}` makes one from a finished run."
        )
    card = _read_json(path, CARD)
    version = card.get("format") if isinstance(card, dict) else None
    if version != FORMAT:
        raise BundleError(
            f"The bundle {path} is of format {version}, this program reads format {FORMAT}. "
            "Export the run again with this program, or use the program that made the bundle."
        )
    _check_files(path, card)
    try:
        settings = _build(Settings, card)
        labels = tuple(_label(row) for row in _read_json(path, LABELS))
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"{CARD} or {LABELS} lacks or misnames something ({error})") from None
    if settings.familiarity and PROJECTION not in card["files"]:
        raise _damaged(path, f"{CARD} speaks of {PROJECTION}, but names no digest for it")
    outputs = _count_outputs(path)
    if outputs != len(labels):
        raise BundleError(
            f"The bundle {path} has {len(labels)} labels for {outputs} outputs of the network, so every "
            "answer would be wrong. The files come from different runs: export the run again."
        )
    return Bundle(path, settings, labels, card)


def write_bundle(
    path: str | Path,
    settings: Settings,
    labels: Sequence[Label],
    *,
    model: bytes,
    weights: bytes,
    projection: bytes | None = None,
    facts: Mapping[str, object] | None = None,
) -> Bundle:
    """Write a bundle whole or not at all, replacing one that is there, and read it back.

    `model` is an ONNX file, `weights` and `projection` safetensors files, `facts` what else `bundle.json`
    should say (metrics, data, licence, created). Raises BundleError where the result is not a valid bundle;
    then nothing is replaced.
    """
    path = Path(path)
    table = json.dumps([dataclasses.asdict(label) for label in labels], indent=1, ensure_ascii=False)
    contents = {MODEL: model, WEIGHTS: weights, LABELS: table.encode()}
    if projection is not None:
        contents[PROJECTION] = projection
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    said = {_KEYS.get(name, name): value for name, value in dataclasses.asdict(settings).items()}
    card = {"format": FORMAT, **said, **(facts or {}), "files": files}
    contents[CARD] = (json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode()
    size = sum(map(len, contents.values()))
    if size > LARGEST:
        raise BundleError(f"The bundle would take {size / 1e6:.1f} MB, the limit is {LARGEST / 1e6:.0f} MB.")
    with replaced_folder(path) as part:
        for name, content in contents.items():
            (part / name).write_bytes(content)
        read_bundle(part)
    return read_bundle(path)


def _label(row: Mapping[str, object]) -> Label:
    """A class of `labels.json`.

    Its slug follows from its name: an older program may have written another one.
    """
    label = _build(Label, row)
    return dataclasses.replace(label, slug=slug(label.label))


def _build(kind: type[Built], values: Mapping[str, object]) -> Built:
    """A dataclass from JSON, nested ones included; keys it does not know are left out."""
    built: dict[str, object] = {}
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]  # all that are handed in are dataclasses
        key = _KEYS.get(item.name, item.name)
        if item.name in _LATER and key not in values:
            continue
        value = values[key]
        nested = _NESTED.get(str(item.type).removesuffix(" | None"))
        if nested and not (value is None and item.name in _LATER):
            built[item.name] = _build(nested, cast("Mapping[str, object]", value))
        else:
            built[item.name] = tuple(value) if isinstance(value, list) else value
    return kind(**built)


#: Fields whose keys in `bundle.json` are older than their names: bundles that exist must stay readable.
_KEYS = {"second_view": "second_look"}
#: What a bundle exported before there was such a thing does not say.
_LATER = ("pixels", "shape", "familiarity")
_NESTED: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Input, SecondView, Calibration, Thresholds, Familiarity)
}


def _damaged(path: Path, what: str) -> BundleError:
    return BundleError(f"The bundle {path} is damaged: {what}. Copy it again from where it came.")


def _read_json(path: Path, name: str) -> Any:
    try:
        return json.loads((path / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _damaged(path, f"{name} is missing") from None
    except ValueError:
        raise _damaged(path, f"{name} is not valid JSON, perhaps cut short") from None


def _check_files(path: Path, card: dict[str, Any]) -> None:
    digests = card.get("files")
    optional = (PROJECTION,) if isinstance(digests, dict) and PROJECTION in digests else ()
    for name in (MODEL, WEIGHTS, LABELS, *optional):
        if not isinstance(digests, dict) or name not in digests:
            raise _damaged(path, f"{CARD} names no digest for {name}")
        try:
            with (path / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            raise _damaged(path, f"{name} is missing") from None
        if digest != digests[name]:
            raise _damaged(
                path, f"{name} is not the file that was exported (its SHA-256 differs; cut short or changed)"
            )


def _count_outputs(path: Path) -> int:
    """Rows of the car head, from the header of the weights: 8 bytes of length, then JSON."""
    with (path / WEIGHTS).open("rb") as file:
        try:
            (length,) = struct.unpack("<Q", file.read(8))
            return int(json.loads(file.read(min(length, LARGEST)))[HEAD]["shape"][0])
        except (struct.error, ValueError, KeyError, TypeError, IndexError):
            raise _damaged(path, f"{WEIGHTS} names no {HEAD}") from None
