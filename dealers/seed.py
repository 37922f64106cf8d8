"""Loads the cities and the demonstration dealers that ship with the project. Every function may run again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import transaction

from catalog.models import Make
from dealers.models import City, Dealer
from dealers.validators import clean_email, clean_phone

DATA = Path(__file__).parent / "data"
DEMO_STAFF_EMAIL = "dealer@carsite.example"
DEMO_STAFF_DEALER = "demo-all-makes-munich"
EVERY_MAKE = "*"


@dataclass
class DemoLoaded:
    """What `demo_dealers_load` did: dealers, makes that are missing, whether the demo user is staff."""

    dealers: int = 0
    missing_makes: set[str] = field(default_factory=set)
    staff_linked: bool = False


def cities_load() -> int:
    """Creates or updates every city of the seed; returns how many there are."""
    cities = [City(**row) for row in _rows("cities.csv")]
    City.objects.bulk_create(
        cities,
        update_conflicts=True,
        unique_fields=["name", "region", "country"],
        update_fields=["latitude", "longitude", "population", "aliases"],
    )
    return len(cities)


@transaction.atomic
def demo_dealers_load() -> DemoLoaded:
    """Creates or updates the demonstration dealers; the cities have to be there.

    Makes that the catalogue lacks are reported and left out. A dealer that staff switched off stays off.
    """
    done = DemoLoaded()
    makes = {make.slug: make for make in Make.objects.all()}
    cities = {(city.name, city.region, city.country): city for city in City.objects.all()}
    for row in _rows("demo_dealers.csv"):
        wanted = list(makes) if row["makes"] == EVERY_MAKE else row["makes"].split(";")
        done.missing_makes |= set(wanted) - set(makes)
        place = cities[row.pop("city"), row.pop("region"), row.pop("country")]
        dealer = _dealer_stored(row, place)
        dealer.makes.set([makes[slug] for slug in wanted if slug in makes])
        done.dealers += 1
    done.staff_linked = _staff_linked()
    return done


def _dealer_stored(row: dict[str, str], city: City) -> Dealer:
    values = {name: row[name] for name in ("name", "email", "phone", "street", "latitude", "longitude")}
    values |= {"email": clean_email(row["email"]), "phone": clean_phone(row["phone"], city.country)}
    dealer, _ = Dealer.objects.update_or_create(
        slug=row["slug"], defaults={**values, "city": city, "is_demo": True}
    )
    return dealer


def _staff_linked() -> bool:
    user = get_user_model().objects.filter(email=DEMO_STAFF_EMAIL).first()
    if user:
        Dealer.objects.get(slug=DEMO_STAFF_DEALER).staff.add(user)
    return user is not None


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
