"""The facts of the about page, taken from where they hold, so that the page can't say anything else."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from catalog.models import Make, Variant
from classifier.models import ModelVersion
from classifier.photos import intake


def facts() -> dict[str, Any]:
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


def figures(card: dict[str, Any]) -> dict[str, Any] | None:
    """How often the model of a bundle's card was right on photos that it had not seen, in percent; None if
    not measured.
    """
    metrics = card.get("metrics", {})
    shares = metrics.get("two looks", {})
    if not metrics.get("photos") or not {"top-1", "top-5", "make"} <= shares.keys():
        return None
    return {
        "photos": metrics["photos"],
        "rows": [
            ("The very car", _percent(shares["top-1"]["value"])),
            ("Among the five it names", _percent(shares["top-5"]["value"])),
            ("The make", _percent(shares["make"]["value"])),
            *_decisions(metrics.get("decisions", {})),
        ],
    }


def _decisions(decisions: dict[str, dict[str, float]]) -> list[tuple[str, str]]:
    sure = decisions.get("sure")
    return [("Where it says that it is sure", _percent(sure["right"]))] if sure else []


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
