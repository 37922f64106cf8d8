"""Pages of the catalogue: what they show, what they hide, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from catalog.models import Source, Spec, Variant, VariantPhoto

pytestmark = pytest.mark.django_db
AddVariant = Callable[..., Variant]
AddSpec = Callable[..., Spec]
HTMX = {"HX-Request": "true"}
HERE = {"origin": "http://testserver"}


@pytest.fixture
def car(add_variant: AddVariant) -> Variant:
    """A published car."""
    return add_variant("Audi", "A5", 2012, body_style="coupe", aliases=["Four rings"])


@pytest.fixture
def hidden(add_variant: AddVariant) -> Variant:
    """A car that is not published, of a make and a model that have no other."""
    return add_variant("Secret", "Prototype", 2013, body_style="sedan", is_published=False)


def _get(client: Client, url: str, status: int = 200, **options: Any) -> str:
    response = client.get(url, **options)
    assert response.status_code == status, url
    return response.content.decode()


# --- Cars that stand for all years of their model -----------------------------------------------------------
def test_a_car_of_all_years_has_its_pages_and_no_year(client: Client, add_variant: AddVariant) -> None:
    creta = add_variant("Hyundai", "Creta", None, body_style="suv")
    add_variant("Hyundai", "Sonata", 2012, body_style="sedan")
    assert str(creta) == "Hyundai Creta SUV"
    for url in (
        creta.get_absolute_url(),
        creta.model.get_absolute_url(),
        creta.model.make.get_absolute_url(),
    ):
        html = _get(client, url)
        assert re.search(r"all (model )?years", html), url
        assert "None" not in html.replace("None here yet", ""), url
    newest = _get(client, "/cars/?sort=newest")
    assert newest.index("Hyundai Sonata") < newest.index("Hyundai Creta SUV")
    assert "None" not in newest
    assert "Hyundai Creta SUV" not in _get(client, "/cars/?year_min=1990")
    assert "Hyundai Creta SUV" in _get(client, "/cars/?q=creta")


# --- What is published --------------------------------------------------------------------------------------
def test_published_cars_are_on_every_page_and_unpublished_ones_on_none(
    client: Client, car: Variant, hidden: Variant
) -> None:
    pages = [
        reverse("catalog:make_list"),
        reverse("catalog:variant_list"),
        "/cars/?q=prototype",
        "/compare/?q=a5",
    ]
    for url in [*pages, f"/compare/?v={hidden.slug}&v={car.slug}"]:
        html = _get(client, url)
        assert "Secret" not in html, url
    assert "Audi" in _get(client, reverse("catalog:make_list"))
    assert str(car) in _get(client, reverse("catalog:variant_list"))
    for page in (car, car.model, car.model.make):
        _get(client, page.get_absolute_url())
    for page in (hidden, hidden.model, hidden.model.make):
        _get(client, page.get_absolute_url(), 404)


def test_an_unpublished_sibling_is_not_named(client: Client, car: Variant, add_variant: AddVariant) -> None:
    add_variant("Audi", "A5", 2013, body_style="wagon")
    add_variant("Audi", "A5", 2014, body_style="suv", is_published=False)
    html = _get(client, car.get_absolute_url())
    assert "Wagon 2013" in html
    assert "2014" not in html


def test_a_car_is_found_only_under_its_own_make_and_model(
    client: Client, car: Variant, add_variant: AddVariant
) -> None:
    other = add_variant("BMW", "X5", 2012)
    _get(client, reverse("catalog:variant", args=[other.model.make.slug, other.model.slug, car.slug]), 404)
    _get(client, reverse("catalog:model", args=["bmw", "a5"]), 404)
    _get(client, reverse("catalog:make", args=["lada"]), 404)


def test_empty_catalogue_says_so(client: Client) -> None:
    assert "No cars yet" in _get(client, reverse("catalog:make_list"))
    assert "No matching cars" in _get(client, reverse("catalog:variant_list"))


# --- A car --------------------------------------------------------------------------------------------------
def test_sources_that_contradict_each_other_are_both_shown_and_named(
    client: Client, car: Variant, add_spec: AddSpec, other_source: Source
) -> None:
    add_spec(car, "power", 155e3)
    add_spec(car, "torque", 350)
    add_spec(car, "torque", 352, source=other_source)
    assert "Sources differ" not in _get(client, car.get_absolute_url())
    add_spec(car, "power", 132e3, source=other_source, source_url="https://second.example/a5")
    html = _get(client, car.get_absolute_url())
    assert html.count("Sources differ") == 1
    assert "disagree about power." in html
    first, second = (
        html.index('<p class="fact-value">155\N{NO-BREAK SPACE}kW'),
        html.index("132\N{NO-BREAK SPACE}kW"),
    )
    assert first < second, "the most trusted first"
    assert 'href="https://second.example/a5"' in html


def test_a_cars_page_shows_each_value_with_where_it_comes_from(
    client: Client, car: Variant, add_spec: AddSpec
) -> None:
    add_spec(
        car,
        "power",
        155e3,
        raw="HP: 208 <b>",
        record="2 entries: A5 2012",
        note="covers all trims",
        source_url="https://example.org/a5",
    )
    html = _get(client, car.get_absolute_url())
    for text in (
        "155\N{NO-BREAK SPACE}kW",
        "HP: 208 &lt;b&gt;",
        "2 entries: A5 2012",
        "covers all trims",
    ):
        assert text in html
    for text in ('href="https://example.org/a5"', 'href="https://example.org/t"', "Best table", "Free"):
        assert text in html
    assert "21 November 2026" in html


def test_what_is_not_known_is_folded_into_one_line(client: Client, car: Variant, add_spec: AddSpec) -> None:
    html = _get(client, car.get_absolute_url())
    assert re.search(r"<summary>\d\d facts unknown</summary>\s*<p>No source states: .*Power.*Torque", html)
    assert '<th scope="row">' not in html
    add_spec(car, "power", 155e3)
    known = _get(client, car.get_absolute_url())
    assert known.count('<th scope="row">') == 1
    assert "Power" not in known.split("No source states")[1].split("</p>")[0]
    assert "So far we know only the name of this car" in html


def test_sources_that_differ_are_both_shown(
    client: Client, car: Variant, add_spec: AddSpec, other_source: Source
) -> None:
    add_spec(car, "power", 155e3)
    add_spec(car, "power", 160e3, source=other_source)
    html = _get(client, car.get_absolute_url())
    assert html.index("155\N{NO-BREAK SPACE}kW") < html.rindex("160\N{NO-BREAK SPACE}kW")
    assert "Second table" in html


def test_facts_of_another_model_year_are_marked_wherever_they_are_shown(
    client: Client, car: Variant, add_spec: AddSpec
) -> None:
    add_spec(car, "power", 155e3, model_year=2013)
    for url in (car.get_absolute_url(), "/cars/", car.model.get_absolute_url(), f"/compare/?v={car.slug}"):
        assert "in 2013" in _get(client, url), url


def test_units_follow_the_visitors_choice(client: Client, car: Variant, add_spec: AddSpec) -> None:
    add_spec(car, "power", 155e3)
    response = client.post(
        reverse("units"),
        {"units": "imperial", "next": car.get_absolute_url()},
        headers={"origin": "http://testserver"},
    )
    assert response.url == car.get_absolute_url()
    for url in (car.get_absolute_url(), "/cars/", f"/compare/?v={car.slug}"):
        html = _get(client, url)
        assert "208\N{NO-BREAK SPACE}hp" in html, url
        assert "155\N{NO-BREAK SPACE}kW" not in html, url


def test_a_cars_page_leads_to_dealers_comparison_and_identification(client: Client, car: Variant) -> None:
    html = _get(client, car.get_absolute_url())
    dealers = f"{reverse('dealers:list')}?make=audi&amp;variant={car.slug}"
    assert f'href="{dealers}"' in html
    assert f'hx-get="{dealers}"' in html
    assert f'name="v" value="{car.slug}"' in html
    compared = client.post(
        reverse("catalog:tray"), {"v": car.slug, "shown": car.slug, "go": "compare"}, headers=HERE
    )
    assert compared.url == f"{reverse('catalog:compare')}?v={car.slug}"
    assert f'href="{reverse("classifier:home")}"' in html


def test_a_photo_is_shown_with_its_credit_and_served_only_while_published(
    client: Client, admin_client: Client, car: Variant, django_user_model: Any
) -> None:
    data = BytesIO()
    Image.new("RGB", (8, 5)).save(data, "PNG")
    photo = VariantPhoto.objects.create(variant=car, credit="Ada", licence="CC BY 4.0")
    photo.image.save("a5.png", ContentFile(data.getvalue()))
    html = _get(client, car.get_absolute_url())
    assert photo.get_absolute_url() in html
    assert "Ada" in html
    assert "CC BY 4.0" in html
    response = client.get(photo.get_absolute_url())
    assert b"".join(response.streaming_content) == data.getvalue()
    assert response["Content-Type"] == "image/png"
    Variant.objects.update(is_published=False)
    _get(client, photo.get_absolute_url(), 404)
    assert admin_client.get(photo.get_absolute_url()).status_code == 200
    client.force_login(django_user_model.objects.create_user("clerk@example.org", is_staff=True))
    _get(client, photo.get_absolute_url(), 404)
    Variant.objects.update(is_published=True)
    photo.image.storage.delete(photo.image.name)
    _get(client, photo.get_absolute_url(), 404)


# --- The list -----------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("catalog_seed")
def test_the_list_works_as_a_plain_form(client: Client) -> None:
    html = _get(client, "/cars/?q=&make=audi&make=bmw&body=convertible&year_min=&year_max=2008&sort=oldest")
    assert "Audi RS 4 Convertible 2008" in html
    assert "BMW 6 Series Convertible 2007" in html
    assert html.index("BMW 6 Series Convertible 2007") < html.index("Audi RS 4 Convertible 2008")
    assert "Audi S5 Convertible 2012" not in html
    assert 'id="make-audi" name="make" value="audi" checked' in html
    assert 'href="/cars/?make=bmw&amp;body=convertible&amp;year_max=2008&amp;sort=oldest"' in html


@pytest.mark.usefixtures("catalog_seed")
def test_a_page_out_of_range_is_the_nearest_one(client: Client) -> None:
    assert client.get("/cars/?page=999").context["page_obj"].number == 9
    assert client.get("/cars/?page=x").context["page_obj"].number == 1


@pytest.mark.usefixtures("catalog_seed")
def test_htmx_gets_only_what_changes_and_a_tidy_address(client: Client) -> None:
    response = client.get("/cars/?q=&make=audi&year_min=&sort=name", headers=HTMX)
    html = response.content.decode()
    assert response["HX-Push-Url"] == "/cars/?make=audi"
    assert "HX-Request" in response["Vary"]
    assert "<html" not in html
    assert html.count('hx-swap-oob="true"') == 3
    assert "14 cars" in html
    assert client.get("/cars/", headers=HTMX)["HX-Push-Url"] == "/cars/"
    whole = client.get("/cars/", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()


@pytest.mark.usefixtures("catalog_seed")
def test_a_slip_of_the_finger_is_named_and_forgiven(client: Client) -> None:
    html = _get(client, "/cars/?q=toyta+camry")
    assert "No cars match “toyta camry”" in html
    assert "Showing results for <strong>toyota camry</strong>" in html
    assert "Toyota Camry Sedan 2012" in html


@pytest.mark.usefixtures("catalog_seed")
def test_nothing_found_helps_on(client: Client) -> None:
    assert 'href="/cars/?q=BMW"' in _get(client, "/cars/?q=bmv")
    assert 'href="/cars/?q=audi"' in _get(client, "/cars/?q=audi&fuel=electric")
    assert reverse("catalog:make_list") in _get(client, "/cars/?q=xyzzy")


def test_null_bytes_are_overlooked(client: Client, car: Variant) -> None:
    for url in ("/cars/?q=%00&make=%00&model=a%00b&year=%00", f"/compare/?v=%00&v={car.slug}&q=a%00"):
        assert str(car) in _get(client, url)


def test_what_people_type_is_escaped(client: Client, car: Variant) -> None:
    html = _get(client, "/cars/?q=%3Cscript%3Ealert(1)%3C/script%3E&make=%22%3E%3Cb%3E")
    assert "<script>alert" not in html
    assert '"><b>' not in html


# --- Comparing ----------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("catalog_seed")
def test_up_to_four_cars_stand_side_by_side_and_the_rest_is_said(client: Client) -> None:
    slugs = list(Variant.objects.values_list("slug", flat=True)[:5])
    query = "&".join(f"v={slug}" for slug in [*slugs, "no-such-car", slugs[0]])
    response = client.get(f"/compare/?{query}")
    assert [car.slug for car in response.context["cars"]] == slugs[:4]
    assert response.context["choice"].left_out == 2
    assert "2 cars can’t be shown" in response.content.decode()


@pytest.mark.usefixtures("catalog_seed")
def test_cars_are_added_and_removed_by_links(client: Client) -> None:
    html = _get(client, "/compare/?v=audi-s5-coupe-2012&v=tesla-model-s-sedan-2012&differences=1&q=leaf")
    assert 'href="?v=tesla-model-s-sedan-2012&amp;differences=1"' in html
    slugs = ("audi-s5-coupe-2012", "tesla-model-s-sedan-2012", "nissan-leaf-hatchback-2012")
    added = "?" + "".join(f"v={slug}&amp;" for slug in slugs) + "differences=1"
    assert f'href="{added}"' in html


@pytest.mark.usefixtures("catalog_seed")
def test_only_differences_leaves_out_what_is_the_same(client: Client) -> None:
    query = "?v=audi-s5-coupe-2012&v=audi-tt-rs-coupe-2012"
    assert ">Fuel grade<" in _get(client, f"/compare/{query}")
    different = _get(client, f"/compare/{query}&differences=1")
    assert ">Fuel grade<" not in different
    assert ">Cylinders<" in different


def test_comparing_nothing_says_how_to_begin(client: Client) -> None:
    assert "Nothing to compare yet" in _get(client, "/compare/")


# --- The tray -----------------------------------------------------------------------------------------------
def set_aside(client: Client, shown: list[str], ticked: list[str], **data: str) -> HttpResponse:
    return client.post(
        reverse("catalog:tray"), {"shown": shown, "v": ticked, "next": "/cars/", **data}, headers=HERE
    )


def ticked_on(client: Client, url: str) -> list[str]:
    found = re.findall(r'name="v" value="([^"]+)" form="compare"( checked)?', _get(client, url))
    return [slug for slug, checked in found if checked]


@pytest.mark.usefixtures("catalog_seed")
def test_ticks_stay_over_pages_and_are_full_at_four(client: Client) -> None:
    first, second = (
        [car.slug for car in client.get(f"/cars/?page={page}").context["page_obj"]] for page in (1, 2)
    )
    set_aside(client, first, first[:3])
    assert ticked_on(client, "/cars/") == first[:3]
    assert "3 of 4" in _get(client, "/cars/?page=2")
    response = set_aside(client, second, second[:3], go="compare")
    compared = client.get(response.url)
    assert [car.slug for car in compared.context["cars"]] == [*first[:3], second[0]]
    said = "The comparison is full: 4 cars at most. Not added: [^<]+, [^<]+. Take one out"
    assert re.search(said, compared.content.decode())
    assert "Full: 4 cars at most" in _get(client, "/cars/?page=2")
    assert ticked_on(client, "/cars/?page=2") == second[:1]
    set_aside(client, first, first[1:3])  # the first one is no longer ticked; those of other pages stay
    assert ticked_on(client, "/cars/") == first[1:3]
    assert ticked_on(client, "/cars/?page=2") == second[:1]
    set_aside(client, [], [], remove=second[0])
    assert ticked_on(client, "/cars/?page=2") == []
    assert [car.slug for car in client.get("/compare/").context["cars"]] == first[1:3]


@pytest.mark.usefixtures("catalog_seed")
def test_a_script_gets_the_tray_alone_and_learns_what_found_no_room(client: Client) -> None:
    slugs = list(Variant.objects.values_list("slug", flat=True)[:5])
    html = set_aside(client, slugs, slugs, fragment="1").content.decode()
    assert "<html" not in html
    assert f'data-slugs="{" ".join(slugs[:4])}" data-full' in html
    assert f"Not added: {Variant.objects.get(slug=slugs[4])}" in html


@pytest.mark.usefixtures("catalog_seed")
def test_a_car_taken_out_of_the_comparison_is_out_of_the_tray(client: Client) -> None:
    slugs = list(Variant.objects.values_list("slug", flat=True)[:2])
    set_aside(client, slugs, slugs)
    client.get(f"/compare/?v={slugs[1]}")
    assert [car.slug for car in client.get("/compare/").context["cars"]] == slugs[1:]
    assert "Nothing to compare yet" in _get(client, "/compare/?v=")
    assert "Nothing to compare yet" in _get(client, "/compare/")


@pytest.mark.parametrize("value", ["", "...", "no-such-car", "\x7f\xff", "a." * 3000, "%00", '"; x=y'])
def test_a_tray_of_nonsense_is_empty(client: Client, car: Variant, value: str) -> None:
    client.cookies["compare"] = value
    for url in ("/cars/", "/compare/", car.get_absolute_url(), car.model.get_absolute_url()):
        _get(client, url)


def test_no_other_site_fills_the_tray_and_it_leads_to_none(client: Client, car: Variant) -> None:
    data = {"v": car.slug, "shown": car.slug, "next": "https://evil.example/"}
    for said in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.post(reverse("catalog:tray"), data, headers=said).status_code == 403
    assert client.post(reverse("catalog:tray"), data, headers=HERE).url == "/cars/"


@pytest.mark.parametrize(
    ("sort", "key", "text"),
    [("price", "price", "31,000"), ("power", "power", "155"), ("consumption", "consumption_combined", "8.0")],
)
def test_a_list_shows_what_it_is_sorted_by(
    client: Client, car: Variant, add_spec: AddSpec, sort: str, key: str, text: str
) -> None:
    values = {"price": 31000, "power": 155e3, "consumption_combined": 8e-8}
    add_spec(car, key, values[key], currency="USD" if key == "price" else "")
    html = _get(client, f"/cars/?sort={sort}")
    facts = html.split('<p class="car-card-facts">')[1].split("</p>")[0]
    assert text in facts.split("</span>")[0]


# --- Cost ---------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("catalog_seed")
@pytest.mark.parametrize(
    ("url", "queries"),
    [
        ("/makes/", 1),
        ("/cars/chevrolet/", 3),
        ("/cars/chevrolet/silverado-1500/", 5),
        ("/cars/audi/s5/audi-s5-coupe-2012/", 4),
        ("/cars/", 7),
        ("/cars/?q=audi&make=audi&fuel=petrol", 10),
        ("/cars/?q=toyta", 13),
        ("/compare/?v=audi-s5-coupe-2012&v=audi-tt-rs-coupe-2012&q=bmw", 5),
    ],
)
def test_pages_cost_a_fixed_number_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, url: str, queries: int
) -> None:
    with django_assert_max_num_queries(queries):
        _get(client, url)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_read_only(client: Client, car: Variant, method: str) -> None:
    for url in (car.get_absolute_url(), "/cars/", "/makes/", "/compare/"):
        assert getattr(client, method)(url).status_code == 405
