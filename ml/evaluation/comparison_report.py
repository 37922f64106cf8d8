"""Several models beside each other, as figures: typed, and as the JSON of `python -m ml compare`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from ml.evaluation import json_fields
from ml.evaluation.json_fields import Key
from ml.evaluation.report import Estimate, ReliabilityBin


@dataclass(frozen=True, kw_only=True)
class ModelFigures:
    """A model: what it is, what it costs, how often it is right, and how it was made.

    `input` is the side of the input in pixels, `parameters` and `multiply_adds` are counts, `size` that of
    the ONNX file in bytes, `milliseconds` those of one photo. `curve` are figures by epoch, as (epoch, value)
    pairs. What is not known of its making is None.
    """

    name: str
    architecture: str
    input: int
    classes: int
    parameters: int
    multiply_adds: Annotated[int, Key("multiply-adds")]
    size: Annotated[int, Key("bytes")]
    milliseconds: Estimate
    top_1: Annotated[Estimate, Key("top-1")]
    top_5: Annotated[Estimate, Key("top-5")]
    make: Estimate
    macro_f1: Annotated[Estimate, Key("macro F1")]
    calibration_error: Annotated[Estimate, Key("calibration error")]
    reliability: tuple[ReliabilityBin, ...]
    curve: dict[str, list[tuple[int, float]]]
    weights: str | None
    device: str | None
    seconds: float | None
    teacher: str | None


@dataclass(frozen=True)
class GroupFigures:
    """A class or a make: its photos, and the share of them that each model names rightly."""

    name: str
    photos: int
    right: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ConfusedPair:
    """Photos of one class that the best model takes for another.

    `example` and `other` are indices of a photo of each.
    """

    label: str
    taken_for: Annotated[str, Key("taken for")]
    photos: int
    example: int
    other: int | None


@dataclass(frozen=True, kw_only=True)
class ComparisonReport:
    """All figures of a comparison; `made` is its day."""

    made: str
    photos: int
    classes: int
    models: tuple[ModelFigures, ...]
    by_make: Annotated[tuple[GroupFigures, ...], Key("by make")]
    by_class: Annotated[tuple[GroupFigures, ...], Key("by class")]
    confusions: tuple[ConfusedPair, ...]

    def to_json(self) -> dict[str, Any]:
        """As `comparison.json` keeps it."""
        found: dict[str, Any] = json_fields.to_json(self)
        return found
