"""The catalogue for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from catalog.models import Variant

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def _get(client: Client, path: str, status: int = 200) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == status, response.content
    return response.json()


@pytest.mark.usefixtures("catalog_seed")
def test_anyone_may_read_and_no_one_may_write(client: Client) -> None:
    for path in ("/makes/", "/models/", "/variants/", "/variants/audi-a5-coupe-2012/"):
        _get(client, path)
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(V1 + path).status_code == 405, path


def test_what_is_not_published_is_not_there(client: Client, add_variant: Callable[..., Variant]) -> None:
    shown = add_variant("Audi", "A5", 2012)
    hidden = add_variant("Secret", "Prototype", 2013, is_published=False)
    assert [make["slug"] for make in _get(client, "/makes/")["results"]] == ["audi"]
    assert [model["slug"] for model in _get(client, "/models/")["results"]] == ["a5"]
    assert [car["slug"] for car in _get(client, "/variants/")["results"]] == [shown.slug]
    for path in (f"/variants/{hidden.slug}/", "/makes/secret/", f"/models/{hidden.model_id}/"):
        assert _get(client, path, 404)["code"] == "not_found"


@pytest.mark.usefixtures("catalog_seed")
def test_makes_and_models_say_how_much_they_hold(client: Client) -> None:
    assert _get(client, "/makes/volkswagen/") == {
        "slug": "volkswagen",
        "name": "Volkswagen",
        "aliases": ["VW"],
        "model_count": 2,
        "variant_count": 3,
    }
    golf = next(
        model for model in _get(client, "/models/?make=volkswagen")["results"] if model["slug"] == "golf"
    )
    assert (golf["first_year"], golf["last_year"], golf["variant_count"]) == (1991, 2012, 2)
    assert golf["make"] == {"slug": "volkswagen", "name": "Volkswagen"}
    assert _get(client, f"/models/{golf['id']}/") == golf


@pytest.mark.usefixtures("catalog_seed")
def test_a_car_comes_with_si_figures_and_where_they_are_from(client: Client) -> None:
    car = _get(client, "/variants/audi-tt-rs-coupe-2012/")
    assert car["name"] == "Audi TT RS Coupe 2012"
    assert (car["make"]["slug"], car["model"]["slug"], car["body_style"], car["year"]) == (
        "audi",
        "tt-rs",
        "coupe",
        2012,
    )
    assert car["page"].endswith("/cars/audi/tt-rs/audi-tt-rs-coupe-2012/")
    power = next(spec for spec in car["specs"] if spec["key"] == "power")
    assert power["low"] == power["high"] == pytest.approx(268451.95)
    assert (power["unit"], power["label"], power["texts"]) == ("W", "Power", [])
    assert power["source"]["slug"] == "features-msrp"
    assert power["source"]["licence"]
    assert (power["raw"], power["record"]) == ("Engine HP: 360", "1 version: TT RS 2012, Coupe")
    assert power["retrieved"] == "2026-11-21"
    transmission = next(spec for spec in car["specs"] if spec["key"] == "transmission")
    assert (transmission["texts"], transmission["low"], transmission["unit"]) == (
        ["Manual, 6 gears"],
        None,
        "",
    )
    price = next(spec for spec in car["specs"] if spec["key"] == "price")
    assert (price["low"], price["currency"]) == (56850, "USD")


@pytest.mark.usefixtures("catalog_seed")
def test_the_list_knows_the_filters_of_the_page(client: Client) -> None:
    found = _get(client, "/variants/?q=coupe&make=audi&make=bmw&year_min=2012&sort=newest&page_size=3")
    assert found["count"] == 7
    assert len(found["results"]) == 3
    assert "page=2" in found["next"]
    assert {car["make"]["slug"] for car in found["results"]} <= {"audi", "bmw"}
    assert [car["slug"] for car in _get(client, "/variants/?fuel=plug-in-hybrid")["results"]] == [
        "fisker-karma-sedan-2012"
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [("body=boat", "body"), ("fuel=steam", "fuel"), ("year=soon", "year"), ("sort=luck", "sort")],
)
def test_a_filter_that_makes_no_sense_is_refused(client: Client, query: str, field: str) -> None:
    answer = _get(client, f"/variants/?{query}", 400)
    assert answer["code"] == "invalid"
    assert list(answer["fields"]) == [field]


@pytest.mark.usefixtures("catalog_seed")
@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/makes/", 3),
        ("/models/", 3),
        ("/variants/", 3),
        ("/variants/?page_size=100&sort=price&fuel=petrol", 3),
        ("/variants/audi-a5-coupe-2012/", 3),
    ],
)
def test_answers_cost_a_fixed_number_of_queries(
    client: Client, django_assert_max_num_queries: Any, path: str, queries: int
) -> None:
    with django_assert_max_num_queries(queries):
        _get(client, path)


def test_the_schema_has_no_warnings_about_the_catalogue(capsys: pytest.CaptureFixture, tmp_path: Any) -> None:
    call_command("spectacular", file=str(tmp_path / "schema.yml"), validate=True)
    complaints = [line for line in capsys.readouterr().err.splitlines() if "catalog" in line]
    assert complaints == []
