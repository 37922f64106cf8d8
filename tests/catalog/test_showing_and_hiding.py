"""In the admin, much is asked about before it is done, can be taken back, and does not depend on how much it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import OldAddress, Variant
from catalog.supply import CarName, cars_create
from catalog.templatetags.catalog import with_article

pytestmark = pytest.mark.django_db
CARS = "/admin/catalog/variant/"


@pytest.fixture
def staff(staff_user: Any) -> Client:
    client = Client()
    client.force_login(staff_user)
    return client


def _all(client: Client, action: str, **more: object) -> Any:
    """An action on all rows of the list, not those of its page alone."""
    first = str(Variant.objects.order_by("pk").values_list("pk", flat=True)[0])
    data = {"action": action, "select_across": "1", "_selected_action": [first], **more}
    return client.post(CARS, data, follow=True)


def _answer(client: Client, page: Any) -> Any:
    """Yes to the question of a page."""
    data: dict[str, list[str]] = {}
    for name, value in page.context["fields"]:
        data.setdefault(name, []).append(str(value))
    return client.post(page.request["PATH_INFO"], data, follow=True)


@pytest.fixture
def cars() -> list[Variant]:
    """225, of which 25 are hidden already."""
    made = cars_create([CarName("Audi", f"A{number}", "", "sedan", 2012) for number in range(225)])
    hidden = [car.pk for car in made[:25]]
    Variant.objects.filter(pk__in=hidden).update(is_published=False)
    return made


def test_many_cars_are_hidden_after_a_question_and_the_same_come_back(
    staff: Client, cars: list[Variant]
) -> None:
    page = _all(staff, "unpublish")
    assert "Take 200 cars off the site?" in page.content.decode()
    assert Variant.objects.published().count() == 200
    done = _answer(staff, page)
    assert "200 cars are no longer published." in done.content.decode()
    assert not Variant.objects.published().exists()
    assert 'href="/admin/catalog/variant/undo/"' in done.content.decode()
    question = staff.get("/admin/catalog/variant/undo/")
    assert "200 cars" in question.content.decode()
    assert not Variant.objects.published().exists(), "a question changes nothing"
    assert "200 cars are published." in _answer(staff, question).content.decode()
    assert Variant.objects.published().count() == 200
    assert not Variant.objects.filter(pk__in=[car.pk for car in cars[:25]], is_published=True).exists()
    again = staff.get("/admin/catalog/variant/undo/", follow=True)
    assert "nothing to take back" in again.content.decode()


def test_publishing_says_how_many_were_hidden_before(staff: Client, cars: list[Variant]) -> None:
    page = _all(staff, "publish")
    assert "Show 25 cars to visitors?" in page.content.decode()
    assert "200 cars of those chosen are so already." in page.content.decode()
    _answer(staff, page)
    _answer(staff, staff.get("/admin/catalog/variant/undo/"))
    assert Variant.objects.published().count() == 200


def test_an_answer_counts_for_as_many_as_were_asked_about(staff: Client, cars: list[Variant]) -> None:
    page = _all(staff, "unpublish")
    cars_create([CarName("BMW", "M3", "", "sedan", 2012)])
    again = _answer(staff, page)
    assert "Take 201 cars off the site?" in again.content.decode()
    assert Variant.objects.published().count() == 201


def test_few_cars_are_hidden_at_once_and_can_be_shown_again(
    staff: Client, add_variant: Callable[..., Variant]
) -> None:
    car = add_variant("Audi", "A5", 2012)
    done = staff.post(CARS, {"action": "unpublish", "_selected_action": [str(car.pk)]}, follow=True)
    assert "1 car is no longer published." in done.content.decode()
    _answer(staff, staff.get("/admin/catalog/variant/undo/"))
    assert Variant.objects.published().count() == 1


def test_over_a_thousand_rows_are_deleted_after_one_question(staff: Client) -> None:
    cars_create([CarName("Audi", f"A{number}", "", "sedan", 2012) for number in range(1100)])
    page = _all(staff, "delete_selected")
    assert "Delete 1,100 cars" in page.content.decode().replace("variants", "cars")
    assert len(page.context["fields"]) < 10
    assert Variant.objects.count() == 1100
    assert _answer(staff, page).status_code == 200
    assert not Variant.objects.exists()


def test_what_may_not_be_deleted_is_named(staff: Client, add_variant: Callable[..., Variant]) -> None:
    make = add_variant("Audi", "A5", 2012).make
    data = {"action": "delete_selected", "_selected_action": [str(make.pk)]}
    page = staff.post("/admin/catalog/make/", data)
    assert "can\u2019t be deleted" in page.content.decode().replace("&#x27;", "\u2019")
    assert "A5" in page.content.decode()
    assert not OldAddress.objects.exists()
    assert Variant.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Audi", "an Audi"), ("BMW", "a BMW"), ("MG", "an MG"), ("Honda", "a Honda"), ("Opel", "an Opel"),
        ("Infiniti", "an Infiniti"), ("AM General", "an AM General"), ("smart", "a smart"), ("FIAT", "a FIAT"),
        ("SEAT", "a SEAT"), ("UAZ", "a UAZ"), ("Universal", "a Universal"), ("Škoda", "a Škoda"),
        ("XPeng", "an XPeng"), ("GMC", "a GMC"), ("Ősi", "an Ősi"), ("Acura", "an Acura"), ("", "a "),
    ],
)  # fmt: skip
def test_the_article_is_the_spoken_one(name: str, said: str) -> None:
    assert with_article(name) == said
