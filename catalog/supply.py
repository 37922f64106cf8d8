"""Adding cars and facts to the catalogue, many at once. Existing rows stay as staff made them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, OldAddress, Spec, Variant
from core import text

#: What a fact says and where it comes from: all but which car, kind and source it belongs to.
FACT_FIELDS = (
    "low",
    "high",
    "text",
    "currency",
    "raw",
    "record",
    "model_year",
    "note",
    "source_url",
    "retrieved",
)
_BATCH = 500


@dataclass(frozen=True)
class CarName:
    """What a car is called and told apart by."""

    make: str
    model: str
    trim: str = ""
    body_style: str = BodyStyle.UNKNOWN
    year: int | None = None


def make_slug(name: str) -> str:
    """What names a make in addresses, and tells it from others."""
    return text.slug(name, longest=80)


def model_slug(name: str) -> str:
    """What names a model in addresses, and tells it from others of its make."""
    return text.slug(name, longest=120)


def cars_create(names: Sequence[CarName]) -> list[Variant]:
    """A new variant for each name, in their order; makes and models are created where they are missing.

    Call it in a transaction, with names of cars that the catalogue does not have.
    """
    makes = _makes(names)
    models = _models(names, makes)
    variants = []
    for name in names:
        make = makes[make_slug(name.make)]
        variant = Variant(
            model=models[make.pk, model_slug(name.model)],
            year=name.year,
            body_style=name.body_style,
            trim=name.trim,
        )
        variants.append(variant)
    _name_addresses(variants)
    return Variant.objects.bulk_create(variants, batch_size=_BATCH)


def _makes(names: Iterable[CarName]) -> dict[str, Make]:
    wanted = {make_slug(name.make): name.make for name in names}
    known = Make.objects.in_bulk(list(wanted), field_name="slug")
    new = [Make(name=name, slug=slug) for slug, name in wanted.items() if slug not in known]
    return known | {make.slug: make for make in Make.objects.bulk_create(new)}


def _models(names: Iterable[CarName], makes: dict[str, Make]) -> dict[tuple[int, str], CarModel]:
    wanted = {(makes[make_slug(name.make)].pk, model_slug(name.model)): name for name in names}
    slugs = {slug for _, slug in wanted}
    makes_by_pk = {make.pk: make for make in makes.values()}
    known = {}
    for model in CarModel.objects.filter(make__in=makes_by_pk, slug__in=slugs):
        model.make = makes_by_pk[model.make_id]
        known[model.make_id, model.slug] = model
    new = [
        CarModel(make=makes_by_pk[make], name=name.model, slug=slug)
        for (make, slug), name in wanted.items()
        if (make, slug) not in known
    ]
    return known | {(model.make_id, model.slug): model for model in CarModel.objects.bulk_create(new)}


def _name_addresses(variants: Sequence[Variant]) -> None:
    """Gives each a slug that no other car has or had."""
    wanted = [text.slug(str(variant)) for variant in variants]
    taken = set(Variant.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    taken |= set(OldAddress.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    for variant, first in zip(variants, wanted, strict=True):
        slug, number = first, 1
        while slug in taken or (number > 1 and _is_taken(slug)):
            number += 1
            slug = f"{first}-{number}"
        taken.add(slug)
        variant.slug = slug


def _is_taken(slug: str) -> bool:
    return Variant.objects.filter(slug=slug).exists() or OldAddress.objects.filter(slug=slug).exists()


def facts_write(specs: Iterable[Spec]) -> int:
    """Writes facts, replacing those of the same car, kind and source; returns how many."""
    written = Spec.objects.bulk_create(
        specs,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["variant", "key", "source"],
        update_fields=FACT_FIELDS,
    )
    return len(written)
