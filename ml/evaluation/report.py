"""What was measured of a model: typed, and as the JSON that runs, bundles and registered models keep.

Standard library only.

The keys of the JSON ("one look", "two looks", …) are a file format and stay as they are; the names here are
those of the code: the *first view* of a photo is the whole of it, *both views* are that and the closer second
one together, as served. Shares, probabilities and errors lie between 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ml.evaluation import json_fields
from ml.evaluation.json_fields import Key


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval, by the bootstrap's percentiles (Efron, 1979)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BundleIdentity:
    """Which bundle was measured; `digest` is the SHA-256 of its network."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class Figures:
    """How good calibrated probabilities are on photos of known classes.

    `crossfitted_error` is the calibration error where each half of the photos has the temperature of the
    other half.
    """

    top_1: Annotated[Estimate | None, Key("top-1")] = None
    top_5: Annotated[Estimate | None, Key("top-5")] = None
    make: Estimate | None = None
    model: Estimate | None = None
    macro_f1: Annotated[Estimate | None, Key("macro F1")] = None
    calibration_error: Annotated[Estimate | None, Key("calibration error")] = None
    log_loss: Annotated[Estimate | None, Key("log loss")] = None
    crossfitted_error: Annotated[
        float | None, Key("calibration error, each half at the other's temperature")
    ] = None


@dataclass(frozen=True)
class Decision:
    """The share of photos that get a decision, and the share of those whose first candidate is right."""

    share: float
    right: float


@dataclass(frozen=True)
class Decisions:
    """All decisions; their shares add up to 1."""

    sure: Decision
    unsure: Decision
    unknown: Decision


@dataclass(frozen=True)
class ClassCount:
    """Photos of a class, photos that were named so, and those of both."""

    label: str
    photos: int
    named: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How many photos of a class were taken for another one."""

    label: str
    taken_for: Annotated[str, Key("taken for")]
    photos: int


@dataclass(frozen=True)
class ReliabilityBin:
    """A bin of a reliability diagram: mean confidence, share right, and how many photos."""

    confidence: float
    right: float
    photos: int


@dataclass(frozen=True, kw_only=True)
class PhotoGroups:
    """Groups of photos of one car: right by one of them alone and by all together, with the difference."""

    groups: int = 0
    single_top_1: Annotated[Estimate, Key("single top-1")]
    fused_top_1: Annotated[Estimate, Key("fused top-1")]
    gain: Estimate
    calibration_error: Annotated[float, Key("calibration error")]


@dataclass(frozen=True)
class Robustness:
    """Shares right on photos made worse: by the first view alone, and by both views."""

    first_view_top_1: Annotated[float | None, Key("one look top-1")] = None
    top_1: Annotated[float | None, Key("two looks top-1")] = None
    top_5: Annotated[float | None, Key("two looks top-5")] = None
    make: Annotated[float | None, Key("two looks make")] = None


@dataclass(frozen=True, kw_only=True)
class OtherSource:
    """Photos of which only the make is known: how often it is named first, and which decisions they get."""

    photos: int
    first_view: Annotated[float, Key("one look")]
    both_views: Annotated[float, Key("two looks")]
    decisions: Decisions | None = None


@dataclass(frozen=True, kw_only=True)
class OpenSet:
    """How well photos of no known car are told from known ones.

    `area` is that under the ROC curve by familiarity, `area_with_scene` that of familiarity plus the log of
    the probability of a car from outside, `called_unknown` the share that gets this answer, whatever the
    reason.
    """

    photos: int
    area: Estimate
    area_with_scene: Annotated[Estimate | None, Key("area with scene")] = None
    called_unknown: Annotated[float, Key("called unknown")]


@dataclass(frozen=True, kw_only=True)
class FewPhotos:
    """New cars, learned from a few photos each: how often they are named, and what known cars lose."""

    classes: int
    photos_each: Annotated[int, Key("photos each")]
    new_top_1: Annotated[Estimate, Key("new top-1")]
    known_lose: Annotated[Estimate, Key("known lose")]


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Largest differences of a probability: between the backends, and by what exporting changes."""

    onnx_against_torch: Annotated[float, Key("onnx against torch")]
    exported_against_trained: Annotated[float, Key("exported against trained")]


@dataclass(frozen=True)
class EvaluationReport:
    """Everything that `ml.evaluation.evaluate` measures of a bundle. What was not measured is empty or None.

    `scenes` counts photos by what they show and what they are taken for; the keys of the other mappings are
    the names of corruptions, folders or makes.
    """

    bundle: BundleIdentity | None = None
    photos: int = 0
    first_view: Annotated[Figures, Key("one look")] = field(default_factory=Figures)
    both_views: Annotated[Figures, Key("two looks")] = field(default_factory=Figures)
    decisions: Decisions | None = None
    classes: tuple[ClassCount, ...] | None = None
    confusions: tuple[Confusion, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    photo_groups: Annotated[dict[str, PhotoGroups], Key("several photos")] = field(default_factory=dict)
    scenes: dict[str, dict[str, int]] = field(default_factory=dict)
    robustness: dict[str, Robustness] = field(default_factory=dict)
    other_sources: Annotated[dict[str, OtherSource], Key("other sources")] = field(default_factory=dict)
    unknown_cars: Annotated[dict[str, Decisions], Key("unknown cars")] = field(default_factory=dict)
    open_set: Annotated[dict[str, OpenSet], Key("open set")] = field(default_factory=dict)
    few_photos: Annotated[FewPhotos | None, Key("few photos")] = None
    parity: Parity | None = None

    def to_json(self) -> dict[str, object]:
        """As files keep it."""
        return json_fields.object_of(self)

    @classmethod
    def from_json(cls, values: object) -> EvaluationReport:
        """A report that a file or row keeps. Parts that it lacks or that are of another form are left out."""
        return json_fields.from_json(cls, values if isinstance(values, dict) else {}, lenient=True)

    @classmethod
    def of_card(cls, card: dict[str, object]) -> EvaluationReport:
        """The report in a bundle's `bundle.json`."""
        return cls.from_json(card.get("metrics"))


@dataclass(frozen=True)
class PairedFigure:
    """A figure of two models on the same photos; the interval of the difference is that of pairs."""

    active: Estimate
    candidate: Estimate
    difference: Estimate


@dataclass(frozen=True)
class PairedReport:
    """Two models beside each other (see ml.evaluation.paired_comparison). `against` names the active one."""

    photos: int = 0
    figures: dict[str, PairedFigure] = field(default_factory=dict)
    reliability: dict[str, tuple[ReliabilityBin, ...]] = field(default_factory=dict)
    against: str | None = None

    def to_json(self) -> dict[str, object]:
        """As registered models keep it."""
        return json_fields.object_of(self)

    @classmethod
    def from_json(cls, values: object) -> PairedReport:
        """A report that a row keeps; parts that it lacks, or that are of another form, are left out."""
        return json_fields.from_json(cls, values if isinstance(values, dict) else {}, lenient=True)
