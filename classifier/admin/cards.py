"""A model's card, report and shadow run as tables and drawings for a page.

Reads JSON only; what it lacks is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from classifier.models import ModelOutput, ModelVersion

_NAMES = {
    "top-1": "The very car",
    "top-5": "Among the five it names",
    "make": "The make",
    "model": "The model",
}


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its header."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Bar:
    """A bin of a reliability diagram in a square of 100 x 100: how often right, at which confidence, of
    how many.
    """

    x: float
    width: float
    y: float
    height: float
    confidence: float
    words: str


def tables(card: Mapping[str, Any]) -> list[Table]:
    """All figures that a bundle's card holds."""
    metrics = card.get("metrics") or {}
    found = [
        _figures(metrics),
        _shares("Decisions", "decision", metrics.get("decisions"), ("share", "right")),
        _counts("Scenes: is (row), taken for (column)", metrics.get("scenes")),
        _shares("Photos that are worse", "photos", metrics.get("robustness")),
        _elsewhere(metrics.get("other sources")),
        _unknown(metrics.get("unknown cars")),
        _open_set(metrics.get("open set")),
        _confusions(metrics.get("confusions")),
    ]
    return [table for table in found if table and table.rows]


def _figures(metrics: Mapping[str, Any]) -> Table:
    one, two = metrics.get("one look") or {}, metrics.get("two looks") or {}
    rows = [
        (_NAMES.get(name, name), with_interval(one.get(name)), with_interval(value))
        for name, value in two.items()
        if isinstance(value, Mapping)
    ]
    title = f"On {metrics.get('photos', 0)} photos it has not seen, with 95% intervals"
    return Table(title, ("", "one look", "two looks, as it answers"), rows)


def with_interval(figure: Any) -> str:
    """A figure with the ends of its interval."""
    if not isinstance(figure, Mapping) or "value" not in figure:
        return "–"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _percent(share: Any) -> str:
    return f"{share:.1%}" if isinstance(share, int | float) else "–"


def _shares(title: str, of: str, rows: Any, columns: Iterable[str] = ()) -> Table | None:
    if not rows:
        return None
    names = tuple(columns) or tuple(next(iter(rows.values())))
    return Table(
        title,
        (of, *names),
        [(name, *(_percent(row.get(column)) for column in names)) for name, row in rows.items()],
    )


def _counts(title: str, rows: Any) -> Table | None:
    if not rows:
        return None
    return Table(title, ("", *rows), [(name, *map(str, row.values())) for name, row in rows.items()])


def _elsewhere(rows: Any) -> Table | None:
    if not rows:
        return None
    lines = [
        (make, str(row.get("photos", "–")), _percent(row.get("one look")), _percent(row.get("two looks")))
        for make, row in rows.items()
    ]
    return Table("Photos from elsewhere", ("make", "photos", "make right, one look", "two looks"), lines)


def _unknown(rows: Any) -> Table | None:
    if not rows:
        return None
    names = ("sure", "unsure", "unknown")
    lines = [
        (cars, *(_percent(row.get(name, {}).get("share")) for name in names)) for cars, row in rows.items()
    ]
    return Table("Cars it does not know", ("cars", *names), lines)


def _open_set(rows: Any) -> Table | None:
    if not rows:
        return None
    lines = [
        (of, str(row["photos"]), with_interval(row["area"]), _percent(row["called unknown"]))
        for of, row in rows.items()
    ]
    head = ("photos of", "photos", "told from known cars (area under ROC)", "called unknown")
    return Table("What it does not know", head, lines)


def _confusions(rows: Any) -> Table | None:
    if not rows:
        return None
    lines = [(row["label"], row["taken for"], str(row["photos"])) for row in rows[:15]]
    return Table("Most confused", ("is", "taken for", "photos"), lines)


def comparison(report: Mapping[str, Any]) -> Table | None:
    """A candidate beside the model that was active when it was trained, on the same photos."""
    figures = report.get("figures")
    if not figures:
        return None
    rows = [
        (
            _NAMES.get(name, name),
            *(with_interval(row.get(side)) for side in ("active", "candidate", "difference")),
        )
        for name, row in figures.items()
    ]
    title = f"Beside {report.get('against', 'the active model')} on the same {report.get('photos', 0)} photos"
    return Table(title, ("", "active then", "this one", "difference"), rows)


def reliability(version: ModelVersion) -> list[Bar]:
    """The bins of its reliability diagram: from its report, else from its card."""
    bins = (version.report.get("reliability") or {}).get("candidate")
    bins = bins or (version.card.get("metrics") or {}).get("reliability") or []
    return [
        Bar(
            x=min(90, int(one["confidence"] * 10) * 10),
            width=10,
            y=round(100 - one["right"] * 100, 2),
            height=round(one["right"] * 100, 2),
            confidence=round(one["confidence"] * 100, 2),
            words=f"{one['photos']} photos at {one['confidence']:.0%}: {one['right']:.0%} right",
        )
        for one in bins
        if one.get("photos")
    ]


def shadow_run(version: ModelVersion) -> dict[str, int] | None:
    """How far its shadow runs agree with what was shown; None where it was never a shadow."""
    counts = ModelOutput.objects.of_shadow(version).aggregate(
        photos=Count("pk"),
        agree=Count("pk", filter=Q(agrees=True)),
        differ=Count("pk", filter=Q(agrees=False)),
        failed=Count("pk", filter=~Q(failure="")),
    )
    if not counts["photos"]:
        return (
            {"photos": 0, "agree": 0, "differ": 0, "failed": 0, "percent": 0} if version.is_shadow else None
        )
    return counts | {"percent": round(100 * counts["agree"] / max(1, counts["agree"] + counts["differ"]))}
