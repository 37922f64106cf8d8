"""Slugs that former rules made become those of `core.text`; old addresses redirect; search columns follow.

A slug that staff chose, which no rule makes of the name, stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.text import slugify

from catalog.search import words
from core import text

LONGEST_MAKE, LONGEST_MODEL, LONGEST_CAR = 80, 120, 190
BATCH = 500


def migrate_slugs(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every make, model and car. Each former address leads to where its page is now."""
    makes = {make.pk: make for make in _all(apps, "Make").order_by("pk")}
    models = {model.pk: model for model in _all(apps, "CarModel").order_by("pk")}
    paths = {("make", make.pk): make.slug for make in makes.values()}
    paths |= {("model", model.pk): f"{makes[model.make_id].slug}/{model.slug}" for model in models.values()}
    former = _rename_makes(makes.values()) | _rename_models(models.values())
    addresses = [
        _address(apps, kind, pk, path, former.get((kind, pk), ""))
        for kind, pk, path in _moved(paths, makes, models)
    ]
    addresses += _migrate_cars(apps, paths, models, makes)
    for name, kind, rows in (("Make", "make", makes), ("CarModel", "model", models)):
        renamed = [row for row in rows.values() if (kind, row.pk) in former]
        _all(apps, name).bulk_update(renamed, ["slug"], batch_size=BATCH)
    _write(apps, addresses)


def _all(apps: Apps, name: str) -> Any:
    return apps.get_model("catalog", name)._base_manager


def _rename_makes(makes: Iterable[Any]) -> dict[tuple[str, int], str]:
    """Sets new slugs; returns the former ones by kind and key."""
    rows = list(makes)
    taken = {make.slug for make in rows}
    former = {}
    for make in rows:
        new = _renamed(make.slug, make.name, LONGEST_MAKE, taken)
        if new != make.slug:
            former["make", make.pk] = make.slug
            make.slug = new
    return former


def _rename_models(models: Iterable[Any]) -> dict[tuple[str, int], str]:
    """The same; the slug of a model is its own within its make."""
    rows = list(models)
    taken: dict[int, set[str]] = {}
    for model in rows:
        taken.setdefault(model.make_id, set()).add(model.slug)
    former = {}
    for model in rows:
        new = _renamed(model.slug, model.name, LONGEST_MODEL, taken[model.make_id])
        if new != model.slug:
            former["model", model.pk] = model.slug
            model.slug = new
    return former


def _moved(
    paths: dict[tuple[str, int], str], makes: dict[int, Any], models: dict[int, Any]
) -> Iterator[tuple[str, int, str]]:
    """Makes and models whose address is another now, with the former one."""
    for make in makes.values():
        if paths["make", make.pk] != make.slug:
            yield "make", make.pk, paths["make", make.pk]
    for model in models.values():
        if paths["model", model.pk] != f"{makes[model.make_id].slug}/{model.slug}":
            yield "model", model.pk, paths["model", model.pk]


def _migrate_cars(
    apps: Apps, paths: dict[tuple[str, int], str], models: dict[int, Any], makes: dict[int, Any]
) -> list[Any]:
    """New slugs and words of cars; returns the addresses that they had."""
    cars = _all(apps, "Variant")
    taken = set(cars.values_list("slug", flat=True))
    taken |= set(_all(apps, "OldAddress").exclude(variant=None).values_list("slug", flat=True))
    stale, addresses = [], []
    for car in cars.order_by("pk").iterator(chunk_size=2000):
        model = models[car.model_id]
        make = makes[model.make_id]
        slug = car.slug
        car.slug = _renamed(slug, _name(car, make.name, model.name), LONGEST_CAR, taken)
        path = f"{paths['model', model.pk]}/{slug}"
        if path != f"{make.slug}/{model.slug}/{car.slug}":
            addresses.append(_address(apps, "variant", car.pk, path, slug if slug != car.slug else ""))
        if _follow_names(car, make, model.name) or slug != car.slug:
            stale.append(car)
    cars.bulk_update(stale, ["slug", "search_text", "sort_key"], batch_size=BATCH)
    return addresses


def _name(car: Any, make: str, model: str) -> str:
    """What a car was called when this migration was written."""
    body = car.body_detail or ("" if car.body_style == "unknown" else car.get_body_style_display())
    names = [car.trim] if car.trim.startswith(model) else [model, car.trim]
    return " ".join(part for part in (make, *names, body, str(car.year or "")) if part)


def _follow_names(car: Any, make: Any, model: str) -> bool:
    """Brings what search and order read up to date; returns whether it was not."""
    before = car.search_text, car.sort_key
    car.search_text = words.search_text(
        make=make.name,
        aliases=make.aliases,
        model=model,
        year=car.year,
        body_style=car.body_style,
        details=(car.trim, car.body_detail),
    )
    car.sort_key = words.sort_key(make=make.name, model=model, year=car.year, slug=car.slug)
    return before != (car.search_text, car.sort_key)


def _former_slugs(name: str, longest: int) -> set[str]:
    """What the supply, the seed and the classifier's labels made of a name."""
    by_supply = slugify(name.replace(".", "-").replace("/", "-").replace("+", " plus "))
    by_supply = by_supply or f"x{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    made = (by_supply, slugify(name), slugify(name.replace("/", "-")))
    return {slug[:longest].strip("-") for slug in made if slug}


def _renamed(slug: str, name: str, longest: int, taken: set[str]) -> str:
    """The slug by the new rule, which is added to those that are taken. Former ones are never given away."""
    former, number = _former_slugs(name, longest), ""
    base = slug
    if slug not in former:
        base, _, number = slug.rpartition("-")
        if base not in former or not number.isdecimal():
            return slug
    new = text.slug(name, longest)
    if new in (slug, base):
        return slug
    candidate, count = f"{new}-{number}" if number else new, 1
    while candidate in taken:
        count += 1
        candidate = f"{new[: longest - 7]}-{count}"
    taken.add(candidate)
    return candidate


def _address(apps: Apps, kind: str, pk: int, path: str, slug: str) -> Any:
    return apps.get_model("catalog", "OldAddress")(path=path, slug=slug, **{f"{kind}_id": pk})


def _write(apps: Apps, addresses: list[Any]) -> None:
    """Old addresses; one that a page took over in the meantime leads to where that page is now."""
    known = _all(apps, "OldAddress")
    for start in range(0, len(addresses), BATCH):
        batch = addresses[start : start + BATCH]
        known.filter(path__in=[address.path for address in batch]).delete()
        known.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_old_addresses_of_makes")]

    operations = [
        # Backwards nothing has to be done: former slugs go on being known, and new ones are slugs as well.
        migrations.RunPython(migrate_slugs, migrations.RunPython.noop),
    ]
