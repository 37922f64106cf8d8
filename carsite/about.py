"""The facts of the about page, taken from where they hold, so that the page can't say anything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

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
        "licence": with_code(str(model.card.get("licence") or "").rstrip(". ")) if model else "",
        "field": field_figures(model.card) if model else [],
        "figures": figures(model.card) if model else None,
    }


@dataclass(frozen=True)
class FieldFigure:
    """Photos of a make from elsewhere: how often it was named, and how often the model was sure of a car."""

    make: str
    photos: int
    right: str
    sure: str


def field_figures(card: dict[str, object]) -> list[FieldFigure]:
    """How often a model named the make in photos from the road and the web, the best first."""
    sources = EvaluationReport.of_card(card).other_sources
    ranked = sorted(sources.items(), key=lambda item: -item[1].both_views)
    return [
        FieldFigure(
            make,
            one.photos,
            _whole_percent(one.both_views),
            _whole_percent(one.decisions.sure.share) if one.decisions else "",
        )
        for make, one in ranked
    ]


def figures(card: dict[str, object]) -> dict[str, object] | None:
    """How often a model was right on test photos like those it learned from; None if not measured."""
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


def with_code(text: str) -> SafeString:
    """Text of a model's card, whose `code` stands between backticks, for a page."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one has no partner
        return format_html("{}", text.replace("`", ""))
    pieces = (
        (format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts)
    )
    return format_html_join("", "{}", pieces)


def _whole_percent(share: float) -> str:
    return f"{share:.0%}"
