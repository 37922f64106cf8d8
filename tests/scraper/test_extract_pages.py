"""What a careful reader takes from pages in the layouts of real sites, and from pages that carry no car."""

from __future__ import annotations

import pytest

from scraper.reading.extract import reasons
from scraper.reading.report import read
from tests.scraper.carless_pages import CARLESS_PAGES
from tests.scraper.found_pages import FOUND_PAGES
from tests.scraper.later_pages import LATER_PAGES
from tests.scraper.more_pages import MORE_PAGES
from tests.scraper.odd_pages import ODD_PAGES
from tests.scraper.offer_pages import OFFER_PAGES
from tests.scraper.pages import PAGES, Expected
from tests.scraper.spec_pages import SPEC_PAGES
from tests.scraper.world_pages import WORLD_PAGES

# What real pages hold beside their car; none of it may change what is read.
OTHER_CARS = (("Seat Arona 1.0 TSI", "14,990 €", 2018, "61.000 km", "Petrol", "Manual"), ("Jaguar XE 2.0d", "19,450 €", 2017, "88.200 km", "Diesel", "Automatic"))  # fmt: skip
TILE = "<div class='tile'><a href='/{1}'><h3>{0}</h3><div class='tile-price'>{1}</div><ul><li>{2}</li><li>{3}</li><li>{4}</li><li>{5}</li></ul></a></div>"
CARD = "<article><h3>{0}</h3><dl><dt>Year</dt><dd>{2}</dd><dt>Mileage</dt><dd>{3}</dd><dt>Fuel</dt><dd>{4}</dd><dt>Gearbox</dt><dd>{5}</dd><dt>Price</dt><dd>{1}</dd><dt>Power</dt><dd>132 kW</dd></dl></article>"
BESIDE = {
    "search form": "<header><form><div><span>Make</span><ul><li>Audi</li><li>Kia</li></ul></div><div><span>Year from</span><div>2010</div></div><div><label>Mileage</label><input></div><button>Search 12,345 cars</button></form></header>",
    "finance": "<div><h3>Estimate your payments</h3><div><span>Annual mileage</span><span>10,000 miles</span></div><div><span>Deposit</span><span>£1,500</span></div><div><span>Total amount payable</span><span>£19,870.00</span></div></div>",
    "tiles of other cars": "<section><h2>Fresh arrivals</h2>" + "".join(TILE.format(*car) for car in OTHER_CARS) + "</section>",
    "sheets of other cars": "<section><h2>You might fancy</h2>" + "".join(CARD.format(*car) for car in OTHER_CARS) + "</section>",
    "deal of the day": "<section><h2>Deal of the day</h2>" + CARD.format(*OTHER_CARS[1]) + "</section>",
    "reviews": "<section><h2>Reviews</h2><div><b>Rating:</b> 4.5</div><div><b>Year:</b> 2014</div><div><b>Owner:</b> I had the diesel with 150 hp.</div></section>",
    "questions": "<section><h2>Questions</h2><h3>How much does it cost?</h3><p>Prices start at £12,000.</p><h3>What is the mileage?</h3><p>A 2015 car with 120,000 km is common.</p></section>",
    "top bar": "<div><span>Mon-Fri 9-18</span> <span>1,234 cars in stock</span></div><div>Summer sale: save up to €3,000</div>",
    "other nodes": '<script type="application/ld+json">[{"@type":"Product","name":"Seat Arona 1.0 TSI 2018","brand":"Seat","offers":{"price":14990,"priceCurrency":"EUR"}},{"@type":"Product","name":"Jaguar XE 2.0d 2017","brand":"Jaguar","offers":{"price":19450,"priceCurrency":"EUR"}},{"@type":"Organization","name":"Motors","aggregateRating":{"ratingValue":4.5}}]</script>',
}  # fmt: skip
# A page whose heading does not name its make can't tell whose sheet is whose.
UNNAMED = {"make in breadcrumbs only", "Turkish, model beside its series"}

ALL = (
    PAGES
    | MORE_PAGES
    | ODD_PAGES
    | OFFER_PAGES
    | WORLD_PAGES
    | SPEC_PAGES
    | LATER_PAGES
    | FOUND_PAGES
    | CARLESS_PAGES
)


@pytest.mark.parametrize(("url", "page", "expected"), ALL.values(), ids=ALL)
def test_a_page_gives_what_it_states_and_nothing_else(url: str, page: str, expected: Expected):
    found = read(page.encode(), "page", url)
    if expected is None:
        assert found["items"] == []
        assert found["reason"] in reasons.ALL
        return
    assert found["reason"] == ""
    (item,) = found["items"]
    said = {key: item[key]["value"] if key in item else None for key in expected}
    assert said == expected
    assert all(field["raw"] for field in item.values())


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_a_car_changes_nothing(name: str):
    wrong = []
    for page, (url, text, expected) in ALL.items():
        if expected is None or (page in UNNAMED and "sheets" in name):
            continue
        items = read(text.replace("</body>", f"{BESIDE[name]}</body>").encode(), "page", url)["items"]
        said = {key: items[0][key]["value"] if key in items[0] else None for key in expected} if items else {}
        wrong += [page] if said != expected else []
    assert wrong == []


def test_other_cars_before_the_car_change_nothing():
    named = {page: one for page, one in ALL.items() if one[2] and page not in UNNAMED}
    assert len(named) > 100
    for url, text, expected in named.values():
        first = text.replace("<body>", f"<body>{BESIDE['deal of the day']}")
        (item,) = read(first.encode(), "page", url)["items"]
        assert {key: item[key]["value"] if key in item else None for key in expected or {}} == expected
