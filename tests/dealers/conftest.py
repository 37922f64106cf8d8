"""A small world of dealers: two makes, three cities, two dealers with staff, and a visitor's photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from catalog.models import CarModel, Make, Variant
from dealers import services
from dealers.models import City, Dealer, Enquiry
from dealers.spam import form_token

PHOTO = b"\xff\xd8\xff\xe0 the bytes of a photo"
HERE = "tests.dealers.conftest"


@dataclass
class FakeEvidence:
    """What the classifier would hand out."""

    summary: str = "Audi A5 Coupe 2012, 75% sure"
    variant_slug: str = "audi-a5-coupe-2012"
    photo_url: str = "/static/photo.jpg"
    photo: File = field(default_factory=lambda: ContentFile(PHOTO, name="kept/ab/cd.jpg"))


MINE = UUID("11111111-1111-4111-8111-111111111111")


def evidence_for_all(*, identification_id: UUID, user: User, guest_key: str) -> FakeEvidence | None:
    """Stands in for the classifier: one identification, shared by all visitors."""
    return FakeEvidence() if identification_id == MINE else None


def evidence_of_guest_k(*, identification_id: UUID, user: User, guest_key: str) -> FakeEvidence | None:
    """Stands in for the classifier: one identification, of the guest with the key "k"."""
    return FakeEvidence() if identification_id == MINE and guest_key == "k" else None


def no_evidence(*, identification_id: UUID, user: User, guest_key: str) -> None:
    """Stands in for the classifier: nothing there, or another visitor's."""


@pytest.fixture(autouse=True)
def evidence(settings: Settings) -> None:
    """The identification MINE is the visitor's."""
    settings.ENQUIRY_EVIDENCE = f"{HERE}.evidence_for_all"


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The e-mails for which a worker was woken; none is sent by itself."""
    ids: list[int] = []
    monkeypatch.setattr("core.tasks.send_email.delay", ids.append)
    return ids


@pytest.fixture
def audi(db: None) -> Make:
    return Make.objects.create(name="Audi", slug="audi")


@pytest.fixture
def spyker(db: None) -> Make:
    """A make that no dealer sells."""
    make = Make.objects.create(name="Spyker", slug="spyker")
    model = CarModel.objects.create(make=make, name="C8", slug="c8")
    Variant.objects.create(model=model, year=2009, slug="spyker-c8-2009")
    return make


@pytest.fixture
def variant(audi: Make) -> Variant:
    model = CarModel.objects.create(make=audi, name="A5", slug="a5")
    return Variant.objects.create(model=model, year=2012, body_style="coupe", slug="audi-a5-coupe-2012")


@pytest.fixture
def cities(db: None) -> dict[str, City]:
    rows = [
        ("Munich", "Bavaria", "DE", 48.14, 11.58, 1_500_000, "München"),
        ("Berlin", "Berlin", "DE", 52.52, 13.40, 3_700_000, ""),
        ("Portland", "Oregon", "US", 45.52, -122.68, 650_000, ""),
        ("Portland", "Maine", "US", 43.66, -70.26, 68_000, ""),
        ("Kraków", "Lesser Poland", "PL", 50.06, 19.94, 780_000, "Cracow"),
    ]
    names = ("name", "region", "country", "latitude", "longitude", "population", "aliases")
    made = [City.objects.create(**dict(zip(names, row, strict=True))) for row in rows]
    return {f"{city.name} {city.country}" if city.region != "Maine" else "Portland ME": city for city in made}


@pytest.fixture
def make_dealer(cities: dict[str, City], audi: Make) -> Callable[..., Dealer]:
    def make(
        name: str,
        city: str = "Munich DE",
        *,
        makes: tuple[Make, ...] = (),
        staff: User | None = None,
        **more: Any,
    ) -> Dealer:
        place = cities[city]
        values = {
            "email": f"{name.lower()}@example.org",
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
        dealer = Dealer.objects.create(name=name, slug=name.lower(), city=place, **values | more)
        dealer.makes.set(makes or [audi])
        if staff:
            dealer.staff.add(staff)
        return dealer

    return make


@pytest.fixture
def seller(db: None, django_user_model: type[User]) -> User:
    """Works for `dealer`."""
    return django_user_model.objects.create_user("seller@example.org", "a long enough password")


@pytest.fixture
def rival(db: None, django_user_model: type[User], make_dealer: Callable[..., Dealer]) -> User:
    """Works for another dealer."""
    rival = django_user_model.objects.create_user("rival@example.org", "a long enough password")
    make_dealer("Rivalcars", "Berlin DE", staff=rival)
    return rival


@pytest.fixture
def dealer(make_dealer: Callable[..., Dealer], seller: User) -> Dealer:
    return make_dealer("Isarcars", "Munich DE", staff=seller, phone="+49 89 99998 101")


@pytest.fixture
def asked(dealer: Dealer) -> dict[str, object]:
    """What `enquiry_create` takes at least."""
    return {
        "dealer": dealer,
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "message": "Is it still there?",
        "nonce": uuid4().hex,
    }


@pytest.fixture
def enquiry(asked: dict[str, object], user: User, variant: Variant) -> Enquiry:
    """Of `user`, to `dealer`, with a photo sent along."""
    more = {
        "phone": "+44 20 7946 0103",
        "evidence": FakeEvidence(),
        "identification_id": MINE,
        "send_photo": True,
    }
    return services.enquiry_create(**asked, **more, user=user, variant=variant)[0]


@pytest.fixture
def typed() -> dict[str, str]:
    """A complete form as a browser sends it."""
    return {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "phone": "",
        "message": "Hello,\r\nis it still there?",
        "consent": "on",
        "homepage": "",
        "token": form_token(),
    }


@pytest.fixture
def ask_url(dealer: Dealer) -> str:
    return reverse("dealers:enquire", args=[dealer.slug])
