"""Dealers, enquiries and leads for programs."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import ApiToken
from catalog.models import OldAddress
from dealers import services
from dealers.models import Enquiry
from tests.dealers.conftest import HERE, MINE, PHOTO

URL = "/api/v1/enquiries/"


def token_of(user):
    return ApiToken.objects.create(user=user)[1]


def api(user=None):
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


@pytest.fixture
def body(dealer):
    return {"dealer": dealer.slug, "name": "Ada Lovelace", "message": "Is it still there?", "consent": True}


@pytest.mark.parametrize("field", ["name", "email", "phone", "message"])
def test_half_a_character_is_told_by_field(body, user, field):
    typed = json.dumps(body | {field: "ada\ud800@example.org"})
    answer = api(user).post(URL, typed, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_a_note_alone_is_kept_and_shown_to_the_dealer_only(enquiry, seller, user):
    url = f"/api/v1/leads/{enquiry.pk}/"
    for change in ({"note": "Called."}, {"status": "new", "note": "Called again."}):
        assert api(seller).patch(url, change).status_code == 200
    history = api(seller).get(url).json()["history"]
    assert [(one["status"], one["note"]) for one in history] == [
        ("new", ""), ("new", "Called."), ("new", "Called again."),
    ]  # fmt: skip
    assert len(api(user).get(f"/api/v1/enquiries/{enquiry.pk}/").json()["history"]) == 1
    assert api(seller).patch(url, {}).status_code == 400


class TestDealers:
    """The directory."""

    def test_is_open_to_everyone_and_hides_inactive_dealers_and_addresses(self, make_dealer):
        make_dealer("Isarcars")
        make_dealer("Closedcars", is_active=False)
        answer = api().get("/api/v1/dealers/").json()
        assert [row["slug"] for row in answer["results"]] == ["isarcars"]
        row = answer["results"][0]
        assert (row["makes"], row["city"], row["country"], row["distance"]) == (
            ["audi"],
            "Munich",
            "DE",
            None,
        )
        assert "example.org" not in str(row)
        assert api().get("/api/v1/dealers/closedcars/").status_code == 404
        assert api().get("/api/v1/dealers/isarcars/").json()["url"] == "http://testserver/dealers/isarcars/"

    def test_near_a_place_comes_in_metres(self, make_dealer):
        make_dealer("Isarcars")
        make_dealer("Spreecars", "Berlin DE")
        rows = api().get("/api/v1/dealers/", {"near": "Berlin", "make": "audi"}).json()["results"]
        assert [(row["slug"], round(row["distance"] / 1000)) for row in rows] == [
            ("spreecars", 0),
            ("isarcars", 504),
        ]

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"near": "Germany"}, "unknown_place"),
            ({"make": "x"}, "unknown_make"),
            ({"make": "\x00"}, "unknown_make"),
        ],
    )
    def test_what_is_not_known_is_told(self, cities, query, code):
        answer = api().get("/api/v1/dealers/", query)
        assert answer.status_code == 400
        assert answer.json()["code"] == code
        assert answer.json()["message"]
        assert set(answer.json()) == {"code", "message", "fields"}

    def test_costs_the_same_however_many(self, make_dealer, django_assert_max_num_queries):
        for number in range(12):
            make_dealer(f"Dealer{number}")
        with django_assert_max_num_queries(4):
            assert len(api().get("/api/v1/dealers/").json()["results"]) == 12


class TestAsking:
    """POST."""

    def test_stores_an_enquiry_of_the_callers(
        self, body, user, variant, woken, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            answer = api(user).post(URL, body | {"variant": variant.slug, "phone": "0049 89 1234567"})
        assert answer.status_code == 201
        enquiry = Enquiry.objects.get()
        assert answer["Location"].endswith(reverse("api:enquiry-detail", args=[enquiry.pk]))
        assert (enquiry.user, enquiry.email, enquiry.phone, enquiry.variant) == (
            user,
            user.email,
            "+49891234567",
            variant,
        )
        assert answer.json()["history"][0]["status"] == "new"
        assert woken == [enquiry.mail_to_dealer_id, enquiry.mail_to_visitor_id]

    def test_knows_a_car_by_its_former_slug(self, body, user, variant):
        OldAddress.objects.create(path="a/b/before", slug="before", variant=variant)
        assert api(user).post(URL, body | {"variant": "before"}).status_code == 201
        assert Enquiry.objects.get().variant == variant

    def test_needs_an_account(self, body):
        assert api().post(URL, body).status_code == 401
        assert not Enquiry.objects.exists()

    def test_a_session_needs_the_csrf_token(self, body, user):
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(user)
        assert client.post(URL, body).status_code == 403
        assert not Enquiry.objects.exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"email": "post@exa\u200bmple.org"}, "email"),
            ({"email": "post@-"}, "email"),
            ({"phone": "12"}, "phone"),
            ({"name": "Ada\r\nBcc: x@example.org"}, "name"),
            ({"name": "Ada\x00"}, "name"),
            ({"email": "ada@example.org\r\nBcc: x@example.org"}, "email"),
            ({"message": "x" * 102_400}, "message"),
            ({"message": "a\x00b"}, "message"),
            ({"message": "   "}, "message"),
            ({"consent": False}, "consent"),
            ({"dealer": "nobody"}, "dealer"),
            ({"dealer": None}, "dealer"),
            ({"variant": "no-such-car"}, "variant"),
            ({"identification": "x"}, "identification"),
            ({"send_photo": True}, "identification"),
        ],
    )
    def test_bad_input_is_told_by_field_and_stores_nothing(self, body, user, change, field):
        answer = api(user).post(URL, body | change)
        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == [field]
        assert answer.json()["code"] == "invalid"
        assert not Enquiry.objects.exists()

    def test_no_one_writes_what_is_not_theirs_to_write(self, body, user, other_user):
        hostile = {
            "user": other_user.pk,
            "status": "closed",
            "evidence": "100% sure",
            "dealer_mailed": "2020-01-01T00:00Z",
            "id": str(MINE),
        }
        api(user).post(URL, body | hostile)
        enquiry = Enquiry.objects.get()
        assert (enquiry.user, enquiry.status, enquiry.evidence, enquiry.dealer_mailed) == (
            user,
            "new",
            "",
            None,
        )
        assert enquiry.pk != MINE

    def test_an_own_photo_goes_along(self, body, user):
        answer = api(user).post(URL, body | {"identification": str(MINE), "send_photo": True})
        assert answer.json()["evidence"] == "Audi A5 Coupe 2012, 75% sure"
        assert answer.json()["photo"] == f"http://testserver{URL}{Enquiry.objects.get().pk}/photo/"

    def test_its_address_answers_to_a_token_of_who_may_see_it(self, enquiry, user, seller, rival, other_user):
        lead = f"/api/v1/leads/{enquiry.pk}/"
        for reader, url in ((user, f"{URL}{enquiry.pk}/"), (seller, lead)):
            client = APIClient(headers={"Authorization": f"Token {token_of(reader)}"})
            answer = client.get(client.get(url).json()["photo"])
            assert answer.status_code == 200
            assert b"".join(answer.streaming_content) == PHOTO
        for stranger in (rival, other_user):
            client = APIClient(headers={"Authorization": f"Token {token_of(stranger)}"})
            for url in (f"{URL}{enquiry.pk}/photo/", f"{lead}photo/"):
                assert client.get(url).status_code == 404
        assert api().get(f"{URL}{enquiry.pk}/photo/").status_code == 401

    def test_another_persons_photo_does_not_exist(self, body, user, settings):
        settings.ENQUIRY_EVIDENCE = f"{HERE}.no_evidence"
        answer = api(user).post(URL, body | {"identification": str(MINE)})
        assert answer.status_code == 400
        assert answer.json()["code"] == "evidence_gone"
        assert not Enquiry.objects.exists()

    def test_the_same_key_and_message_again_is_answered_with_the_first(self, body, user):
        first = api(user).post(URL, body, headers={"Idempotency-Key": "k1"})
        second = api(user).post(URL, body, headers={"Idempotency-Key": "k1"})
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        assert api(user).post(URL, body).status_code == 201
        assert Enquiry.objects.count() == 2

    def test_past_the_limit_says_when_to_come_back(self, body, user, rates):
        rates(enquiry="1/hour")
        api(user).post(URL, body)
        answer = api(user).post(URL, body)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 3600
        assert answer.json()["code"] == "throttled"
        assert api(user).get(URL).status_code == 200

    def test_page_and_api_share_one_limit(self, body, user, ask_url, typed, rates, client):
        rates(enquiry="1/hour")
        client.force_login(user)
        assert client.post(ask_url, typed).status_code == 302
        assert api(user).post(URL, body).status_code == 429


class TestReading:
    """GET."""

    def test_own_enquiries_only(self, enquiry, user, other_user, seller, staff_user):
        assert [row["id"] for row in api(user).get(URL).json()["results"]] == [str(enquiry.pk)]
        assert api(user).get(f"{URL}{enquiry.pk}/").status_code == 200
        for stranger in (other_user, seller, staff_user):
            assert api(stranger).get(URL).json()["results"] == []
            assert api(stranger).get(f"{URL}{enquiry.pk}/").status_code == 404
        assert api().get(URL).status_code == 401

    def test_the_sender_does_not_see_the_dealers_notes(self, enquiry, user, seller):
        services.enquiry_set_status(enquiry=enquiry, status="contacted", actor=seller, note="Haggles.")
        text = api(user).get(f"{URL}{enquiry.pk}/").content.decode()
        assert "contacted" in text
        assert "Haggles" not in text
        assert seller.email not in text

    def test_lists_cost_the_same_however_long(
        self, asked, user, seller, variant, django_assert_max_num_queries
    ):
        for number in range(12):
            services.enquiry_create(**asked | {"nonce": str(number)}, user=user, variant=variant)
        for who, url in ((user, URL), (seller, "/api/v1/leads/")):
            with django_assert_max_num_queries(5):
                assert len(api(who).get(url).json()["results"]) == 12


class TestLeads:
    """The dealer's side."""

    def test_own_dealers_leads_only(self, enquiry, seller, user, rival, staff_user):
        url = f"/api/v1/leads/{enquiry.pk}/"
        assert [row["id"] for row in api(seller).get("/api/v1/leads/").json()["results"]] == [str(enquiry.pk)]
        assert api(seller).get(url).json()["phone"] == "+44 20 7946 0103"
        for stranger in (user, rival, staff_user):
            assert api(stranger).get("/api/v1/leads/").json()["results"] == []
            assert api(stranger).get(url).status_code == 404
            assert api(stranger).patch(url, {"status": "closed"}).status_code == 404
        enquiry.refresh_from_db()
        assert enquiry.status == "new"

    def test_moves_on_with_a_note(self, enquiry, seller):
        answer = api(seller).patch(f"/api/v1/leads/{enquiry.pk}/", {"status": "contacted", "note": "Called."})
        assert answer.status_code == 200
        assert answer.json()["status"] == "contacted"
        last = answer.json()["history"][-1]
        assert (last["status"], last["actor"], last["note"]) == ("contacted", seller.email, "Called.")

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"status": "won"}, 400, "invalid"),
            ({}, 400, "invalid"),
            ({"status": "contacted", "seen": "closed"}, 409, "status_changed"),
        ],
    )
    def test_what_is_not_possible_is_told(self, enquiry, seller, change, status, code):
        answer = api(seller).patch(f"/api/v1/leads/{enquiry.pk}/", change)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_no_way_leads_back_to_new(self, enquiry, seller):
        services.enquiry_set_status(enquiry=enquiry, status="contacted", actor=seller)
        answer = api(seller).patch(f"/api/v1/leads/{enquiry.pk}/", {"status": "new"})
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")

    def test_the_message_itself_can_not_be_changed(self, enquiry, seller):
        api(seller).patch(
            f"/api/v1/leads/{enquiry.pk}/", {"status": "contacted", "message": "x", "email": "x@example.org"}
        )
        enquiry.refresh_from_db()
        assert (enquiry.message, enquiry.email) == ("Is it still there?", "ada@example.org")
        assert api(seller).delete(f"/api/v1/leads/{enquiry.pk}/").status_code == 405

    def test_filters_by_status(self, enquiry, seller):
        assert len(api(seller).get("/api/v1/leads/", {"status": "new"}).json()["results"]) == 1
        assert api(seller).get("/api/v1/leads/", {"status": "closed"}).json()["results"] == []
