"""The directory: makes, places, empty ends, and the short list on other pages."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from dealers.models import Dealer

URL = "/dealers/"


@pytest.fixture
def three(make_dealer, audi, spyker):
    """In Munich, Berlin and Portland; the last sells another make."""
    from catalog.models import Make

    bmw = Make.objects.create(name="BMW", slug="bmw")
    return (
        make_dealer("Isarcars", "Munich DE"),
        make_dealer("Spreecars", "Berlin DE"),
        make_dealer("Rosecars", "Portland US", makes=(bmw,)),
    )


def names(response):
    """Dealers in the order of the page."""
    return re.findall(r"<h3><a[^>]*>([^<]+)</a></h3>", response.content.decode())


def test_all_dealers_are_listed_by_name_where_no_place_is_known(client, three):
    page = client.get(URL)
    assert names(page) == ["Isarcars", "Rosecars", "Spreecars"]
    assert "\u00a0km" not in page.content.decode()


def test_near_a_city_the_nearest_come_first_with_their_distance(client, three):
    page = client.get(URL, {"near": "Berlin"})
    assert names(page) == ["Spreecars", "Isarcars", "Rosecars"]
    assert "504\u00a0km" in page.content.decode()


def test_distances_follow_the_visitors_units(client, three):
    client.cookies["units"] = "imperial"
    text = client.get(URL, {"near": "Berlin"}).content.decode()
    assert "313\u00a0mi" in text
    assert "\u00a0km" not in text


def test_near_a_browsers_location(client, three):
    page = client.get(URL, {"near": "45.5,-122.7"})
    assert names(page)[0] == "Rosecars"
    assert "your location (Portland)" in page.content.decode()


def test_only_dealers_of_the_make(client, three):
    assert names(client.get(URL, {"make": "bmw"})) == ["Rosecars"]


def test_a_typo_shows_the_city_that_was_meant_and_says_so(client, three):
    text = client.get(URL, {"near": "Berlni"}).content.decode()
    assert "We found no city called “Berlni”" in text
    assert "Spreecars" in text


def test_an_unknown_place_lists_all_and_helps(client, three):
    text = client.get(URL, {"near": "Germany", "make": "audi"}).content.decode()
    assert "We could not find a place called “Germany”" in text
    assert "?near=Munich%2C+Bavaria%2C+Germany&amp;make=audi" in text or "make=audi&amp;near=Munich" in text
    assert "Isarcars" in text


def test_far_away_the_page_says_where_the_nearest_is(client, three):
    text = client.get(URL, {"near": "Kraków", "make": "bmw"}).content.decode()
    assert re.search(r"No BMW dealer within 200\u00a0km of Kraków, Lesser Poland, Poland\.", text)
    assert "The nearest is in Portland, Oregon, United States" in text


def test_a_make_no_one_sells_leads_on(client, three):
    text = client.get(URL, {"make": "spyker", "near": "Berlin"}).content.decode()
    assert "No dealer sells Spyker yet" in text
    assert "?make=audi" in text
    assert "?make=bmw" in text


@pytest.mark.parametrize(
    "query",
    [
        {"make": "nonsense"},
        {"make": "<script>alert(1)</script>"},
        {"near": "<script>alert(1)</script>"},
        {"near": "\x00"},
        {"near": "x" * 100_000},
        {"variant": "'; drop table", "identification": "not-a-uuid"},
        {"page": "999"},
        {"page": "-1"},
    ],
)
def test_hostile_and_odd_questions_get_a_page(client, three, query):
    page = client.get(URL, query)
    assert page.status_code == 200
    assert "Isarcars" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def test_the_place_is_remembered_for_the_session_and_can_be_forgotten(client, three):
    client.get(URL, {"near": "Berlin"})
    assert names(client.get(URL))[0] == "Spreecars"
    client.get(URL, {"near": ""})
    assert names(client.get(URL))[0] == "Isarcars"


def test_of_a_location_only_the_rounded_place_is_remembered(client, three):
    client.get(URL, {"near": "48.137154,11.576124"})
    assert list(client.session.items()) == [("dealers_near", "48.14,11.58")]


def test_a_place_we_do_not_know_does_not_replace_the_one_we_do(client, three):
    client.get(URL, {"near": "Berlin"})
    client.get(URL, {"near": "Xyzzy"})
    assert names(client.get(URL))[0] == "Spreecars"


def test_inactive_dealers_are_hidden_everywhere(client, three):
    Dealer.objects.filter(slug="isarcars").update(is_active=False)
    assert names(client.get(URL)) == ["Rosecars", "Spreecars"]
    assert client.get("/dealers/isarcars/").status_code == 404
    assert client.get("/dealers/isarcars/enquire/").status_code == 404
    assert client.get("/dealers/spreecars/").status_code == 200


def test_many_dealers_come_in_pages_at_a_constant_number_of_queries(
    client, make_dealer, django_assert_max_num_queries
):
    for number in range(25):
        make_dealer(f"Dealer{number:02}", "Berlin DE" if number % 2 else "Munich DE")
    client.get(URL, {"near": "Berlin"})
    with django_assert_max_num_queries(12) as counted:
        page = client.get(URL)
    assert len(names(page)) == 20
    Dealer.objects.filter(slug__gt="dealer09").delete()
    with django_assert_max_num_queries(len(counted)):
        assert len(names(client.get(URL))) == 10


class TestNearby:
    """The fragment on a car's page."""

    def get(self, client, **query):
        return client.get(URL, query, headers={"HX-Request": "true"})

    def test_is_a_fragment_of_at_most_three_that_keep_car_and_photo(self, client, three, make_dealer):
        make_dealer("Fourth")
        answer = self.get(
            client,
            make="audi",
            near="Berlin",
            variant="audi-a5-coupe-2012",
            identification="11111111-1111-4111-8111-111111111111",
        )
        text = answer.content.decode()
        assert "<html" not in text
        kept = "?variant=audi-a5-coupe-2012&amp;identification=11111111-1111-4111-8111-111111111111"
        assert f"/dealers/spreecars/enquire/{kept}" in text
        assert "Rosecars" not in text
        assert "504\u00a0km" in text
        assert "HX-Request" in answer["Vary"]

    def test_shows_three_of_more(self, client, make_dealer):
        for number in range(4):
            make_dealer(f"Dealer{number}")
        assert self.get(client).content.decode().count("/enquire/") == 3

    def test_boosted_navigation_gets_the_whole_page(self, client, three):
        page = client.get(URL, headers={"HX-Request": "true", "HX-Boosted": "true"})
        assert "<html" in page.content.decode()

    def test_of_a_make_no_one_sells_says_so(self, client, three):
        assert "No dealer sells Spyker yet" in self.get(client, make="spyker").content.decode()

    def test_asks_for_the_place_once(self, client, three):
        assert "Your city" in self.get(client).content.decode()
        client.get(URL, {"near": "Berlin"})
        assert "Your city" not in self.get(client).content.decode()


def test_a_dealers_page_shows_how_to_reach_them_but_not_their_address_for_robots(client, dealer):
    client.get(URL, {"near": "Berlin"})
    text = client.get(dealer.get_absolute_url()).content.decode()
    assert "tel:+498999998101" in text
    assert dealer.email not in text
    assert "504\u00a0km" in text
    assert reverse("dealers:enquire", args=[dealer.slug]) in text


def test_a_demonstration_dealer_says_that_it_is_one(client, make_dealer):
    demo, real = make_dealer("Demo", is_demo=True), make_dealer("Real")
    assert "not a real dealer" in client.get(demo.get_absolute_url()).content.decode()
    assert "invented" not in client.get(real.get_absolute_url()).content.decode()
