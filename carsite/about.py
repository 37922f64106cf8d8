"""The facts of the about page, taken from where they hold, so that the page can't say anything else."""

from __future__ import annotations

from django.conf import settings

from catalog.models import Make, Variant
from classifier.models import ModelVersion
from classifier.photos import intake
from ml.evaluation.report import EvaluationReport
from ml.evaluation.tables import percent_text


def facts() -> dict[str, object]:
    """Limits, counts, and the model in use with its figures."""
    model = ModelVersion.objects.active()
    return {
        "variant_count": Variant.objects.published().count(),
        "make_count": Make.objects.published().count(),
        "limits": intake.limits_text(),
        "uploads_per_day": settings.UPLOADS_PER_DAY,
        "guest_uploads_per_hour": settings.GUEST_UPLOADS_PER_HOUR,
        "guest_hours": settings.GUEST_PHOTO_HOURS,
        "enquiry_days": settings.ENQUIRY_DAYS,
        "model": model,
        "figures": figures(model.card) if model else None,
    }


def figures(card: dict[str, object]) -> dict[str, object] | None:
    """How often a model was right on photos that it had not seen, by its card; None if not measured."""
    report = EvaluationReport.of_card(card)
    both = report.both_views
    if not (report.photos and both.top_1 and both.top_5 and both.make):
        return None
    rows = [
        ("The very car", percent_text(both.top_1.value)),
        ("Among the five it names", percent_text(both.top_5.value)),
        ("The make", percent_text(both.make.value)),
    ]
    if report.decisions:
        rows.append(("Where it says that it is sure", percent_text(report.decisions.sure.right)))
    return {"photos": report.photos, "rows": rows}
