"""Loading the seed: complete, idempotent, and careful with what staff did."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from pytest_django import DjangoAssertNumQueries

from catalog.exceptions import SeedError
from catalog.models import CarModel, Make, Source, Spec, Variant
from catalog.seed import files
from catalog.seed.load import catalog_load
from catalog.specs.units import range_to_si


def _everything() -> list[list[tuple]]:
    return [
        list(model.objects.order_by("pk").values_list()) for model in (Make, CarModel, Variant, Source, Spec)
    ]


@pytest.mark.usefixtures("catalog_seed")
def test_the_whole_seed_is_there_with_provenance_for_every_fact() -> None:
    assert Variant.objects.published().count() == 201
    assert Spec.objects.count() > 3000
    incomplete = Q(raw="") | Q(record="") | Q(source__url="") | Q(source__licence="")
    assert not Spec.objects.filter(incomplete).exists()
    assert not Spec.objects.filter(source__slug="epa", source_url="").exists()
    assert not Spec.objects.filter(low__isnull=True, text="").exists()
    prices = Spec.objects.filter(key="price").values_list("source__slug", "currency").distinct()
    assert set(prices.order_by()) == {("features-msrp", "USD"), ("india-variants", "INR")}


@pytest.mark.usefixtures("catalog_seed")
def test_figures_are_stored_in_si() -> None:
    car = Variant.objects.get(slug="audi-tt-rs-coupe-2012")
    power, consumption = car.specs.get(key="power"), car.specs.get(key="consumption_combined")
    assert power.low == power.high == pytest.approx(360 * 745.6998715822702)
    assert consumption.low == range_to_si(20, 20, "mpg")[0]
    assert car.specs.get(key="displacement").low == pytest.approx(0.0025)


@pytest.mark.usefixtures("catalog_seed")
def test_a_second_load_changes_nothing(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    before = _everything()
    with django_assert_max_num_queries(13):
        loaded = catalog_load()
    assert (loaded.new_variants, loaded.new_specs, loaded.changed_specs, loaded.removed_specs) == (0, 0, 0, 0)
    assert _everything() == before


@pytest.mark.usefixtures("catalog_seed")
def test_what_staff_changed_stays() -> None:
    car = Variant.objects.get(slug="audi-a5-coupe-2012")
    Variant.objects.filter(pk=car.pk).update(is_published=False, trim="S line")
    Make.objects.filter(slug="audi").update(name="Audi AG", aliases=["Vorsprung"])
    Source.objects.filter(slug="epa").update(rank=99)
    own = Source.objects.create(slug="staff", name="Staff", rank=1)
    Spec.objects.create(variant=car, key="power", low=1, high=1, source=own, retrieved=date(2026, 1, 1))
    catalog_load()
    car.refresh_from_db()
    assert (car.is_published, car.trim, car.model.make.name) == (False, "S line", "Audi AG")
    assert Source.objects.get(slug="epa").rank == 99
    assert car.specs.filter(source=own).count() == 1


@pytest.mark.usefixtures("catalog_seed")
def test_facts_of_the_seeds_own_sources_are_made_equal_to_the_seed() -> None:
    car = Variant.objects.get(slug="audi-a5-coupe-2012")
    epa = Source.objects.get(slug="epa")
    Spec.objects.filter(variant=car, key="displacement", source=epa).update(low=9, high=9)
    Spec.objects.filter(variant=car, key="cylinders", source=epa).delete()
    Spec.objects.create(variant=car, key="torque", low=1, high=1, source=epa, retrieved=date(2026, 1, 1))
    loaded = catalog_load()
    assert (loaded.new_specs, loaded.changed_specs, loaded.removed_specs) == (1, 1, 1)
    assert car.specs.get(key="displacement").low == pytest.approx(0.002)
    assert not car.specs.filter(key="torque").exists()


@pytest.mark.usefixtures("catalog_seed")
def test_what_was_deleted_comes_back_and_search_text_is_mended() -> None:
    Variant.objects.filter(slug="audi-a5-coupe-2012").delete()
    Variant.objects.filter(slug="audi-s5-coupe-2012").update(search_text="")
    assert catalog_load().new_variants == 1
    assert " audi " in Variant.objects.get(slug="audi-s5-coupe-2012").search_text


@pytest.fixture
def broken_seed(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of the seed with lines of `facts.jsonl` replaced."""

    def copy(text: str) -> Path:
        shutil.copytree(files.FOLDER, tmp_path, dirs_exist_ok=True)
        (tmp_path / files.FACTS).write_text(text)
        return tmp_path

    return copy


@pytest.mark.django_db
def test_a_seed_that_contradicts_itself_changes_nothing(broken_seed: Callable[[str], Path]) -> None:
    folder = broken_seed('{"slug":"no-such-car","source":"epa","record":"x","facts":[]}\n')
    with pytest.raises(SeedError, match="no-such-car"):
        catalog_load(folder=folder)
    assert not Variant.objects.exists()
    assert not Source.objects.exists()


@pytest.mark.django_db
def test_a_missing_seed_gets_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = lambda: catalog_load(folder=tmp_path)  # noqa: E731
    monkeypatch.setattr("catalog.management.commands.load_catalog.catalog_load", load)
    with pytest.raises(CommandError, match=r"variants\.csv can't be read"):
        call_command("load_catalog")


@pytest.mark.django_db
def test_the_command_says_in_one_line_what_it_did(capsys: pytest.CaptureFixture) -> None:
    call_command("load_catalog")
    assert capsys.readouterr().out.startswith("Catalogue: 201 variants (201 new), 3")


@pytest.mark.usefixtures("catalog_seed")
def test_names_read_as_people_say_them() -> None:
    names = {variant.slug: str(variant) for variant in Variant.objects.with_names()}
    assert names["audi-a5-coupe-2012"] == "Audi A5 Coupe 2012"
    assert (
        names["chevrolet-silverado-1500-hybrid-crew-cab-2012"]
        == "Chevrolet Silverado 1500 Hybrid Crew Cab 2012"
    )
    assert names["jaguar-xk-xkr-2012"] == "Jaguar XKR Coupe 2012"
    assert names["ram-c-v-cargo-van-minivan-2012"] == "Ram C/V Cargo Van 2012"
    assert names["infiniti-g-coupe-ipl-2012"] == "Infiniti G IPL Coupe 2012"
    assert len(set(names.values())) == 201
