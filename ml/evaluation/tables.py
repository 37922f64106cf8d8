"""A report as tables of words, for whatever shows them: Markdown, a terminal or a page.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ml.evaluation.report import Decisions, Estimate, EvaluationReport, Figures, PairedReport

#: Stands for what was not measured.
NOTHING = "–"
#: Confusions that a table shows.
CONFUSIONS = 10
_FIGURES = {
    "top-1": "top_1",
    "top-5": "top_5",
    "make": "make",
    "model": "model",
    "macro F1": "macro_f1",
    "calibration error": "calibration_error",
    "log loss": "log_loss",
}
#: Other names of figures than the standard terms, by these.
Names = Mapping[str, str]
STANDARD_NAMES: Names = {}


@dataclass(frozen=True)
class Table:
    """A table with a title; the first cell of a row is its header. `note` is a sentence below it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def estimate_text(estimate: Estimate | None) -> str:
    """A figure with the ends of its interval."""
    if estimate is None:
        return NOTHING
    between = "-" if estimate.low >= 0 else " to "
    return f"{estimate.value:.3f} ({estimate.low:.3f}{between}{estimate.high:.3f})"


def percent_text(share: float | None) -> str:
    """A share in per cent."""
    return NOTHING if share is None else f"{share:.1%}"


def report_tables(
    report: EvaluationReport, *, confusions: int = CONFUSIONS, names: Names = STANDARD_NAMES
) -> list[Table]:
    """All tables of a report that have rows, the most important first.

    `names` are what figures are called instead.
    """
    found = [
        figures_table(report, names),
        decisions_table(report),
        *detail_tables(report, confusions=confusions),
    ]
    return [table for table in found if table.rows]


def figures_table(report: EvaluationReport, names: Names = STANDARD_NAMES) -> Table:
    """Figures of known cars, by the first view alone and by both."""
    rows = [
        (
            names.get(name, name),
            estimate_text(_figure(report.first_view, name)),
            estimate_text(_figure(report.both_views, name)),
        )
        for name in _FIGURES
        if _figure(report.both_views, name)
    ]
    error = report.both_views.crossfitted_error
    return Table(
        f"Measured on {report.photos} photos it has not seen (95% intervals)",
        ("", "one view", "two views"),
        tuple(rows),
        "" if error is None else f"calibration error, each half at the other's temperature: {error:.3f}.",
    )


def _figure(figures: Figures, name: str) -> Estimate | None:
    found: Estimate | None = getattr(figures, _FIGURES[name])
    return found


def decisions_table(report: EvaluationReport) -> Table:
    """How often each decision is made of known cars, and how often it is right."""
    rows = [
        (name, percent_text(one.share), percent_text(one.right))
        for name, one in (vars(report.decisions).items() if report.decisions else ())
    ]
    return Table("Decisions", ("decision", "share of photos", "right"), tuple(rows))


def detail_tables(report: EvaluationReport, *, confusions: int = CONFUSIONS) -> list[Table]:
    """The tables below the main figures; those without rows too."""
    return [
        _scenes(report.scenes),
        _robustness(report),
        _other_sources(report),
        _unknown_cars(report.unknown_cars),
        _photo_groups(report),
        _open_set(report),
        _few_photos(report),
        _confusions(report, confusions),
    ]


def parity_table(report: EvaluationReport) -> Table:
    """How much a probability differs between the backends and by exporting."""
    parity = report.parity
    rows = (
        (
            ("ONNX Runtime against PyTorch", f"{parity.onnx_against_torch:.2g}"),
            ("exported against trained", f"{parity.exported_against_trained:.2g}"),
        )
        if parity
        else ()
    )
    return Table("Largest difference of a probability", ("", "difference"), rows)


def _scenes(scenes: Mapping[str, Mapping[str, int]]) -> Table:
    rows = tuple((name, *map(str, row.values())) for name, row in scenes.items())
    return Table("Scenes", ("is \\ taken for", *scenes), rows)


def _robustness(report: EvaluationReport) -> Table:
    rows = tuple(
        (name, *map(percent_text, (row.first_view_top_1, row.top_1, row.top_5, row.make)))
        for name, row in report.robustness.items()
    )
    head = ("", "one view top-1", "two views top-1", "two views top-5", "two views make")
    return Table("Photos that are worse", head, rows)


def _other_sources(report: EvaluationReport) -> Table:
    rows = tuple(
        (
            make,
            str(row.photos),
            percent_text(row.first_view),
            percent_text(row.both_views),
            percent_text(row.decisions.sure.share if row.decisions else None),
        )
        for make, row in report.other_sources.items()
    )
    head = ("make", "photos", "make right, one view", "make right, two views", "called sure")
    return Table("Photos from elsewhere", head, rows)


def _unknown_cars(cars: Mapping[str, Decisions]) -> Table:
    rows = tuple(
        (name, *map(percent_text, (row.sure.share, row.unsure.share, row.unknown.share)))
        for name, row in cars.items()
    )
    return Table("Cars it does not know", ("cars", "sure", "unsure", "unknown"), rows)


def _photo_groups(report: EvaluationReport) -> Table:
    rows = tuple(
        (
            name,
            *map(estimate_text, (row.single_top_1, row.fused_top_1, row.gain)),
            f"{row.calibration_error:.3f}",
        )
        for name, row in report.photo_groups.items()
    )
    head = ("", "right, each alone", "right, together", "gain", "calibration error together")
    return Table("Several photos of one car", head, rows)


def _open_set(report: EvaluationReport) -> Table:
    rows = tuple(
        (
            name,
            str(row.photos),
            *map(estimate_text, (row.area, row.area_with_scene)),
            percent_text(row.called_unknown),
        )
        for name, row in report.open_set.items()
    )
    familiarity = "familiarity tells them from known cars (area under ROC)"
    head = ("photos of", "photos", familiarity, "together with the scene", "called unknown")
    return Table("What it does not know", head, rows)


def _few_photos(report: EvaluationReport) -> Table:
    few = report.few_photos
    rows: Iterable[tuple[str, ...]] = (
        [(str(few.classes), str(few.photos_each), *map(estimate_text, (few.new_top_1, few.known_lose)))]
        if few
        else []
    )
    head = ("new cars", "photos each", "new cars right (top-1)", "known cars lose")
    return Table("Cars learned from a few photos", head, tuple(rows))


def _confusions(report: EvaluationReport, most: int) -> Table:
    rows = tuple((one.label, one.taken_for, str(one.photos)) for one in report.confusions[:most])
    return Table("Most confused", ("is", "taken for", "photos"), rows)


def paired_table(report: PairedReport, names: Names = STANDARD_NAMES) -> Table:
    """A candidate beside the model that was active when it was trained, on the same photos."""
    rows = tuple(
        (names.get(name, name), *map(estimate_text, (row.active, row.candidate, row.difference)))
        for name, row in report.figures.items()
    )
    title = f"Beside {report.against or 'the active model'} on the same {report.photos} photos"
    return Table(title, ("", "active then", "this one", "difference"), rows)
