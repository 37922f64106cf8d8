"""A model's card, report and shadow run as tables and drawings for a page.

Reads JSON only; what it lacks is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from classifier.models import ModelOutput, ModelVersion
from ml.evaluation.report import EvaluationReport, PairedReport
from ml.evaluation.tables import Table, paired_table, report_tables

#: Pairs of cars that the page names as mixed up.
CONFUSIONS = 15
#: What staff read instead of the terms of the field.
NAMES = {"top-1": "Exact car", "top-5": "One of the first five", "make": "Make", "model": "Model"}


@dataclass(frozen=True)
class Bar:
    """A bin of a reliability diagram, in a square of 100 x 100.

    `words` say how often its photos were answered right, at which confidence, and how many there were.
    """

    x: float
    width: float
    y: float
    height: float
    confidence: float
    words: str


def tables(card: dict[str, object]) -> list[Table]:
    """All figures that a bundle's card holds."""
    return report_tables(EvaluationReport.of_card(card), confusions=CONFUSIONS, names=NAMES)


def comparison(report: dict[str, object]) -> Table | None:
    """A candidate beside the model that was active when it was trained; None where they were not compared."""
    table = paired_table(PairedReport.from_json(report), NAMES)
    return table if table.rows else None


def reliability(version: ModelVersion) -> list[Bar]:
    """The bins of its reliability diagram: from its report, else from its card."""
    bins = PairedReport.from_json(version.report).reliability.get("candidate")
    bins = bins or EvaluationReport.of_card(version.card).reliability
    return [
        Bar(
            x=min(90, int(one.confidence * 10) * 10),
            width=10,
            y=round(100 - one.right * 100, 2),
            height=round(one.right * 100, 2),
            confidence=round(one.confidence * 100, 2),
            words=f"{one.photos} photos at {one.confidence:.0%}: {one.right:.0%} right",
        )
        for one in bins
        if one.photos
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
