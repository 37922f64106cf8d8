"""Two entries for one car made one, and two again: what moves, where old addresses lead, what returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.exceptions import MergeRefused
from catalog.merging import merge_undo, model_merge, path_of, variant_merge
from catalog.models import CarModel, OldAddress, Source, Spec, Variant
from catalog.seed.load import catalog_load

pytestmark = pytest.mark.django_db
AddVariant = Callable[..., Variant]
AddSpec = Callable[..., Spec]


@pytest.fixture
def pair(add_variant: AddVariant) -> tuple[Variant, Variant]:
    """Two entries for one car."""
    return (
        add_variant("Audi", "A5", 2012, body_style="coupe"),
        add_variant("Audi", "A5", 2012, body_style="coupe", slug="audi-a5-2012-again"),
    )


def _state() -> list[Any]:
    return [
        list(Variant.objects.order_by("pk").values_list("pk", "slug", "model", "search_text")),
        list(Spec.objects.order_by("pk").values_list("pk", "variant", "key", "low", "source", "raw")),
        list(CarModel.objects.order_by("pk").values_list("pk", "name", "slug")),
        list(OldAddress.objects.values_list("path", "variant", "model")),
    ]


def test_a_merged_cars_address_leads_to_the_kept_one_for_good(
    client: Client, pair: tuple[Variant, Variant]
) -> None:
    keep, gone = pair
    old = gone.get_absolute_url()
    variant_merge(keep=keep, gone=gone)
    answer = client.get(old)
    assert (answer.status_code, answer.headers["Location"]) == (301, keep.get_absolute_url())
    assert client.get(keep.get_absolute_url()).status_code == 200
    assert client.get(old.replace("again", "never")).status_code == 404


def test_programs_and_models_know_a_merged_car_by_its_old_slug(
    client: Client, pair: tuple[Variant, Variant]
) -> None:
    keep, gone = pair
    slug = gone.slug
    variant_merge(keep=keep, gone=gone)
    assert client.get(f"/api/v1/variants/{slug}/").json()["slug"] == keep.slug
    assert client.get("/api/v1/variants/nothing/").status_code == 404
    assert Variant.objects.known_as([slug, keep.slug, "nothing"]) == {slug: keep, keep.slug: keep}


def test_facts_move_and_where_both_have_one_of_a_source_that_of_the_kept_stays(
    pair: tuple[Variant, Variant], add_spec: AddSpec, other_source: Source
) -> None:
    keep, gone = pair
    add_spec(keep, "power", 100e3)
    add_spec(gone, "power", 120e3)
    add_spec(gone, "power", 130e3, source=other_source)
    add_spec(gone, "torque", 300)
    variant_merge(keep=keep, gone=gone)
    facts = {(spec.key, spec.source.slug, spec.low) for spec in keep.specs.all()}
    assert facts == {("power", "best", 100e3), ("power", "second", 130e3), ("torque", "best", 300)}
    assert not Variant.objects.filter(slug=gone.slug).exists()


def test_a_merge_undone_leaves_no_trace(
    client: Client, pair: tuple[Variant, Variant], add_spec: AddSpec, other_source: Source
) -> None:
    keep, gone = pair
    add_spec(keep, "power", 100e3)
    add_spec(gone, "power", 120e3)
    add_spec(gone, "torque", 300, source=other_source)
    before = _state()
    record = variant_merge(keep=keep, gone=gone)
    assert _state() != before
    merge_undo(record=record)
    assert _state() == before
    assert client.get(gone.get_absolute_url()).status_code == 200


def test_an_address_follows_two_merges(
    client: Client, pair: tuple[Variant, Variant], add_variant: AddVariant
) -> None:
    keep, gone = pair
    last = add_variant("Audi", "A5", 2012, body_style="coupe", slug="audi-a5-2012-last")
    variant_merge(keep=keep, gone=gone)
    variant_merge(keep=last, gone=keep)
    for car in (keep, gone):
        assert client.get(car.get_absolute_url()).headers["Location"] == last.get_absolute_url()


def test_a_car_that_came_back_can_be_merged_again(
    client: Client, pair: tuple[Variant, Variant], add_variant: AddVariant
) -> None:
    keep, gone = pair
    old, slug = gone.get_absolute_url(), gone.slug
    variant_merge(keep=keep, gone=gone)
    back = add_variant("Audi", "A5", 2012, body_style="coupe", slug=slug)
    assert client.get(old).status_code == 200
    variant_merge(keep=keep, gone=back)
    assert client.get(old)["Location"] == keep.get_absolute_url()
    assert OldAddress.objects.count() == 1


def test_a_merge_undone_gives_back_the_address_of_an_earlier_one(
    client: Client, pair: tuple[Variant, Variant], add_variant: AddVariant
) -> None:
    keep, gone = pair
    variant_merge(keep=keep, gone=gone)
    back = add_variant("Audi", "A5", 2012, body_style="coupe", slug=gone.slug)
    before = _state()
    merge_undo(record=variant_merge(keep=add_variant("Audi", "A5", 2013, body_style="coupe"), gone=back))
    Variant.objects.get(slug="audi-a5-coupe-2013").delete()
    assert _state() == before


def test_models_that_part_again_give_back_the_addresses_of_earlier_merges(add_variant: AddVariant) -> None:
    kept = add_variant("Ford", "F-150", 2012, body_style="pickup")
    moved = add_variant("Ford", "F150 Pickup", 2013, body_style="pickup")
    OldAddress.objects.create(path=path_of(moved), variant=kept, slug=moved.slug)
    before = _state()
    merge_undo(record=model_merge(keep=kept.model, gone=moved.model))
    assert _state() == before


def test_merges_in_a_circle_end_at_the_car_that_is_there(
    client: Client, pair: tuple[Variant, Variant], add_variant: AddVariant
) -> None:
    keep, gone = pair
    first, second = keep.get_absolute_url(), gone.get_absolute_url()
    variant_merge(keep=keep, gone=gone)
    back = add_variant("Audi", "A5", 2012, body_style="coupe", slug=gone.slug)
    variant_merge(keep=back, gone=keep)
    assert client.get(first)["Location"] == second
    assert client.get(second).status_code == 200


def test_models_merge_with_all_their_cars_and_addresses(client: Client, add_variant: AddVariant) -> None:
    kept = add_variant("Ford", "F-150", 2012, body_style="pickup")
    moved = add_variant("Ford", "F150 Pickup", 2013, body_style="pickup")
    old_page, old_model = moved.get_absolute_url(), moved.model.get_absolute_url()
    before = _state()
    record = model_merge(keep=kept.model, gone=moved.model)
    moved = Variant.objects.with_names().get(pk=moved.pk)
    assert str(moved) == "Ford F-150 Pickup 2013"
    assert client.get(old_page).headers["Location"] == moved.get_absolute_url()
    assert client.get(old_model).headers["Location"] == kept.model.get_absolute_url()
    assert Variant.objects.filter(search_text__contains=" f150 ").count() == 2
    merge_undo(record=record)
    assert _state() == before


def test_a_car_that_came_back_after_a_merge_can_move_with_its_model(
    client: Client, add_variant: AddVariant
) -> None:
    kept = add_variant("Ford", "F-150", 2012, body_style="pickup")
    moved = add_variant("Ford", "F150 Pickup", 2013, body_style="pickup")
    old = moved.get_absolute_url()
    OldAddress.objects.create(path=path_of(moved), variant=kept, slug=moved.slug)
    model_merge(keep=kept.model, gone=moved.model)
    moved = Variant.objects.with_names().get(pk=moved.pk)
    assert client.get(old).headers["Location"] == moved.get_absolute_url()


def test_what_is_one_already_or_of_another_make_is_not_merged(
    pair: tuple[Variant, Variant], add_variant: AddVariant
) -> None:
    keep, _ = pair
    with pytest.raises(MergeRefused):
        variant_merge(keep=keep, gone=keep)
    with pytest.raises(MergeRefused):
        model_merge(keep=keep.model, gone=add_variant("BMW", "X5", 2012).model)


def test_loading_the_seed_again_does_not_bring_a_merged_car_back(catalog_seed: None) -> None:
    keep, gone = Variant.objects.filter(model__make__slug="audi", specs__isnull=False).distinct()[:2]
    slug, facts = gone.slug, Spec.objects.filter(variant=keep).count()
    record = variant_merge(keep=keep, gone=gone)
    merged = Spec.objects.filter(variant=keep).count()
    assert merged >= facts
    loaded = catalog_load()
    assert (loaded.new_variants, loaded.new_specs, loaded.removed_specs) == (0, 0, 0)
    assert not Variant.objects.filter(slug=slug).exists()
    assert Spec.objects.filter(variant=keep).count() == merged
    merge_undo(record=record)
    assert catalog_load().removed_specs == 0
    assert Variant.objects.filter(slug=slug).exists()
