"""A page of the list of cars: what was found, its facets, and suggestions where nothing was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.paginator import Page

from catalog.models import CarModel, Make, Variant
from catalog.querysets import VariantQuerySet
from catalog.search import words
from catalog.search.criteria import Criteria
from catalog.search.facets import Chip, Facet, Tally, years
from catalog.search.former_slugs import with_current_slugs
from catalog.search.paging import LongPaginator
from catalog.specs.sheet import HEADLINES
from core.text import fold

PAGE_SIZE = 24
#: Of more cars than this, words have said too little to put any first, and reading the names of all would
#: take longest of all.
MOST_RANKED = 5000


@dataclass(frozen=True)
class Listing:
    """`criteria` are those in effect: where `instead_of` is set, its words were replaced by known ones.

    Where nothing is found, `suggestions` are names that look like the query, `unfiltered` counts what the
    query alone would find, and `advice` says what to do.
    """

    criteria: Criteria
    page: Page[Variant]
    facets: list[Facet]
    years: list[int]
    chips: list[Chip]
    instead_of: str = ""
    suggestions: Sequence[str] = ()
    unfiltered: int = 0
    advice: str = ""


def browse(criteria: Criteria, page: str | None) -> Listing:
    """The list for these criteria, in a constant number of queries. A page out of range is the nearest."""
    variants = Variant.objects.published()
    criteria = with_current_slugs(criteria)
    asked, unfiltered = criteria.q, 0
    suggestions: list[str] = []
    tally = Tally.take(variants, criteria)
    if criteria.q and not tally.total:
        unfiltered = variants.meeting(Criteria(q=criteria.q)).count()
        if not unfiltered:
            names = known_names()
            suggestions = words.nearest_names(asked, names)
            criteria = _corrected(criteria, names, variants)
            tally = Tally.take(variants, criteria)
    broad = tally.total > MOST_RANKED
    found = variants.meeting(criteria, broad=broad).sorted_by(criteria.sort, "" if broad else criteria.q)
    shown = found.with_names().with_specs(HEADLINES).with_photos()
    return Listing(
        criteria=criteria,
        page=LongPaginator(shown, PAGE_SIZE, count=tally.total).get_page(page),
        facets=tally.facets(),
        years=years(variants),
        chips=tally.chips(),
        instead_of=asked if criteria.q != asked else "",
        suggestions=suggestions,
        unfiltered=unfiltered,
        advice="" if tally.total else advice(criteria.q),
    )


def advice(query: str) -> str:
    """What to do where nothing is found."""
    if not query:
        return "No car matches all of these filters. Leave one out."
    if not words.typed_words(query):
        return (
            f"“{query}” has no letter or digit, and cars are found by words. Type a make, a model, a year or "
            "what it runs on, such as “audi a5”, “2012” or “diesel suv”."
        )
    return "No car has all of these words. Try fewer of them, such as a make alone, or another spelling."


def meant(criteria: Criteria, variants: VariantQuerySet) -> Criteria:
    """For programs, who know how to spell: the criteria with words of other scripts as cars are called.

    No query where all letters are Latin ones.
    """
    if criteria.q.isascii() or variants.meeting(Criteria(q=criteria.q)).exists():
        return criteria
    return _corrected(criteria, known_names(), variants)


def find(query: str, limit: int) -> tuple[list[Variant], str]:
    """The first cars for a query, and the query that found them where its words had to be replaced."""
    variants = Variant.objects.published()
    criteria = Criteria(q=query)
    if not variants.meeting(criteria).exists():
        criteria = _corrected(criteria, known_names(), variants)
    found = variants.meeting(criteria).sorted_by("name", criteria.q).with_names()
    return list(LongPaginator(found, limit, count=limit).page(1)), criteria.q if criteria.q != query else ""


def known_names() -> dict[str, str]:
    """Names of makes, in all ways people call them, and of models; each with its plain words."""
    makes = Make.objects.published().values_list("name", "aliases")
    models = CarModel.objects.published().order_by().values_list("name", "slug")
    names = {name: fold(name) for make, aliases in makes for name in (make, *aliases)}
    # A slug has the words already: thousands of names take long to fold.
    return {name: slug.replace("-", " ") for name, slug in models} | names


def _corrected(criteria: Criteria, names: dict[str, str], variants: VariantQuerySet) -> Criteria:
    """The criteria with the nearest known words, if those find anything at all."""
    nearest = words.corrected(criteria.q, names.values())
    if nearest and variants.meeting(Criteria(q=nearest)).exists():
        return replace(criteria, q=nearest)
    return criteria
