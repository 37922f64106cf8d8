"""Figures of photos and answers, for `/metrics`: what waits, and what was answered lately, how well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Min, Q
from django.utils import timezone

from classifier.answers.telemetry import CLOCK
from classifier.models import Identification, ModelVersion, Prediction
from core.figures import Figure, Figures

#: What "lately" means.
WINDOW = timedelta(minutes=15)
#: Times are those of so many answers at most, the latest.
TIMED = 1000


def figures(now: datetime | None = None) -> Figures:
    now = now or timezone.now()
    yield from _waiting(now)
    yield from _ended(now)
    yield from _seconds(now)
    yield from _confidence(now)


def _waiting(now: datetime) -> Figures:
    waiting = dict(
        Identification.objects.waiting().values_list("status").annotate(n=Count("pk")).order_by("status")
    )
    for status in ("queued", "running"):
        text, labels = "Photos without an answer.", {"status": status}
        yield Figure("carsite_photos_waiting", text, labels, waiting.get(status, 0))
    oldest = Identification.objects.waiting().aggregate(at=Min("created"))["at"]
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield Figure("carsite_photos_waiting_oldest_seconds", "Age of the photo that waits longest.", {}, age)


def _ended(now: datetime) -> Figures:
    text = "Photos that were brought to an end in the last 15 minutes, by how."
    ended = Identification.objects.filter(finished__gt=now - WINDOW).values_list(
        "status", "decision", "failure"
    )
    for status, decision, failure, count in ended.annotate(n=Count("pk")).order_by("status", "decision"):
        outcome = decision if status == "done" else failure
        labels = {"status": status, "outcome": outcome or "none"}
        yield Figure("carsite_photos_ended", text, labels, count)


def _seconds(now: datetime) -> Figures:
    """The stages of the latest answers, and the wait before them."""
    text = "Seconds of each stage of the answers of the last 15 minutes."
    rows = Identification.objects.filter(status="done", finished__gt=now - WINDOW).order_by("-finished")
    stages: dict[str, list[float]] = {}
    off = 0
    for timings in rows.values_list("timings", flat=True)[:TIMED]:
        off += CLOCK in timings
        for stage, ms in timings.items():
            if stage == CLOCK:
                continue
            stages.setdefault(stage, []).append(ms / 1000)
    for stage, values in sorted(stages.items()):
        values.sort()
        for quantile in (0.5, 0.95):
            value = values[min(len(values) - 1, int(quantile * len(values)))]
            labels = {"stage": stage, "quantile": str(quantile)}
            yield Figure("carsite_photo_stage_seconds", text, labels, value)
    said = "Answers of the last 15 minutes whose times are uncertain, as a clock was set or clocks disagree."
    yield Figure("carsite_photos_clock_off", said, {}, off)


def _confidence(now: datetime) -> Figures:
    """How sure the active model is of visitors' photos beside how sure it was of those it was measured on."""
    active = ModelVersion.objects.active()
    if active is None:
        return
    lately = Identification.objects.filter(
        status="done", scene="exterior", model_version=active, finished__gt=now - WINDOW
    )
    seen = lately.aggregate(n=Count("pk"), sure=Count("pk", filter=Q(decision="sure")))
    mean = Prediction.objects.filter(identification__in=lately, rank=1).aggregate(mean=Avg("probability"))
    name, photos = "carsite_model_confidence", {"model": str(active), "photos": "visitors"}
    text = (
        "Mean probability of the first candidate, of photos of cars in the last 15 minutes and when measured."
    )
    share, of = "carsite_model_sure_share", "Share of photos of cars whose answer is sure, likewise."
    if seen["n"]:
        yield Figure(name, text, photos, mean["mean"] or 0.0)
        yield Figure(share, of, photos, seen["sure"] / seen["n"])
    measured = active.card.get("metrics", {})
    photos = photos | {"photos": "measured"}
    if (expected := _mean_confidence(measured)) is not None:
        yield Figure(name, text, photos, expected)
    if sure := measured.get("decisions", {}).get("sure"):
        yield Figure(share, of, photos, sure["share"])


def _mean_confidence(metrics: Mapping[str, Any]) -> float | None:
    """The mean over the photos that a bundle was measured on; None without a reliability diagram."""
    bins = metrics.get("reliability") or []
    photos = sum(one["photos"] for one in bins)
    return sum(one["confidence"] * one["photos"] for one in bins) / photos if photos else None
