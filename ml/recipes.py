"""A recipe says how a model is trained, release notes how it is measured and explained. Each is one TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.exceptions import RecipeError


@dataclass(frozen=True)
class Data:
    """Where the photos are. Paths are relative to the folder the command is started in.

    `cars` are folders of class folders, `cars_validation` lists of what is kept from training; one of each may be a plain
    string. An epoch sees at most `per_class` photos of a class, other ones each time; 0 is all.
    """

    cars: tuple[str, ...]
    scenes: str | None = None
    cars_validation: tuple[str, ...] = ()
    scenes_validation: str | None = None
    per_class: int = 0

    def __post_init__(self) -> None:
        for name in ("cars", "cars_validation"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,))


@dataclass(frozen=True)
class Stage:
    """A run of epochs at one input size (pixels).

    `frozen` stages of the backbone, counted from the photo and with its stem, don't learn: they are half of the work of
    a step and the part that a new set of photos changes least.
    """

    size: int
    epochs: int
    frozen: int = 0


@dataclass(frozen=True)
class Augmentation:
    """What training does to a photo; evaluation never does any of it."""

    crop_scale: tuple[float, float] = (0.4, 1.0)
    crop_ratio: tuple[float, float] = (0.75, 2.0)
    zoom_out: float = 0.0
    degrade: float = 0.0
    colour: float = 0.2
    erase: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run. `size` is what the finished model looks at, in pixels.

    `average` is the decay per step of the weights' moving average, which is what is judged and kept; 0 keeps none.
    """

    name: str
    architecture: str
    data: Data
    stages: tuple[Stage, ...]
    size: int = 224
    weights: str = "auto"
    batch: int = 32
    learning_rate: float = 1.2e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    label_smoothing: float = 0.1
    dropout: float = 0.2
    drop_path: float = 0.1
    average: float = 0.0
    patience: int = 6
    workers: int = 1
    seed: int = 20261121
    augmentation: Augmentation = field(default_factory=Augmentation)

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def stage_at(self, epoch: int) -> Stage:
        """The stage of training epoch `epoch` (counted from 0)."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage
            epoch -= stage.epochs
        return self.stages[-1]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the run's `recipe.json`."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class ReleaseNotes:
    """What a recipe does not know about its model: how to measure it further, and what people must know.

    `classes` is a table (CSV) that takes the class names apart; `unknown` and `makes` are as in ml.evaluation.Sources.
    """

    classes: str | None = None
    unknown: tuple[str, ...] = ()
    makes: str | None = None
    purpose: str = "Naming the car in a photo."
    data: str = "The photos of the run's recipe."
    licence: str = "Not stated. The terms of the photos it was trained on apply to the model."
    limits: tuple[str, ...] = ()


def _build(kind: type, values: dict[str, Any], where: str) -> Any:
    known = {item.name for item in dataclasses.fields(kind)}
    if unknown := sorted(set(values) - known):
        raise RecipeError(f"{where} has unknown keys {unknown}; known are {sorted(known)}.")
    try:
        return kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in values.items()})
    except TypeError as error:
        raise RecipeError(f"{where}: {error}") from None


def _read_toml(path: Path, *, missing: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(missing) from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not valid TOML: {error}") from None


def read_recipe(path: str | Path) -> Recipe:
    """Read and check a recipe. Raises RecipeError naming the file and the key that is wrong."""
    path = Path(path)
    raw = _read_toml(path, missing=f"There is no recipe {path}; those that ship are in recipes/.")
    raw["data"] = _build(Data, raw.get("data", {}), f"{path} [data]")
    raw["augmentation"] = _build(Augmentation, raw.get("augmentation", {}), f"{path} [augmentation]")
    raw["stages"] = [_build(Stage, stage, f"{path} [[stages]]") for stage in raw.get("stages", [])]
    if not raw["stages"]:
        raise RecipeError(f"{path} has no [[stages]]; one with size and epochs is needed.")
    return _build(Recipe, raw, str(path))


def read_notes(path: str | Path | None) -> ReleaseNotes:
    """Read release notes; all defaults without a path. Raises RecipeError naming the file and the key that is wrong."""
    if path is None:
        return ReleaseNotes()
    raw = _read_toml(Path(path), missing=f"There are no release notes {path}.")
    notes: ReleaseNotes = _build(ReleaseNotes, raw, str(path))
    return notes
