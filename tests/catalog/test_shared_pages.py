"""Pages made once for many: who gets them, who never does, and what is never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from carsite.shared_pages import SHARED
from catalog.models import Make, Variant
from dealers.models import City, Dealer

pytestmark = pytest.mark.django_db
CARS = "/cars/"


@pytest.fixture(autouse=True)
def shared(settings: Settings) -> Iterator[None]:
    """As in production."""
    settings.SHARED_PAGES_SECONDS = 60
    caches["pages"].clear()
    yield
    caches["pages"].clear()


@pytest.fixture
def audi(add_variant: Callable[..., Variant]) -> Variant:
    """A car to read about."""
    return add_variant("Audi", "A5", 2012, body_style="coupe")


@pytest.fixture
def dealer(db: None) -> Dealer:
    """A published dealer."""
    city = City.objects.create(name="Ulm", country="DE", latitude=48.4, longitude=10.0)
    return Dealer.objects.create(
        name="A", slug="a", email="a@example.org", city=city, latitude=48.4, longitude=10.0
    )


def rename(car: Variant) -> None:
    """What only a page that is made anew shows."""
    Make.objects.filter(pk=car.model.make_id).update(name="Renamed")


def is_kept(client: Client, url: str, car: Variant) -> bool:
    """Whether the page at an address is the one of before."""
    rename(car)
    answer = client.get(url)
    assert answer.status_code == 200
    return "Renamed" not in answer.text


@pytest.mark.parametrize("view", sorted(SHARED))
def test_the_next_visitor_gets_the_page_of_the_last_without_a_query(
    view: str, audi: Variant, dealer: Dealer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    urls = {
        "about": reverse("about"),
        "catalog:compare": f"{reverse('catalog:compare')}?v={audi.slug}",
        "catalog:make_list": reverse("catalog:make_list"),
        "catalog:make": audi.model.make.get_absolute_url(),
        "catalog:model": audi.model.get_absolute_url(),
        "catalog:variant": audi.get_absolute_url(),
        "catalog:variant_list": reverse("catalog:variant_list") + "?q=audi",
        "dealers:detail": dealer.get_absolute_url(),
        "dealers:list": reverse("dealers:list"),
    }
    first = Client().get(urls[view])
    assert not first.cookies
    assert "csrfmiddlewaretoken" not in first.text
    with django_assert_num_queries(0):
        again = Client().get(urls[view])
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])
    assert "Cookie" in again["Vary"]
    assert again["Content-Security-Policy"] == first["Content-Security-Policy"]
    assert again["X-Request-ID"] != first["X-Request-ID"]


def test_another_address_is_another_page(audi: Variant) -> None:
    assert "Audi" in Client().get(f"{CARS}?q=audi").text
    assert Client().get(f"{CARS}?q=bmw").text != Client().get(f"{CARS}?q=audi").text


def test_who_is_signed_in_gets_their_own_and_leaves_nothing(audi: Variant, staff_user: User) -> None:
    member = Client()
    member.force_login(staff_user)
    assert "Sign out" in member.get(CARS).text
    assert "Sign out" not in Client().get(CARS).text
    assert "Sign out" in member.get(CARS).text
    assert not is_kept(member, CARS, audi)


@pytest.mark.parametrize(("name", "value"), [("units", "imperial"), ("theme", "dark"), ("messages", "x")])
def test_who_has_chosen_something_gets_their_own_and_leaves_nothing(
    name: str, value: str, audi: Variant
) -> None:
    client = Client()
    client.cookies[name] = value
    client.get(CARS)
    assert not is_kept(Client(), CARS, audi)
    assert not is_kept(client, CARS, audi)


def test_who_has_a_forms_token_gets_the_page_and_leaves_nothing(audi: Variant) -> None:
    client = Client()
    assert client.get(reverse("classifier:home")).cookies.keys() == {"csrftoken", "guest"}
    client.get(CARS)
    assert not is_kept(client, CARS, audi)
    Client().get(CARS)
    Make.objects.update(name="Third")
    assert "Third" not in client.get(CARS).text


def test_parts_of_pages_are_made_each_time(audi: Variant) -> None:
    part = Client(headers={"HX-Request": "true"})
    whole = Client().get(CARS).text
    assert "<html" in whole
    assert "<html" not in part.get(CARS).text
    assert not is_kept(part, CARS, audi)


def test_a_place_that_was_asked_for_is_remembered_and_its_page_not_kept(db: None) -> None:
    url = reverse("dealers:list") + "?near=48.1,11.6"
    assert "sessionid" in Client().get(url).cookies
    assert "sessionid" in Client().get(url).cookies


def test_what_is_not_there_is_looked_for_each_time(add_variant: Callable[..., Variant]) -> None:
    assert Client().get("/cars/audi/").status_code == 404
    add_variant("Audi", "A5", 2012, body_style="coupe")
    assert Client().get("/cars/audi/").status_code == 200


def test_nothing_is_kept_where_the_setting_says_so(audi: Variant, settings: Settings) -> None:
    settings.SHARED_PAGES_SECONDS = 0
    Client().get(CARS)
    assert not is_kept(Client(), CARS, audi)


def test_a_kept_page_counts_under_its_views_name(audi: Variant) -> None:
    Client().get(CARS)
    assert Client().get(CARS).wsgi_request.resolver_match.view_name == "catalog:variant_list"
    assert "catalog:variant_list" in SHARED
