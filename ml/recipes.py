"""A recipe says how a model is trained, release notes how it is measured and explained.

Each is one TOML file.
"""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ml.exceptions import RecipeError

#: What these keys may say.
CHOICES = {
    "optimizer": ("adamw", "adam", "sgd"),
    "schedule": ("cosine", "linear", "constant", "plateau"),
    "precision": ("32-true", "16-mixed", "bf16-mixed"),
    "target": ("car", "scene"),
    "keep": ("best", "last"),
}

Built = TypeVar("Built")


@dataclass(frozen=True)
class Data:
    """Where the photos are. Paths are relative to the folder the command is started in.

    - `cars`: folders of class folders, or manifests (`ml.data.manifests`); one of them may be a plain string.
    - `scenes`: a folder with the folders interior and other, or a manifest.
    - `cars_validation`, `scenes_validation`: lists of the photos that are kept from training. Without a list,
      a manifest's own split counts, else one of the share `share` of the photos is made and saved with the
      run.
    - `only`: the classes that are learned, as patterns such as "* 2012"; none is all.
    - `leave_out`: a list of classes that are not learned.
    - `per_class`: at most so many photos of a class are seen in an epoch, other ones each time; 0 is all.
    """

    cars: tuple[str, ...]
    scenes: str | None = None
    cars_validation: tuple[str, ...] = ()
    scenes_validation: str | None = None
    only: tuple[str, ...] = ()
    leave_out: str | None = None
    per_class: int = 0
    share: float = 0.15

    def __post_init__(self) -> None:
        for name in ("cars", "cars_validation", "only"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,))


@dataclass(frozen=True)
class Stage:
    """A run of `epochs` at one input size (pixels). Small photos first is progressive resizing (Tan and Le,
    2021).

    `frozen` stages of the backbone, counted from the photo and with its stem, don't learn: they are half of
    the work of a step and the part that a new set of photos changes least. `frozen_layers` says the same in
    single layers (convolutions, norms, activations). Where the backbone starts from random numbers, nothing
    is frozen.
    """

    size: int
    epochs: int
    frozen: int = 0
    frozen_layers: int = 0


@dataclass(frozen=True)
class Augmentation:
    """What training does to a photo; evaluation never does any of it.

    - `flip` (mirrored), `swap` (red and blue swapped), `zoom_out`, `degrade` and `erase`: shares of the
      photos.
    - `crop_scale`: the least and the largest share of a photo's area in a crop (both 1: no crop);
      `crop_ratio`: the same of its width over its height.
    - `rotate`: degrees, to either side. `colour`: share by which brightness, contrast and saturation change.
    - `mixup` and `cutmix`: the strength (alpha) with which photos of a batch are mixed.

    0 is never. The methods and their papers are in `ml.data.transforms`.
    """

    crop_scale: tuple[float, float] = (0.4, 1.0)
    crop_ratio: tuple[float, float] = (0.75, 2.0)
    flip: float = 0.5
    swap: float = 0.0
    rotate: float = 0.0
    zoom_out: float = 0.0
    degrade: float = 0.0
    colour: float = 0.2
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0


