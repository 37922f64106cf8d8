"""Queries of links and programs that know a make or a model by the slug that it had before."""

from __future__ import annotations

from dataclasses import replace

from catalog.models import OldAddress
from catalog.search.criteria import Criteria


def with_current_slugs(criteria: Criteria) -> Criteria:
    """The same with the slugs that makes and models have now. One query where it names any, none elsewhere.

    A make gives its slug away for good. A model of another make may have the same one: then both are meant.
    """
    asked = [*criteria.make, *criteria.model]
    if not asked:
        return criteria
    former = OldAddress.objects.filter(slug__in=asked, variant=None).order_by()
    makes: dict[str, str] = {}
    models: list[str] = []
    for slug, make, model in former.values_list("slug", "make__slug", "model__slug"):
        if make and slug in criteria.make:
            makes[slug] = make
        elif model and slug in criteria.model:
            models.append(model)
    if not makes and not models:
        return criteria
    return replace(
        criteria,
        make=tuple(dict.fromkeys(makes.get(slug, slug) for slug in criteria.make)),
        model=tuple(dict.fromkeys([*criteria.model, *models])),
    )
