"""Entries of the catalogue that look like one car, or one model, entered twice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.functions import Lower

from catalog.models import CarModel, Variant
from core.text import squash

#: Pairs that a page shows.
MOST = 30


@dataclass(frozen=True)
class Pair:
    """`keep` is the entry that was there first."""

    keep: Variant | CarModel
    gone: Variant | CarModel


def alike_cars() -> list[Pair]:
    """Cars of one model, year, body and trim. Two queries."""
    names = ("model", "year", "body_style", "low_detail", "low_trim")
    low = {"low_detail": Lower("body_detail"), "low_trim": Lower("trim")}
    groups = Variant.objects.order_by().annotate(**low).values(*names)
    double = list(groups.annotate(count=Count("pk")).filter(count__gt=1)[:MOST])
    wanted = {group["model"] for group in double}
    found: dict[tuple[object, ...], list[Variant]] = defaultdict(list)
    for car in Variant.objects.with_names().filter(model__in=wanted).order_by("pk"):
        body = (car.body_style, car.body_detail.lower())
        found[car.model_id, car.year, body, car.trim.lower()].append(car)
    return [Pair(cars[0], gone) for cars in found.values() for gone in cars[1:]][:MOST]


def alike_models() -> list[Pair]:
    """Models of one make whose names differ by case, accents and signs only. One query."""
    found: dict[tuple[int, str], list[CarModel]] = defaultdict(list)
    for model in CarModel.objects.select_related("make").order_by("pk"):
        found[model.make_id, squash(model.name)].append(model)
    return [Pair(models[0], gone) for models in found.values() for gone in models[1:]][:MOST]
