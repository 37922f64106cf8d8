"""What people type finds the car they mean."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import groupby
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from catalog.models import Make, Spec, Variant
from catalog.search import listing
from catalog.search.criteria import Criteria
from catalog.search.facets import Tally
from core.text import fold

pytestmark = pytest.mark.django_db


def _names(query: str) -> list[str]:
    return [str(car) for car in listing.browse(Criteria.read(QueryDict(query)), None).page]


@pytest.fixture
def cars(catalog_seed: None) -> None:
    """The committed catalogue."""


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("audi a5", "Audi A5 Coupe 2012"),
        ("A5 Audi", "Audi A5 Coupe 2012"),
        ("rs4", "Audi RS 4 Convertible 2008"),
        ("rs 4 cabrio", "Audi RS 4 Convertible 2008"),
        ("vw golf 1991", "Volkswagen Golf Hatchback 1991"),
        ("merc c class", "Mercedes-Benz C-Class Sedan 2012"),
        ("mercedes-benz c-class", "Mercedes-Benz C-Class Sedan 2012"),
        ("beemer 3", "BMW 3 Series Sedan 2012"),
        ("chevy hhr", "Chevrolet HHR SS Wagon 2010"),
        ("f150 2007", "Ford F-150 Regular Cab 2007"),
        ("f-150 2007", "Ford F-150 Regular Cab 2007"),
        ("landrover lr2", "Land Rover LR2 SUV 2012"),
        ("town & country", "Chrysler Town and Country Minivan 2012"),
        ("mini", "MINI Cooper Roadster Convertible 2012"),
        ("AUDIA5", "Audi A5 Coupe 2012"),
    ],
)
def test_words_in_any_order_other_names_and_joined_words_find_the_car(query: str, first: str) -> None:
    assert _names(f"q={query.replace('&', '%26')}")[0] == first


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize(
    ("typed", "meant", "first"),
    [
        ("toyta camry", "toyota camry", "Toyota Camry Sedan 2012"),
        ("lamborgini", "lamborghini", "Lamborghini Aventador Coupe 2012"),
        ("adui s4", "audi s4", "Audi S4 Sedan 2012"),
        ("folkswagen beetle", "volkswagen beetle", "Volkswagen Beetle Hatchback 2012"),
        ("porshe", "porsche", "Porsche Panamera Sedan 2012"),
        ("hyundia sonta hybrid", "hyundai sonata hybrid", "Hyundai Sonata Hybrid Sedan 2012"),
    ],
)
def test_slips_of_the_finger_are_forgiven_and_said_so(typed: str, meant: str, first: str) -> None:
    found = listing.browse(Criteria(q=typed), None)
    assert (found.instead_of, found.criteria.q) == (typed, meant)
    assert str(found.page[0]) == first


@pytest.mark.usefixtures("cars")
def test_words_that_are_known_are_never_replaced() -> None:
    found = listing.browse(Criteria(q="audi"), None)
    assert (found.instead_of, found.page.paginator.count) == ("", 14)


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize(
    "query",
    ["xyzzy", "' OR 1=1 --", "%", "_", "<script>", "a" * 500, "🚗", "lexus", "...", "＿", "%%%%", "🚗🚙 ❤️", "жжж",
     "\u200b", "\0", "лексус", "¿?", "-- --", "'\"*"],
)  # fmt: skip
def test_nonsense_finds_nothing_and_never_fails(query: str) -> None:
    found = listing.browse(Criteria.read(QueryDict(urlencode({"q": query}))), None)
    assert found.page.paginator.count == 0


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize("query", ["%", "🚗", "xyzzy"])
def test_pages_programs_and_staff_are_told_that_nothing_was_found(
    client: Client, staff_user: User, query: str
) -> None:
    asked = urlencode({"q": query})
    page = client.get(f"/cars/?{asked}").content.decode()
    assert "No matching cars" in page
    answer = client.get(f"/api/v1/variants/?{asked}").json()
    assert (answer["count"], answer["results"]) == (0, [])
    assert ("no letter or digit" if fold(query) == "" else "another spelling") in answer["advice"]
    assert escape(answer["advice"]) in page
    assert client.get(f"/car-names/?{asked}").json() == {"names": []}
    client.force_login(staff_user)
    for name in ("variant", "spec", "make", "carmodel"):
        found = client.get(reverse(f"admin:catalog_{name}_changelist"), {"q": query})
        assert found.context["cl"].result_count == 0, name


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize("query", ["форд фокус", "フォーカス"])
def test_programs_and_staff_find_names_in_other_scripts(client: Client, staff_user: User, query: str) -> None:
    asked = urlencode({"q": query})
    answer = client.get(f"/api/v1/variants/?{asked}").json()
    assert [car["slug"] for car in answer["results"]] == ["ford-focus-sedan-2007"]
    assert "advice" not in answer
    client.force_login(staff_user)
    for name, text in (("variant", "Ford Focus Sedan 2007"), ("make", "Ford"), ("carmodel", "Ford Focus")):
        found = client.get(reverse(f"admin:catalog_{name}_changelist"), {"q": query})
        assert [str(row) for row in found.context["cl"].result_list] == [text]


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize("query", ["", "  ", "\t", "\u3000"])
def test_an_empty_query_leaves_nothing_out(query: str) -> None:
    found = listing.browse(Criteria.read(QueryDict(urlencode({"q": query}))), None)
    assert found.page.paginator.count == 201


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize(
    ("query", "make"),
    [
        ("ауди a5", "Audi"), ("टाटा", "Tata"), ("тойота", "Toyota"), ("丰田", "Toyota"), ("豐田", "Toyota"),
        ("تويوتا", "Toyota"), ("форд фокус", "Ford"), ("トヨタ", "Toyota"), ("현대", "Hyundai"),
        ("хёндай", "Hyundai"), ("Хендай", "Hyundai"), ("БМВ 3", "BMW"), ("宝马 x5", "BMW"), ("ベンツ", "Mercedes"),
        ("мерседес", "Mercedes"), ("фольксваген гольф", "Volkswagen"), ("שברולט", "Chevrolet"),
        ("هوندا", "Honda"), ("होंडा", "Honda"), ("αουντι", "Audi"), ("ვოლვო", "Volvo"), ("토요타 캠리", "Toyota"),
        ("камри", "Toyota"), ("аккорд", "Honda"), ("カムリ", "Toyota"), ("كامري", "Toyota"),
        ("ಟೊಯೋಟಾ", "Toyota"), ("โตโยต้า", "Toyota"), ("ТОЙОТА КОРОЛЛА ２０１２", "Toyota"), ("特斯拉", "Tesla"),
    ],
)  # fmt: skip
def test_names_in_other_scripts_find_their_cars(query: str, make: str) -> None:
    names = [str(car) for car in listing.browse(Criteria(q=query), None).page]
    assert names
    assert all(name.startswith(make) for name in names)


@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize("query", ["٢٠١٢", "२०१२", "２０１２", "২০১২"])
def test_digits_of_other_scripts_are_digits(query: str) -> None:
    assert {name[-4:] for name in _names(urlencode({"q": query}))} == {"2012"}


# --- Words for facts ----------------------------------------------------------------------------------------
@pytest.mark.usefixtures("cars")
@pytest.mark.parametrize(
    ("query", "key", "text"),
    [
        ("electric", "fuel", "Electric"), ("EV", "fuel", "Electric"), ("электро", "fuel", "Electric"),
        ("diesel", "fuel", "Diesel"), ("дизель", "fuel", "Diesel"), ("gasoline suv", "fuel", "Petrol"),
        ("plug-in hybrid", "fuel", "Plug-in hybrid"), ("manual convertible", "transmission", "Manual"),
        ("stick shift audi", "transmission", "Manual"), ("awd sedan", "drive", "-wheel"),
        ("all wheel drive", "drive", "-wheel"), ("rwd coupe", "drive", "Rear-wheel"),
        ("2012 electric hatchback", "fuel", "Electric"), ("electric cars", "fuel", "Electric"),
    ],
)  # fmt: skip
def test_words_for_facts_find_cars_of_which_a_source_says_so(query: str, key: str, text: str) -> None:
    cars = list(listing.browse(Criteria(q=query), None).page)
    assert cars
    for car in cars:
        assert Spec.objects.filter(variant=car, key=key, text__contains=text).exists(), car


@pytest.mark.usefixtures("cars")
def test_a_word_for_a_fact_finds_what_its_facet_finds() -> None:
    for word, fuel in (
        ("electric", "electric"),
        ("diesel", "diesel"),
        ("petrol", "petrol"),
        ("phev", "plug-in-hybrid"),
    ):
        by_word = Variant.objects.meeting(Criteria(q=word)).values_list("pk", flat=True)
        by_facet = Variant.objects.meeting(Criteria(fuel=(fuel,))).values_list("pk", flat=True)
        assert set(by_facet) == set(by_word), word
    assert _names("q=suv") == _names("body=suv")
    assert _names("q=automatic")


@pytest.mark.usefixtures("cars")
def test_a_word_may_be_a_name_and_a_fact() -> None:
    found = set(Variant.objects.meeting(Criteria(q="hybrid")).values_list("pk", flat=True))
    named = set(Variant.objects.filter(search_text__contains=" hybrid ").values_list("pk", flat=True))
    assert named
    assert named < found


@pytest.mark.usefixtures("cars")
def test_the_beginning_of_a_word_for_a_fact_is_the_beginning_of_a_name() -> None:
    assert "Chevrolet Malibu" not in " ".join(_names("q=hybr&fuel=electric"))
    for query in ("manua", "elec", "fact", "f"):
        for car in Variant.objects.meeting(Criteria(q=query)):
            assert f" {query}" in car.search_text


def test_words_for_facts_follow_the_facts(
    add_variant: Callable[..., Variant], add_spec: Callable[..., Spec]
) -> None:
    car, _ = add_variant("Audi", "A5", 2012), add_variant("Audi", "A4", 2012)
    fact = add_spec(car, "fuel", text="Diesel; Petrol")
    assert _names("q=audi+diesel") == ["Audi A5 2012"]
    fact.text = "Petrol"
    fact.save()
    assert _names("q=diesel") == []
    fact.delete()
    assert _names("q=petrol") == []


@pytest.mark.usefixtures("cars")
def test_the_migration_writes_the_words_that_facts_write() -> None:
    written = dict(Variant.objects.values_list("pk", "fact_words"))
    Variant.objects.update(fact_words="")
    import_module("catalog.migrations.0004_words_for_facts").fill(apps, None)
    assert dict(Variant.objects.values_list("pk", "fact_words")) == written


@pytest.mark.usefixtures("cars")
def test_nothing_found_comes_with_names_that_look_alike() -> None:
    assert "BMW" in listing.browse(Criteria(q="bmv"), None).suggestions


@pytest.mark.usefixtures("cars")
def test_filters_that_leave_nothing_are_blamed_not_the_words() -> None:
    found = listing.browse(Criteria(q="audi", fuel=("electric",)), None)
    assert (found.page.paginator.count, found.unfiltered, found.instead_of) == (0, 14, "")


@pytest.mark.usefixtures("cars")
def test_filters_narrow_and_values_of_one_filter_widen() -> None:
    audi, both = _names("make=audi&body=coupe"), _names("make=audi&make=bmw&body=coupe")
    assert len(audi) == 5
    assert set(audi) < set(both)
    assert all("Coupe" in name for name in both)
    assert _names("fuel=electric") == ["Nissan Leaf Hatchback 2012", "Tesla Model S Sedan 2012"]
    assert _names("fuel=plug-in-hybrid") == ["Fisker Karma Sedan 2012"]
    assert "Fisker Karma Sedan 2012" not in _names("fuel=hybrid")
    assert {name[-4:] for name in _names("year=1993&year=1994")} == {"1993", "1994"}
    assert {name[-4:] for name in _names("year_min=1995&year_max=1998")} == {"1997", "1998"}


@pytest.mark.usefixtures("cars")
def test_sorting_puts_cars_without_the_fact_last() -> None:
    assert _names("sort=power")[0].startswith("Bugatti Veyron")
    assert _names("sort=oldest")[0] == "Volkswagen Golf Hatchback 1991"
    assert _names("sort=price")[0] == "Suzuki SX4 Sedan 2012"
    priced = list(Variant.objects.published().sorted_by("price").values_list("currency", flat=True))
    assert [currency for currency, _ in groupby(priced)] == ["USD", "INR", ""]
    last = list(Variant.objects.published().sorted_by("price"))[-1]
    assert not last.specs.filter(key="price").exists()


@pytest.mark.usefixtures("cars")
def test_a_facet_counts_what_choosing_it_would_show() -> None:
    criteria = Criteria(make=("audi",), body=("coupe",))
    variants = Variant.objects.published()
    facets = Tally.take(variants, criteria).facets()
    for facet in facets:
        for option in facet.options:
            asked = criteria.without(facet.name)
            chosen = Criteria(**(vars(asked) | {facet.name: (option.value,)}))
            assert option.count == variants.meeting(chosen).count(), option
    assert {facet.name: any(option.selected for option in facet.options) for facet in facets} == {
        "make": True,
        "body": True,
        "fuel": False,
    }


@pytest.mark.usefixtures("cars")
def test_a_chosen_option_that_finds_nothing_stays_on_the_list() -> None:
    criteria = Criteria(q="tesla", make=("lada",), fuel=("diesel",))
    makes, _, fuels = Tally.take(Variant.objects.published(), criteria).facets()
    assert [(option.value, option.count) for option in makes.options if option.selected] == [("lada", 0)]
    assert [(option.label, option.count) for option in fuels.options if option.selected] == [("Diesel", 0)]


@pytest.mark.usefixtures("cars")
def test_each_chip_leads_to_the_list_without_it() -> None:
    criteria = Criteria.read(QueryDict("q=coupe&make=audi&make=bmw&year_min=2010&sort=newest"))
    chips = Tally.take(Variant.objects.published(), criteria).chips()
    by_label = {chip.label: chip.query for chip in chips}
    assert by_label["BMW"] == "q=coupe&make=audi&year_min=2010&sort=newest"
    assert by_label["“coupe”"] == "make=audi&make=bmw&year_min=2010&sort=newest"
    assert set(by_label) == {"“coupe”", "Audi", "BMW", "from 2010"}


def test_reading_criteria_refuses_what_makes_no_sense() -> None:
    criteria = Criteria.read(QueryDict("body=boat&fuel=steam&year=soon&year_max=99999&sort=luck&make=&q=++"))
    assert not criteria.narrows
    assert criteria.sort == "name"
    assert {name for name, _ in criteria.refused} == {"body", "fuel", "year", "year_max", "sort"}


def test_criteria_survive_their_own_query_string() -> None:
    text = "q=vw+golf&make=volkswagen&body=hatchback&fuel=diesel&year=2012&year_min=2000&sort=newest"
    criteria = Criteria.read(QueryDict(text))
    assert criteria.as_query() == text
    assert Criteria.read(QueryDict(criteria.as_query())) == criteria


def test_a_renamed_make_is_found_by_its_new_name(add_variant: Callable[..., Variant]) -> None:
    add_variant("Audi", "A5", 2012)
    make = Make.objects.get()
    make.name, make.aliases = "Horch", ["Four rings"]
    make.save()
    assert _names("q=horch") == ["Horch A5 2012"]
    assert _names("q=four+rings") == ["Horch A5 2012"]
    assert "Horch A5 2012" not in [str(car) for car in Variant.objects.meeting(Criteria(q="audi"))]


def test_a_renamed_model_or_trim_is_found_by_its_new_name(add_variant: Callable[..., Variant]) -> None:
    car = add_variant("Audi", "A5", 2012)
    car.trim = "Allroad"
    car.save(update_fields=["trim"])
    car.model.name = "B8"
    car.model.save()
    assert _names("q=b8+allroad") == ["Audi B8 Allroad 2012"]


def test_searching_costs_the_same_number_of_queries_however_many_cars(
    add_variant: Callable[..., Variant], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(2):
        add_variant("Audi", f"A{number}", 2012, body_style="coupe")
    with django_assert_num_queries(7):
        list(listing.browse(Criteria(q="audi"), None).page)
    for number in range(2, 40):
        add_variant(f"Make{number}", f"A{number}", 2000 + number % 9, body_style="coupe")
    with django_assert_num_queries(7):
        list(listing.browse(Criteria(q="a"), None).page)


def test_a_search_within_another_query_names_its_own_table(add_variant: Callable[..., Variant]) -> None:
    audi = add_variant("Audi", "A5", 2012)
    cars = Variant.objects.filter(search_text__names="audi 2012")
    assert Make.objects.filter(pk__in=cars.values("make")).get() == audi.make
