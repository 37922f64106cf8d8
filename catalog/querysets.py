"""Every read of the catalogue that is more than one filter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    Expression,
    F,
    Func,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Abs, Coalesce, Concat, Lower

from catalog.search import lookups
from catalog.specs.vocabulary import FACT_WORDS, FUELS, SEPARATOR

if TYPE_CHECKING:
    from catalog.models import CarModel, Make, Spec, Variant  # noqa: F401  # named in the bases below
    from catalog.search.criteria import Criteria

# Cars that stand for all years of their model come last.
NEWEST = F("year").desc(nulls_last=True)
_ORDERS = {
    "name": ("sort_key",),
    "newest": (NEWEST, "sort_key"),
    "oldest": (F("year").asc(nulls_last=True), "sort_key"),
    "power": (F("power").desc(nulls_last=True), "sort_key"),
    "consumption": (F("consumption").asc(nulls_last=True), "sort_key"),
    # Money is never converted: prices in one currency stand together, not among those of another. Without
    # one: no price.
    "price": ("-currency", F("price").asc(nulls_last=True), "sort_key"),
}
_BATCH = 5000
_Named = TypeVar("_Named", "Make", "Variant")


# The models are built on these querysets, so that subqueries over other models look these up in the registry.
def _variants() -> VariantQuerySet:
    return apps.get_model("catalog", "Variant")._default_manager.all()


def _car_models() -> CarModelQuerySet:
    return apps.get_model("catalog", "CarModel")._default_manager.all()


def _facts() -> SpecQuerySet:
    return apps.get_model("catalog", "Spec")._default_manager.all()


def _published(**outer: str) -> VariantQuerySet:
    """Published variants that belong to the row outside, for use in a subquery."""
    of = {field: OuterRef(reference) for field, reference in outer.items()}
    return _variants().published().filter(**of).order_by()


def _number(rows: models.QuerySet[models.Model], aggregate: str = "COUNT", field: str = "pk") -> Subquery:
    """An aggregate in a subquery: a join would sort the whole catalogue by the outer row."""
    value = Func(F(field), function=aggregate, output_field=models.IntegerField())
    return Subquery(rows.annotate(number=value).values("number"))


def _known_as(rows: models.QuerySet[_Named], slugs: Iterable[str]) -> dict[str, _Named]:
    """Rows by their slugs, and by the slugs of addresses that lead to them."""
    wanted = set(slugs)
    found: dict[str, _Named] = {row.slug: row for row in rows.filter(slug__in=wanted)}
    if missing := wanted - found.keys():
        moved = rows.filter(old_addresses__slug__in=missing).annotate(old_slug=F("old_addresses__slug"))
        found |= {row.old_slug: row for row in moved}
    return found


class MakeQuerySet(models.QuerySet["Make"]):
    """Reads of makes."""

    def known_as(self, slugs: Iterable[str]) -> dict[str, Make]:
        """Makes by these slugs, current or former. A second query only where one is unknown."""
        return _known_as(self, slugs)

    def published(self) -> MakeQuerySet:
        """Makes with at least one published variant."""
        return self.filter(Exists(_published(make="pk")))

    def with_counts(self) -> MakeQuerySet:
        """Adds `variant_count` and `model_count`, of what is published; by name."""
        shown = _car_models().published().filter(make=OuterRef("pk")).order_by()
        return self.annotate(
            variant_count=_number(_published(make="pk")), model_count=_number(shown)
        ).order_by(Lower("name"))


class CarModelQuerySet(models.QuerySet["CarModel"]):
    """Reads of models."""

    def published(self) -> CarModelQuerySet:
        """Models with at least one published variant."""
        return self.filter(Exists(_published(model="pk")))

    def with_counts(self) -> CarModelQuerySet:
        """Adds `variant_count`, `first_year` and `last_year`, of what is published; by name."""
        own = _published(model="pk")
        return self.annotate(
            variant_count=_number(own),
            first_year=_number(own, "MIN", "year"),
            last_year=_number(own, "MAX", "year"),
        ).order_by(Lower("make__name"), Lower("name"))

    def with_body(self) -> CarModelQuerySet:
        """Adds `body_style`, that of the newest published variant."""
        newest = _published(model="pk").order_by(NEWEST, "slug")
        return self.annotate(body_style=Subquery(newest.values("body_style")[:1]))


class VariantQuerySet(models.QuerySet["Variant"]):
    """Reads of variants, and what keeps their derived fields true."""

    def published(self) -> VariantQuerySet:
        """Variants that visitors may see."""
        return self.filter(is_published=True)

    def with_names(self) -> VariantQuerySet:
        """Model and make along, so that naming and linking a variant costs no query."""
        return self.select_related("model__make")

    def known_as(self, slugs: Iterable[str]) -> dict[str, Variant]:
        """Variants by these slugs, current or former. A second query only where one is unknown."""
        return _known_as(self, slugs)

    def with_fact_count(self) -> VariantQuerySet:
        """Adds `fact_count`, of all sources."""
        return self.annotate(fact_count=_number(_facts().filter(variant=OuterRef("pk")).order_by()))

    def with_specs(self, keys: Iterable[str] | None = None) -> VariantQuerySet:
        """Specs along, each with its source, the most trusted first; only those of `keys` where given."""
        specs = _facts().select_related("source").order_by("source__rank", "source__slug")
        if keys is not None:
            specs = specs.filter(key__in=list(keys))
        return self.prefetch_related(Prefetch("specs", queryset=specs))

    def with_photos(self) -> VariantQuerySet:
        return self.prefetch_related("photos")

    def meeting(
        self, criteria: Criteria, *, but: Collection[str] = (), broad: bool = False
    ) -> VariantQuerySet:
        """Variants that meet all criteria, except those named `but`. `broad`: its words match thousands."""
        found: VariantQuerySet = self.filter(lookups.condition(criteria.q, broad=broad))
        if criteria.make and "make" not in but:
            found = found.filter(make__slug__in=criteria.make)
        if criteria.model:
            found = found.filter(model__slug__in=criteria.model)
        if criteria.body and "body" not in but:
            found = found.filter(body_style__in=criteria.body)
        if criteria.fuel and "fuel" not in but:
            found = found.with_fuel(criteria.fuel)
        return found._of_years(criteria)

    def _of_years(self, criteria: Criteria) -> VariantQuerySet:
        found = self.filter(year__in=criteria.year) if criteria.year else self
        if criteria.year_min:
            found = found.filter(year__gte=criteria.year_min)
        return found.filter(year__lte=criteria.year_max) if criteria.year_max else found

    def with_fuel(self, fuels: Iterable[str]) -> VariantQuerySet:
        """Variants that some source says run on one of these fuels (names of `specs.vocabulary.FUELS`)."""
        said = Q()
        for name in fuels:
            said |= Q(fuels__contains=f" {name} ")
        return self.filter(said)

    def cells(self) -> models.QuerySet[Variant, tuple[int, str, str, int]]:
        """Counts by make (its key), body style and set of fuels: rows of (make, body, fuels, count)."""
        cells = self.order_by("make", "body_style", "fuels").values_list("make", "body_style", "fuels")
        return cells.annotate(count=Count("pk"))

    def siblings_of(self, variant: Variant) -> VariantQuerySet:
        """Other variants of its model, those of the nearest years first."""
        others = self.filter(model=variant.model_id).exclude(pk=variant.pk)
        if variant.year is None:
            return others.sorted_by("newest")
        return others.order_by(Abs(F("year") - variant.year).asc(nulls_last=True), "sort_key")

    def sorted_by(self, sort: str, q: str = "") -> VariantQuerySet:
        """In the order of a name of `catalog.search.criteria.SORTS`. Cars without what decides come last.

        By name, those come first that a query names by whole words.
        """
        if sort == "name" and q:
            return self.annotate(relevance=lookups.relevance(q)).order_by("-relevance", "sort_key")
        return self.order_by(*_ORDERS[sort])

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As Django's, with what is derived from the names."""
        objs = list(objs)
        for variant in objs:
            variant.follow_names()
        return super().bulk_create(objs, *args, **kwargs)

    def refresh_names(self) -> int:
        """Recomputes the columns derived from names; returns how many rows changed."""
        stale = []
        for variant in self.select_related("make", "model__make"):
            before = [getattr(variant, name) for name in self.model.FROM_NAMES]
            variant.follow_names()
            if before != [getattr(variant, name) for name in self.model.FROM_NAMES]:
                stale.append(variant)
        self.model.objects.bulk_update(stale, self.model.FROM_NAMES, batch_size=500)
        return len(stale)

    def refresh_facts(self) -> int:
        """Brings what is derived from facts up to date, in one query; returns how many rows these are.

        Fuels are those that any source names; elsewhere the most trusted source decides.
        """
        return self.order_by().update(
            fuels=_fuels(),
            fact_words=_fact_words(),
            power=_deciding("power", "high"),
            consumption=_deciding("consumption_combined", "low"),
            price=_deciding("price", "low"),
            currency=Coalesce(_deciding("price", "currency"), Value("")),
        )


