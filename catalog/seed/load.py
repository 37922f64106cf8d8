"""Every write of the catalogue that is more than one save().

`catalog_load` brings the committed seed into the database. What belongs to whom:

- Makes, models and variants are created where they are missing and never touched again: names, trims,
  published state and whatever else staff change stay as staff left them. A variant is known by its slug.
- Facts of the seed's own sources are the seed's: they are made equal to it, also by removing what it no
  longer holds. Facts of any other source are left alone, so staff correct a figure by adding theirs under a
  source of their own with a lower rank, which comes first on pages.
- Sources are created where they are missing; their rank stays as staff set it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from catalog.exceptions import SeedError
from catalog.models import CarModel, Make, OldAddress, Source, Spec, Variant
from catalog.seed import files
from catalog.seed.files import FactLine, SeedVariant
from catalog.specs.units import range_to_si
from catalog.specs.vocabulary import SEPARATOR
from catalog.supply import FACT_FIELDS, facts_write, make_slug, model_slug


@dataclass(frozen=True)
class Loaded:
    """What a load changed."""

    variants: int
    new_variants: int
    specs: int
    new_specs: int
    changed_specs: int
    removed_specs: int

    def __str__(self) -> str:
        return (
            f"Catalogue: {self.variants} variants ({self.new_variants} new), {self.specs} facts "
            f"({self.new_specs} new, {self.changed_specs} changed, {self.removed_specs} removed)."
        )


@transaction.atomic
def catalog_load(*, folder: Path = files.FOLDER) -> Loaded:
    """Brings the seed of `folder` into the database; a second run changes nothing.

    Raises SeedError where the seed is missing or contradicts itself; then nothing is changed.
    """
    cars = files.variants(folder)
    sources = _sources_create(files.sources(folder))
    new = _variants_create(cars, files.aliases(folder))
    slugs = {car.slug for car in cars}
    variants = {slug: variant.pk for slug, variant in Variant.objects.known_as(slugs).items()}
    merged = dict(OldAddress.objects.filter(slug__in=slugs).values_list("slug", "variant"))
    wanted = {}
    for line in files.facts(folder):
        if line["slug"] not in variants or line["source"] not in sources:
            raise SeedError(
                f"The facts speak of {line['slug']} from {line['source']}, which the seed does not know."
            )
        for spec in _specs(line, variants[line["slug"]], sources[line["source"]]):
            # Of a car that was merged into another, that one has what it has no fact of its own for.
            if line["slug"] not in merged or _identity(spec) not in wanted:
                wanted[_identity(spec)] = spec
    created, changed, removed = _specs_replace(wanted, [source.pk for source, _ in sources.values()])
    Variant.objects.filter(pk__in=variants.values()).refresh_names()
    return Loaded(len(cars), new, len(wanted), created, changed, removed)


def _sources_create(rows: Iterable[dict[str, str]]) -> dict[str, tuple[Source, date]]:
    found = {}
    for row in rows:
        defaults = {name: row[name] for name in ("name", "url", "licence")} | {"rank": int(row["rank"])}
        source, _ = Source.objects.get_or_create(slug=row["slug"], defaults=defaults)
        found[row["slug"]] = source, date.fromisoformat(row["retrieved"])
    return found


def _variants_create(cars: Iterable[SeedVariant], aliases: dict[str, list[str]]) -> int:
    """Creates what is missing; returns how many variants that were."""
    existing = Variant.objects.known_as(car.slug for car in cars)
    missing = [car for car in cars if car.slug not in existing]
    names = dict.fromkeys(car.make for car in missing)
    new_makes = [Make(name=name, slug=make_slug(name), aliases=aliases.get(name, [])) for name in names]
    Make.objects.bulk_create(new_makes, ignore_conflicts=True)
    makes = Make.objects.in_bulk(field_name="slug")
    pairs = dict.fromkeys((make_slug(car.make), car.model) for car in missing)
    new_models = [CarModel(make=makes[make], name=name, slug=model_slug(name)) for make, name in pairs]
    CarModel.objects.bulk_create(new_models, ignore_conflicts=True)
    models = {(model.make_id, model.slug): model for model in CarModel.objects.all()}
    Variant.objects.bulk_create(
        Variant(
            model=models[makes[make_slug(car.make)].pk, model_slug(car.model)],
            year=car.year,
            body_style=car.body_style,
            body_detail=car.body_detail,
            trim=car.trim,
            slug=car.slug,
        )
        for car in missing
    )
    return len(missing)


def _specs(line: FactLine, variant_id: int, source: tuple[Source, date]) -> Iterable[Spec]:
    """The rows of one line of the seed, in SI units."""
    for fact in line["facts"]:
        low = high = None
        unit = fact.get("unit", "")
        if "low" in fact:
            low, high = range_to_si(fact["low"], fact.get("high", fact["low"]), unit)
        yield Spec(
            variant_id=variant_id,
            key=fact["key"],
            low=low,
            high=high,
            text=fact.get("text", ""),
            currency=unit if fact["key"] == "price" else "",
            raw=fact["raw"],
            record=line["record"],
            model_year=line.get("year"),
            note=_joined(line.get("note", ""), fact.get("note", "")),
            source=source[0],
            source_url=line.get("url", ""),
            retrieved=source[1],
        )


def _joined(*notes: str) -> str:
    return SEPARATOR.join(note for note in notes if note)


def _identity(spec: Spec) -> tuple[int, str, int]:
    return spec.variant_id, spec.key, spec.source_id


def _specs_replace(wanted: dict[tuple[int, str, int], Spec], source_ids: list[int]) -> tuple[int, int, int]:
    """Makes the facts of these sources equal to `wanted`; counts those created, changed and removed."""
    existing = {_identity(spec): spec for spec in Spec.objects.filter(source__in=source_ids)}
    new = [spec for identity, spec in wanted.items() if identity not in existing]
    changed = []
    for identity in wanted.keys() & existing.keys():
        old, spec = existing[identity], wanted[identity]
        if any(getattr(old, name) != getattr(spec, name) for name in FACT_FIELDS):
            changed.append(spec)
    gone = [spec.pk for identity, spec in existing.items() if identity not in wanted]
    Spec.objects.filter(pk__in=gone).delete()
    facts_write([*new, *changed])
    return len(new), len(changed), len(gone)
