"""How single things are read from pages: bytes, blocks of structured data, tables that compare, and broken pages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.reading.cars import RawCar, RawField
from scraper.reading.extract import extract, reasons
from scraper.reading.extract.decoding import decode
from scraper.reading.extract.nodes import json_nodes
from scraper.reading.extract.page import Page
from scraper.reading.normalise import normalise
from scraper.reading.report import read
from tests.scraper.pages import LINES, TABLE, car_node, ld, page, quantity, rows

FACTS = {"Fuel type": "Diesel", "Year": "2018", "Mileage": "61,000 km", "Transmission": "Manual"}


def item(text: str, url: str = "https://cars.example.com/1") -> dict:
    found = read(text.encode(), "page", url)
    assert len(found["items"]) == 1, found["reason"]
    return found["items"][0]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Škoda".encode(), "Škoda"),
        ('<meta charset="iso-8859-1">Citro\xebn'.encode("latin-1"), '<meta charset="iso-8859-1">Citro\xebn'),
        ('<meta charset="iso-8859-2">Škoda'.encode("iso-8859-2"), '<meta charset="iso-8859-2">Škoda'),
        ('<meta charset="iso-8859-1">Škoda'.encode(), '<meta charset="iso-8859-1">Škoda'),  # a lie: it is UTF-8
        ("\ufeffŠkoda".encode("utf-16"), "Škoda"),
        ("Preț 5.000 €".encode()[:-1], "Preț 5.000 "),  # cut off inside a character
        (b"caf\xe9s", "cafés"),
        (b'<meta charset="no-such">caf\xe9s', '<meta charset="no-such">cafés'),
    ],
)  # fmt: skip
def test_bytes_are_decoded_by_what_they_are(content: bytes, text: str):
    assert decode(content) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Car", "name": "x",}',
        '<!-- {"@type": "Car", "name": "x"} -->',
        '//<![CDATA[\n{"@type": "Car", "name": "x"}\n//]]>',
        '{"@type": "Car", "name": "x",\n "description": "line\nbreak"}',
        "{&quot;@type&quot;: &quot;Car&quot;, &quot;name&quot;: &quot;x&quot;}",
        '[{"@type": "Car", "name": "x"}];',
    ],
)
def test_careless_json_is_read(text: str):
    (node,) = json_nodes(text)
    assert (node["@type"], node["name"]) == ("Car", "x")


@pytest.mark.parametrize("text", ["", "{not json}", "null", '"text"', "[1, 2]", "{" * 5000])
def test_what_is_no_json_gives_no_nodes(text: str):
    assert json_nodes(text) == []


def test_a_graph_is_looked_through():
    text = page(
        "<h1>Kia Rio</h1>",
        head=ld(
            {
                "@graph": [
                    {"@type": "WebPage", "mainEntity": car_node(brand="Kia", model="Rio", fuelType="Petrol")}
                ]
            }
        ),
    )
    assert item(text)["model"]["value"] == "Rio"


@pytest.mark.parametrize("place", ["isSimilarTo", "isRelatedTo", "itemListElement", "makesOffer"])
def test_other_cars_of_a_node_are_not_the_pages(place: str):
    other = car_node(brand="Audi", model="A3", fuelType="Diesel", vehicleModelDate="2020")
    found = read(
        page("<h1>Our garage</h1>", head=ld({"@type": "AutoDealer", "name": "x", place: [other]})).encode(),
        "p",
        "",
    )
    assert found["items"] == []


def test_a_marked_up_car_of_another_make_is_an_advertisement():
    text = page(
        "<h1>Kia Rio 1.2</h1><table>" + rows(FACTS, TABLE) + "</table>",
        head=ld(car_node(brand="Audi", model="Q7", fuelType="Petrol", offers={"price": 80000})),
    )
    assert (item(text)["make"]["value"], item(text)["fuel"]["value"]) == ("Kia", "Diesel")
    assert "price" not in item(text)


def test_of_several_marked_up_cars_the_one_in_the_heading_counts():
    cars = [
        car_node(name=f"Kia {model}", brand="Kia", model=model, fuelType=fuel)
        for model, fuel in (("Rio", "Petrol"), ("Niro", "Hybrid"))
    ]
    assert item(page("<h1>Kia Niro</h1>", head=ld(*cars)))["fuel"]["value"] == "Hybrid"


@pytest.mark.parametrize(
    ("offer", "price"),
    [
        ({"price": "24.500", "priceCurrency": "EUR"}, 24500),
        ({"price": "24500.00", "priceCurrency": "EUR"}, 24500),
        ({"price": 24500.0, "priceCurrency": "EUR"}, 24500),
        ({"price": "0", "priceCurrency": "EUR"}, None),
        ({"price": "POA"}, None),
        ({"price": 1}, None),
        ({"priceSpecification": {"price": 24500, "priceCurrency": "EUR"}}, 24500),
        ({"priceSpecification": {"price": 299, "priceCurrency": "EUR", "unitCode": "MON"}}, None),
        ({"@type": "AggregateOffer", "lowPrice": 9000, "highPrice": 24000, "priceCurrency": "EUR"}, None),
        ({"@type": "AggregateOffer", "lowPrice": 9000, "highPrice": 9000, "priceCurrency": "EUR"}, 9000),
    ],
)  # fmt: skip
def test_offers(offer: dict, price: int | None):
    text = page(
        "<h1>Kia Rio</h1>",
        lang="de",
        head=ld(car_node(brand="Kia", model="Rio", fuelType="Petrol", offers=offer)),
    )
    said = item(text, "https://autos.example.de/1")
    assert (said.get("price") or {}).get("value") == price
    assert ("currency" in said) == (price is not None)


def test_a_rate_marked_up_as_a_price_is_none():
    node = car_node(
        brand="Kia", model="Rio", fuelType="Petrol", offers={"price": "1,249.00", "priceCurrency": "EUR"}
    )
    assert "price" not in item(page("<h1>Kia Rio</h1><p>1.249 € / Monat</p>", lang="de", head=ld(node)))
    assert (
        item(page("<h1>Kia Rio</h1><p>1.249 €, dazu Reifen</p>", lang="de", head=ld(node)))["price"]["value"]
        == 1249
    )


@pytest.mark.parametrize(("shown", "price"), [("₹ 5.25 Lakh", 525_000), ("₹ 6.75 Lakh", None)])
def test_a_marked_up_price_is_believed_where_people_see_the_same(shown: str, price: int | None):
    node = car_node(
        brand="Tata", model="Nexon", fuelType="Petrol", offers={"price": "525000", "priceCurrency": "INR"}
    )
    facts = "<table>" + rows({"Price": shown, "Fuel type": "Petrol"}, TABLE) + "</table>"
    said = item(page("<h1>Tata Nexon</h1>" + facts, head=ld(node)), "https://cars.example.in/1")
    assert (said.get("price") or {}).get("value") == price


@pytest.mark.parametrize(
    "said", ["https://schema.org/AllWheelDriveConfiguration", "AllWheelDriveConfiguration", "AWD"]
)
def test_schema_orgs_own_words_are_understood(said: str):
    node = car_node(brand="Kia", model="Rio", fuelType="Petrol", driveWheelConfiguration=said)
    assert item(page("<h1>Kia Rio</h1>", head=ld(node)))["drive"]["value"] == "All-wheel"


def test_a_bare_mileage_takes_the_unit_that_the_page_shows():
    node = car_node(brand="Kia", model="Rio", fuelType="Petrol", mileageFromOdometer=54321)
    assert item(page("<h1>Kia Rio</h1><p>54,321 miles</p>", head=ld(node)))["mileage"]["stated"] == {
        "value": 54321,
        "unit": "mi",
    }
    assert item(page("<h1>Kia Rio</h1><p>54.321 km</p>", head=ld(node)))["mileage"]["value"] == 54321
    assert "mileage" not in item(page("<h1>Kia Rio</h1>", head=ld(node)))


def test_powers_named_wrongly_give_way_to_kilowatts():
    node = car_node(
        brand="Kia", model="Rio", vehicleEngine={"enginePower": [quantity(190, "BHP"), quantity(140, "KWT")]}
    )
    assert item(page("<h1>Kia Rio</h1>", head=ld(node)))["power"]["value"] == 140


@pytest.mark.parametrize(("css", "price"), [("font-bold price", 9500), ("vehiclePrice", 9500), ("price-old", None), ("price_was", None), ("oldPrice", None), ("monthly-price", None)])  # fmt: skip
def test_a_price_that_stands_alone_is_known_by_its_class(css: str, price: int | None):
    said = item(
        page(f"<h1>Kia Rio</h1><span class='{css}'>£9,500</span><table>" + rows(FACTS, TABLE) + "</table>")
    )
    assert (said.get("price") or {}).get("value") == price


def test_two_facts_are_enough_where_make_and_model_are_labelled():
    facts = {"Year": "1973", "Odometer": "78,000 miles"}
    labelled = page(
        "<h1>A classic</h1><table>" + rows({"Make": "Porsche", "Model": "911"} | facts, TABLE) + "</table>"
    )
    assert item(labelled)["mileage"]["stated"]["value"] == 78000
    titled = page("<h1>Porsche 911</h1><table>" + rows(facts, TABLE) + "</table>")
    assert read(titled.encode(), "p", "")["reason"] == reasons.NO_FACTS


def test_versions_side_by_side_state_nothing():
    table = (
        "<table>"
        + "".join(
            f"<tr><td>{name}</td><td>{one}</td><td>{two}</td></tr>"
            for name, one, two in (
                ("Power", "100 kW", "150 kW"),
                ("Fuel type", "Petrol", "Diesel"),
                ("Mileage", "1,000 km", "2,000 km"),
            )
        )
        + "</table>"
    )
    found = read(page("<h1>Kia Rio</h1>" + table).encode(), "p", "")
    assert found["items"] == []


def test_two_pairs_in_a_row_of_a_table_are_two_pairs():
    table = "<table><tr><th>Fuel type</th><td>Diesel</td><th>Year</th><td>2018</td></tr><tr><th>Power</th><td>81 kW</td><th>Transmission</th><td>Manual</td></tr></table>"
    said = item(page("<h1>Kia Rio</h1>" + table))
    assert {key: said[key]["value"] for key in ("fuel", "year", "power", "transmission")} == {
        "fuel": "Diesel",
        "year": 2018,
        "power": 81,
        "transmission": "Manual",
    }


def test_similar_cars_are_left_out_whatever_they_say():
    similar = (
        "<section class='similar-cars'><table>"
        + rows({"Fuel type": "Petrol", "Power": "300 kW"}, TABLE)
        + "</table></section>"
    )
    said = item(page("<h1>Kia Rio</h1><table>" + rows(FACTS, TABLE) + "</table>" + similar))
    assert said["fuel"]["value"] == "Diesel"
    assert "power" not in said


def test_prose_about_other_cars_is_not_read():
    prose = "<p>The engine of the Audi S3 has 310 hp, runs on petrol and was built in 2015.</p>"
    said = item(page("<h1>Kia Rio</h1>" + rows(FACTS, LINES) + prose))
    assert (said["make"]["value"], said["year"]["value"]) == ("Kia", 2018)
    assert "power" not in said


def test_scraped_markup_comes_out_as_text_only():
    node = car_node(
        brand="Kia",
        model="<b onclick='x()'>Rio</b>",
        vehicleConfiguration="<i>GT</i> Line",
        fuelType="Petrol",
    )
    said = item(page("<h1>Kia Rio</h1>", head=ld(node)))
    assert (said["model"]["value"], said["trim"]["value"]) == ("Rio", "GT Line")


def test_photos_are_absolute_and_named_once():
    node = car_node(
        brand="Kia",
        model="Rio",
        fuelType="Petrol",
        image=["/a.jpg", "/a.jpg", "https://cdn.example.com/b.jpg", "javascript:x"],
    )
    found = read(page("<h1>Kia Rio</h1>", head=ld(node)).encode(), "p", "https://cars.example.com/1")
    assert found["photos"] == ["https://cars.example.com/a.jpg", "https://cdn.example.com/b.jpg"]


def test_the_address_is_the_pages_own_where_none_is_given():
    text = page("<h1>Kia Rio</h1>", head='<link rel="canonical" href="https://cars.example.ca/rio">')
    assert Page(text.encode(), "").url == "https://cars.example.ca/rio"


def test_a_record_is_the_same_at_every_visit_and_differs_between_cars():
    def record(vin: str) -> str:
        (car,) = extract(
            page(
                "<h1>Kia Rio</h1>",
                head=ld(
                    car_node(brand="Kia", model="Rio", fuelType="Petrol", vehicleIdentificationNumber=vin)
                ),
            ).encode(),
            "https://x.example.com/1",
        ).cars
        return car.record

    assert record("AAA1") == record("AAA1") != record("AAA2")


@pytest.mark.parametrize(("content", "reason"), [(b"", reasons.EMPTY), (b" \n", reasons.EMPTY), (b"%PDF-1.7 \x00\xff", reasons.NOT_HTML), (b'{"a": 1}', reasons.NOT_HTML), (bytes(range(256)), reasons.NOT_HTML)])  # fmt: skip
def test_what_is_no_page_says_so(content: bytes, reason: str):
    assert extract(content, "https://x.example.com/").reason == reason


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.text(max_size=200))
def test_no_bytes_make_the_extractor_fail(content: bytes, text: str):
    for attempt in (
        content,
        b"<html>" + content,
        f"<html><h1>Kia Rio</h1><dl><dt>Year</dt><dd>{text}</dd></dl>".encode("utf-8", "ignore"),
    ):
        found = extract(attempt, "https://x.example.com/")
        assert bool(found.cars) != bool(found.reason)


def test_a_page_nested_ten_thousand_deep_is_read():
    deep = "<div>" * 10_000 + "<h1>Kia Rio</h1><table>" + rows(FACTS, TABLE) + "</table>"
    assert extract(page(deep).encode(), "").reason in ("", *reasons.ALL)
    assert (
        extract(ld({"@type": "Car", "offers": json.loads('{"a":' * 200 + "1" + "}" * 200)}).encode(), "").cars
        == ()
    )


def test_what_does_not_parse_is_kept_and_counted():
    raw = RawCar(
        "x",
        "https://x.example.com/",
        "1",
        (
            RawField("make", "Make", "Kia"),
            RawField("model", "Model", "Rio"),
            RawField("power", "Power", "plenty"),
            RawField("", "Cup holders", "4"),
        ),
    )
    assert [(left.key, left.raw, left.reason) for left in normalise(raw).unparsed] == [
        ("power", "plenty", "no figure in a known unit"),
        ("", "4", "label not known"),
    ]


@pytest.mark.parametrize(
    ("own", "heading", "is_kept"),
    [
        ("BMW 320d Touring", "BMW 3er Touring: technische Daten", True),
        ("Mercedes-Benz C 220 d", "Mercedes-Benz C-Klasse", True),
        ("Audi A4", "Audi A4 Avant", True),
        ("Mercedes-Benz C 220 d", "Mercedes-Benz E-Klasse", False),
        ("BMW 320d", "BMW 520d", False),
        ("Kia Rio", "Kia Niro", False),
    ],
)
def test_what_stands_under_the_name_of_another_car_is_its_own(own: str, heading: str, is_kept: bool):
    facts = {"Fuel type": "Diesel", "Year": "2018", "Transmission": "Manual"}
    sheet = f"<section><h2>{heading}</h2><table>" + rows({"Power": "140 kW"}, TABLE) + "</table></section>"
    said = item(page(f"<h1>{own}</h1><table>" + rows(facts, TABLE) + "</table>" + sheet + "<p>x</p>" * 40))
    assert ("power" in said) == is_kept