class SpecQuerySet(models.QuerySet["Spec"]):
    """Writes of many facts at once; the derived columns of their cars are brought up to date."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        made = super().bulk_create(objs, *args, **kwargs)
        _refresh_facts({spec.variant_id for spec in made})
        return made

    def update(self, **kwargs: Any) -> int:
        cars = self._cars()
        if to := kwargs.get("variant"):
            cars.add(getattr(to, "pk", to))
        count = super().update(**kwargs)
        _refresh_facts(cars)
        return count

    def delete(self) -> tuple[int, dict[str, int]]:
        cars = self._cars()
        deleted = super().delete()
        _refresh_facts(cars)
        return deleted

    def _cars(self) -> set[int]:
        return set(self.order_by().values_list("variant", flat=True))


def _refresh_facts(cars: Iterable[int]) -> None:
    keys = sorted(cars)
    for start in range(0, len(keys), _BATCH):
        _variants().filter(pk__in=keys[start : start + _BATCH]).refresh_facts()


def _specs(key: str) -> models.QuerySet[Spec]:
    """What is said of one kind about the variant outside."""
    return _facts().filter(variant=OuterRef("pk"), key=key)


def _deciding(key: str, column: str) -> Subquery:
    """What the most trusted source says."""
    return Subquery(_specs(key).order_by("source__rank", "source__slug").values(column)[:1])


def _fuels() -> Expression:
    """Words are compared as a whole: "Hybrid" is not a "Plug-in hybrid"."""
    return _listed({name: _said("fuel", f"{SEPARATOR}{word}{SEPARATOR}") for name, word in FUELS.items()})


def _fact_words() -> Expression:
    """What search looks in besides names; the tables' texts are words of `catalog.specs.vocabulary`."""
    return _listed({str(word): _said(key, *texts) for word, (key, *texts) in FACT_WORDS.items()})


def _listed(names: dict[str, Exists]) -> Expression:
    """The names of what is so, each in spaces."""
    return _concatenated(
        [Case(When(is_so, then=Value(f" {name} ")), default=Value("")) for name, is_so in names.items()]
    )


def _concatenated(parts: Sequence[Expression]) -> Expression:
    """Halved again and again: SQLite's parser takes only so many expressions within each other."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    sides = _concatenated(parts[:half]), _concatenated(parts[half:])
    return Concat(*sides, output_field=models.CharField())


def _said(key: str, *texts: str) -> Exists:
    """Whether any source says one of these of the variant outside. A separator stands before and after."""
    said = _specs(key).order_by().annotate(words=Concat(Value(SEPARATOR), "text", Value(SEPARATOR)))
    one_of = Q()
    for text in texts:
        one_of |= Q(words__contains=text)
    return Exists(said.filter(one_of))
