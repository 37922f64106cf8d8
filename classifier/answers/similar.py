"""Cars of the catalogue that look like the one in a photo."""

from __future__ import annotations

from catalog.models import Variant
from classifier.answers.presenter import named_car
from classifier.models import Identification

#: Cars that a page shows.
SHOWN = 4


def similar_cars(row: Identification) -> list[Variant]:
    """The published cars that look most like the photo's, the nearest first, without the one it is named.

    Two queries.

    Empty where the photo shows no car from outside, or its answer is older than this list.
    """
    if row.scene != row.Scene.EXTERIOR:
        return []
    named = named_car(row)
    slugs = [one["slug"] for one in row.similar if named is None or one["slug"] != named.slug]
    if not slugs:
        return []
    found = Variant.objects.published().with_names().with_photos().known_as(slugs)
    return [found[slug] for slug in slugs if slug in found and found[slug] != named][:SHOWN]
