"""Small catalogues that say what a test is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from catalog.models import CarModel, Make, Source, Spec, Variant
from catalog.specs.vocabulary import SPECS
from catalog.supply import make_slug, model_slug
from core.text import slug


@pytest.fixture
def source(db: None) -> Source:
    """The most trusted source."""
    return Source.objects.create(
        slug="best", name="Best table", url="https://example.org/t", licence="Free", rank=1
    )


@pytest.fixture
def other_source(db: None) -> Source:
    """A source that is trusted less."""
    return Source.objects.create(slug="second", name="Second table", rank=2)


@pytest.fixture
def add_variant(db: None) -> Callable[..., Variant]:
    """`add_variant("Audi", "A5", 2012, body_style="coupe")`."""

    def add(make: str, model: str, year: int | None, **fields: Any) -> Variant:
        aliases = fields.pop("aliases", [])
        found, _ = Make.objects.get_or_create(
            slug=make_slug(make), defaults={"name": make, "aliases": aliases}
        )
        car_model, _ = CarModel.objects.get_or_create(
            make=found, slug=model_slug(model), defaults={"name": model}
        )
        words = [make, model, fields.get("trim", ""), fields.get("body_style", ""), str(year or "")]
        fields.setdefault("slug", slug(" ".join(words)))
        return Variant.objects.create(model=car_model, year=year, **fields)

    return add


@pytest.fixture
def add_spec(source: Source) -> Callable[..., Spec]:
    """`add_spec(variant, "power", 100e3)`, `add_spec(variant, "fuel", text="Petrol")`."""

    def add(
        variant: Variant, key: str, low: float | None = None, high: float | None = None, **fields: Any
    ) -> Spec:
        assert key in SPECS
        defaults = {"source": source, "raw": f"{key} as written", "retrieved": date(2026, 11, 21)}
        return Spec.objects.create(
            variant=variant, key=key, low=low, high=low if high is None else high, **(defaults | fields)
        )

    return add
