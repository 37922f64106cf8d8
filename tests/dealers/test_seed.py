"""The cities and demonstration dealers that ship with the project."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from django.core.management import call_command

from catalog.models import Make
from dealers import seed
from dealers.models import City, Dealer
from dealers.regions import COUNTRIES


def rows(name):
    with (seed.DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_of_cities_is_long_sound_and_free_of_duplicates():
    cities = rows("cities.csv")
    assert len(cities) >= 250
    assert len({(row["name"], row["region"], row["country"]) for row in cities}) == len(cities)
    assert {row["country"] for row in cities} <= set(COUNTRIES)
    for row in cities:
        assert -90 <= float(row["latitude"]) <= 90, row
        assert -180 <= float(row["longitude"]) <= 180, row
        assert 10_000 <= int(row["population"]) <= 30_000_000, row
    assert Counter(row["country"] for row in cities).most_common(2)[0][0] == "US"


def test_cities_lie_where_their_country_does():
    """A swapped sign or swapped columns would put a city on another continent."""
    boxes = {
        "US": (18, 72, -162, -66),
        "IN": (6, 36, 68, 98),
        "DE": (47, 55, 5, 16),
        "GB": (49, 61, -9, 2),
        "AU": (-44, -10, 112, 154),
    }
    seen = Counter()
    for row in rows("cities.csv"):
        if box := boxes.get(row["country"]):
            south, north, west, east = box
            assert south < float(row["latitude"]) < north, row
            assert west < float(row["longitude"]) < east, row
            seen[row["country"]] += 1
    assert set(seen) == set(boxes)


def test_loading_twice_changes_nothing(catalog_seed, capsys):
    for _ in range(2):
        call_command("load_dealers", "--demo")
        counts = (City.objects.count(), Dealer.objects.count(), Dealer.makes.through.objects.count())
    assert counts[0] == len(rows("cities.csv"))
    assert counts[1] == len(rows("demo_dealers.csv")) >= 12
    assert "lacks" not in capsys.readouterr().err
    call_command("load_dealers", "--demo")
    assert counts == (City.objects.count(), Dealer.objects.count(), Dealer.makes.through.objects.count())


def test_every_make_of_the_catalogue_has_a_demonstration_dealer(dealers_seed):
    assert Make.objects.exists()
    assert not Make.objects.exclude(dealers__is_demo=True).exists()


def test_demonstration_dealers_say_that_they_are(dealers_seed):
    assert Dealer.objects.count() > 10
    for dealer in Dealer.objects.all():
        assert dealer.is_demo
        assert "(demonstration)" in dealer.name
        assert dealer.email.endswith("@carsite.example")
        near = City.objects.near(dealer.latitude, dealer.longitude).first()
        assert near.distance < 15_000
        assert near.name == dealer.city.name


def test_without_the_option_no_dealers_are_loaded(db):
    call_command("load_dealers")
    assert City.objects.exists()
    assert not Dealer.objects.exists()


def test_missing_makes_are_told_and_do_not_stop_the_load(db, capsys):
    call_command("load_dealers", "--demo")
    assert Dealer.objects.exists()
    message = capsys.readouterr().err
    assert "volkswagen" in message
    assert "load_catalog" in message


def test_the_demonstration_user_becomes_staff_of_one_dealer(db, django_user_model):
    user = django_user_model.objects.create_user(seed.DEMO_STAFF_EMAIL, "a long enough password")
    call_command("load_dealers", "--demo")
    call_command("load_dealers", "--demo")
    assert [dealer.slug for dealer in Dealer.objects.staffed_by(user)] == [seed.DEMO_STAFF_DEALER]


def test_a_demonstration_dealer_that_staff_switched_off_stays_off(db):
    call_command("load_dealers", "--demo")
    Dealer.objects.filter(slug=seed.DEMO_STAFF_DEALER).update(is_active=False)
    call_command("load_dealers", "--demo")
    assert not Dealer.objects.get(slug=seed.DEMO_STAFF_DEALER).is_active


@pytest.mark.usefixtures("dealers_seed")
def test_all_sells_all():
    for slug in ("demo-all-makes-new-york", "demo-all-makes-munich", "demo-all-makes-mumbai"):
        assert Dealer.objects.get(slug=slug).makes.count() == Make.objects.count()
