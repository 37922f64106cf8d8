"""Every read of the catalogue that is more than one filter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Concat, Lower

from catalog import search
from catalog.specs import FUELS, SEPARATOR

if TYPE_CHECKING:
    from catalog.criteria import Criteria
    from catalog.models import CarModel, Make, Spec, Variant  # noqa: F401  # named in the bases below

# Cars that stand for all years of their model come last.
NEWEST = F("year").desc(nulls_last=True)
# Sort → the number that decides, and whether its highest value comes first.
_SORT_SPECS = {
    "power": ("power", True),
    "consumption": ("consumption_combined", False),
    "price": ("price", False),
}


class MakeQuerySet(models.QuerySet["Make"]):
    """Reads of makes."""

    def published(self) -> MakeQuerySet:
        """Makes with at least one published variant."""
        own = self.model.objects.filter(pk=OuterRef("pk"), models__variants__is_published=True)
        return self.filter(Exists(own))

    def with_counts(self) -> MakeQuerySet:
        """Adds `variant_count` and `model_count`, of what is published; by name."""
        shown = Q(models__variants__is_published=True)
        return self.annotate(
            variant_count=Count("models__variants", filter=shown, distinct=True),
            model_count=Count("models", filter=shown, distinct=True),
        ).order_by(Lower("name"))


class CarModelQuerySet(models.QuerySet["CarModel"]):
    """Reads of models."""

    def published(self) -> CarModelQuerySet:
        """Models with at least one published variant."""
        own = self.model.objects.filter(pk=OuterRef("pk"), variants__is_published=True)
        return self.filter(Exists(own))

    def with_counts(self) -> CarModelQuerySet:
        """Adds `variant_count`, `first_year` and `last_year`, of what is published; by name."""
        shown = Q(variants__is_published=True)
        return self.annotate(
            variant_count=Count("variants", filter=shown),
            first_year=Min("variants__year", filter=shown),
            last_year=Max("variants__year", filter=shown),
        ).order_by(Lower("make__name"), Lower("name"))


class VariantQuerySet(models.QuerySet["Variant"]):
    """Reads of variants."""

    def published(self) -> VariantQuerySet:
        """Variants that visitors may see."""
        return self.filter(is_published=True)

    def with_names(self) -> VariantQuerySet:
        """Model and make along, so that naming and linking a variant costs no query."""
        return self.select_related("model__make")

    def known_as(self, slugs: Iterable[str]) -> dict[str, Variant]:
        """Variants by these slugs, also by those that they had before a merge. A second query only where one is unknown."""
        wanted = set(slugs)
        found = {variant.slug: variant for variant in self.filter(slug__in=wanted)}
        if missing := wanted - found.keys():
            moved = self.filter(old_addresses__slug__in=missing).annotate(old_slug=F("old_addresses__slug"))
            found |= {variant.old_slug: variant for variant in moved}  # type: ignore[attr-defined]  # annotated
        return found

    def with_specs(self, keys: Iterable[str] | None = None) -> VariantQuerySet:
        """Specs along, each with its source, the most trusted first; only those of `keys` where given."""
        specs = self._specs().select_related("source").order_by("source__rank", "source__slug")
        if keys is not None:
            specs = specs.filter(key__in=list(keys))
        return self.prefetch_related(Prefetch("specs", queryset=specs))

    def with_photos(self) -> VariantQuerySet:
        """Photos along."""
        return self.prefetch_related("photos")

    def meeting(self, criteria: Criteria, *, but: str = "") -> VariantQuerySet:
        """Variants that meet all criteria; all but the one named `but`, which is what its facet counts."""
        found: VariantQuerySet = self.filter(search.condition(criteria.q))
        for name, lookup in (("make", "model__make__slug"), ("model", "model__slug"), ("body", "body_style")):
            if (values := getattr(criteria, name)) and but != name:
                found = found.filter(**{f"{lookup}__in": values})
        if criteria.fuel and but != "fuel":
            found = found.with_fuel(criteria.fuel)
        if but != "year":
            found = found._of_years(criteria)
        return found

    def _of_years(self, criteria: Criteria) -> VariantQuerySet:
        found = self.filter(year__in=criteria.year) if criteria.year else self
        if criteria.year_min:
            found = found.filter(year__gte=criteria.year_min)
        return found.filter(year__lte=criteria.year_max) if criteria.year_max else found

    def with_fuel(self, fuels: Iterable[str]) -> VariantQuerySet:
        """Variants that some source says run on one of these fuels (names of `catalog.specs.FUELS`)."""
        return self.filter(Exists(self._specs_of_fuel(fuels)))

    def fuel_counts(self) -> dict[str, int]:
        """How many of these variants run on each fuel; one query."""
        cars: dict[str, set[int]] = {word: set() for word in FUELS.values()}
        found = self.order_by().values("pk")
        # Counting here is cheaper than seven subqueries: a few words for each car, and sources often agree.
        said = self._specs().filter(key="fuel", variant__in=found).values_list("variant", "text").distinct()
        for car, text in said.order_by():
            for word in text.split(SEPARATOR):
                cars.setdefault(word, set()).add(car)
        return {name: len(cars[word]) for name, word in FUELS.items()}

    def sorted_by(self, sort: str, q: str = "") -> VariantQuerySet:
        """In the order of a name of `catalog.criteria.SORTS`. Cars without what decides come last.

        By name, those come first that a query names by whole words.
        """
        names = (Lower("model__make__name"), Lower("model__name"), NEWEST, "slug")
        if sort == "name" and q:
            return self.annotate(relevance=search.relevance(q)).order_by("-relevance", *names)
        if sort == "newest":
            return self.order_by(NEWEST, *names)
        if sort == "oldest":
            return self.order_by(F("year").asc(nulls_last=True), *names)
        if sort not in _SORT_SPECS:
            return self.order_by(*names)
        key, highest = _SORT_SPECS[sort]
        end = "high" if highest else "low"
        first = self._specs().filter(variant=OuterRef("pk"), key=key).order_by("source__rank", "source__slug")
        decides = F("deciding_fact")
        order = decides.desc(nulls_last=True) if highest else decides.asc(nulls_last=True)
        found = self.annotate(deciding_fact=Subquery(first.values(end)[:1]))
        if key == "price":
            # Money is never converted: prices in one currency stand together, not among those of another.
            found = found.annotate(currency=Subquery(first.values("currency")[:1]))
            return found.order_by(F("currency").desc(nulls_last=True), order, *names)
        return found.order_by(order, *names)

    def refresh_search_text(self) -> int:
        """Brings `search_text` up to date where names have changed; returns how many rows that were."""
        stale = []
        for variant in self.select_related("model__make"):
            text = search.search_text(variant)
            if text != variant.search_text:
                variant.search_text = text
                stale.append(variant)
        self.model.objects.bulk_update(stale, ["search_text"], batch_size=500)
        return len(stale)

    def _specs(self) -> models.QuerySet[Spec]:
        from catalog.models import Spec

        return Spec.objects.all()

    def _specs_of_fuel(self, fuels: Iterable[str]) -> models.QuerySet[Spec]:
        """Words are compared as a whole: "Hybrid" is not a "Plug-in hybrid"."""
        said = Q()
        for name in fuels:
            said |= Q(words__contains=f"{SEPARATOR}{FUELS[name]}{SEPARATOR}")
        words = Concat(Value(SEPARATOR), "text", Value(SEPARATOR))
        return self._specs().filter(variant=OuterRef("pk"), key="fuel").annotate(words=words).filter(said)