@dataclass(frozen=True)
class Distill:
    """A teacher, the folder of a run or a bundle, whose answers are learned beside the labels (Hinton et al.,
    2015).

    `weight` (0-1) is what the teacher's answers, softened by `temperature`, count for. `size` is the side of
    the photos that the teacher is shown, in pixels; 0 is what it was made for.
    """

    teacher: str
    weight: float = 0.7
    temperature: float = 2.0
    size: int = 0


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run.

    - `architecture`: a name of `ml.network.backbones`; `hidden`: widths of dense layers between backbone and
      heads; `size`: the side of the finished model's input, in pixels.
    - `target`: what the classes are: "car", or "scene" for exterior (every photo in `data.cars`) and interior
      (from `data.scenes`).
    - `weights`: "auto" (a package on the machine, then the hub), a path or "none"; of a list, the first to be
      had.
    - `batch`: photos of a step, of all processes together; `workers`: processes that load photos, for each
      that trains.
    - `learning_rate`, `schedule` and `warmup` (share of all steps): see `ml.training.train.rate_factor`.
    - `weight_decay` is the optimizer's; `l1` and `l2` are penalties on matrices and kernels in the loss.
    - `label_smoothing`, `dropout` and `drop_path` are shares, 0-1.
    - `average`: the decay per step of the weights' moving average, which is what is judged and kept; 0 keeps
      none. In the first steps it is less (`ml.training.moving_average`), so that one value suits few photos
      and many.
    - `patience`: training stops after so many epochs in which the validation loss did not fall.
    - `keep`: the epoch whose weights are the run's: "best", which names most validation photos right, or
      "last", where what is learned is for other photos.
    """

    name: str
    architecture: str
    data: Data
    stages: tuple[Stage, ...]
    size: int = 224
    target: str = "car"
    hidden: tuple[int, ...] = ()
    weights: str | tuple[str, ...] = "auto"
    batch: int = 32
    precision: str = "32-true"
    optimizer: str = "adamw"
    learning_rate: float = 1.2e-3
    schedule: str = "cosine"
    weight_decay: float = 0.02
    l1: float = 0.0
    l2: float = 0.0
    warmup: float = 0.05
    label_smoothing: float = 0.1
    dropout: float = 0.2
    drop_path: float = 0.1
    average: float = 0.0
    patience: int = 6
    keep: str = "best"
    workers: int = 1
    seed: int = 20261121
    augmentation: Augmentation = field(default_factory=Augmentation)
    distill: Distill | None = None

    @property
    def weight_choices(self) -> tuple[str, ...]:
        """Where weights may come from, the best first."""
        return (self.weights,) if isinstance(self.weights, str) else self.weights

    @property
    def epochs(self) -> int:
        """Epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def with_epochs(self, epochs: int) -> Recipe:
        """The recipe with so many epochs, shared out among its stages as before; each keeps one at least.

        Raises RecipeError where there are fewer epochs than stages.
        """
        if epochs < len(self.stages):
            raise RecipeError(
                f"The recipe {self.name} has {len(self.stages)} stages and needs as many epochs at least."
            )
        left, counts = epochs - len(self.stages), [1] * len(self.stages)
        wanted = [stage.epochs * epochs / max(1, self.epochs) for stage in self.stages]
        for _ in range(left):
            furthest = max(range(len(counts)), key=lambda stage: wanted[stage] - counts[stage])
            counts[furthest] += 1
        pairs = zip(self.stages, counts, strict=True)
        return dataclasses.replace(
            self, stages=tuple(dataclasses.replace(stage, epochs=count) for stage, count in pairs)
        )

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

    `name` is what the model is called, where that is not its recipe's name. `classes` is a table (CSV) that
    takes the class names apart; `unknown` and `makes` are as in `ml.evaluation.photo_sources.PhotoSources`;
    the rest is text for people.
    """

    name: str | None = None
    classes: str | None = None
    unknown: tuple[str, ...] = ()
    makes: str | None = None
    purpose: str = "Naming the car in a photo."
    data: str = "The photos of the run's recipe."
    licence: str = "Not stated. The terms of the photos it was trained on apply to the model."
    limits: tuple[str, ...] = ()


#: What TOML may give for a field of each kind.
_ACCEPTED: dict[type, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,)}


def _build(kind: type[Built], values: Mapping[str, object], where: str) -> Built:
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    if unknown := sorted(set(values) - known):
        raise RecipeError(f"{where} has unknown keys {unknown}; known are {sorted(known)}.")
    hints = typing.get_type_hints(kind)
    for key, value in values.items():
        _check_value(value, hints[key], CHOICES.get(key), f"{where}: {key}")
    try:
        return kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in values.items()})
    except TypeError as error:
        raise RecipeError(f"{where}: {error}") from None


def _check_value(value: object, kind: type, choices: tuple[str, ...] | None, where: str) -> None:
    accepted = _ACCEPTED.get(kind)
    if accepted and (isinstance(value, bool) or not isinstance(value, accepted)):
        raise RecipeError(f"{where} is {value!r}; it should be of the kind {kind.__name__}.")
    if choices and value not in choices:
        raise RecipeError(f"{where} is {value!r}; it may be {', '.join(choices)}.")


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
    return recipe_of(
        _read_toml(path, missing=f"There is no recipe {path}; those that ship are in recipes/."), str(path)
    )


def recipe_of(values: Mapping[str, Any], where: str) -> Recipe:
    """A recipe from plain data, such as `Recipe.as_dict` gives. Raises RecipeError as `read_recipe` does."""
    raw = dict(values)
    raw["data"] = _build(Data, raw.get("data", {}), f"{where} [data]")
    raw["augmentation"] = _build(Augmentation, raw.get("augmentation", {}), f"{where} [augmentation]")
    if raw.get("distill"):
        raw["distill"] = _build(Distill, raw["distill"], f"{where} [distill]")
    raw["stages"] = [_build(Stage, stage, f"{where} [[stages]]") for stage in raw.get("stages", [])]
    if not raw["stages"]:
        raise RecipeError(f"{where} has no [[stages]]; one with size and epochs is needed.")
    return _build(Recipe, raw, where)


def read_notes(path: str | Path | None) -> ReleaseNotes:
    """Read release notes; all defaults without a path.

    Raises RecipeError naming the file and the key that is wrong.
    """
    if path is None:
        return ReleaseNotes()
    raw = _read_toml(Path(path), missing=f"There are no release notes {path}.")
    return _build(ReleaseNotes, raw, str(path))
