"""Numbers for Prometheus: only for who has the token, and they move with what happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from catalog.models import Make
from classifier import figures
from classifier.models import Identification, ModelVersion, Prediction
from core.models import OutgoingEmail
from dealers.mails import enquiry_mails_queue
from dealers.models import City, Dealer, Enquiry
from ops import metrics
from scraper.models import ScrapeRun

TOKEN = "a-token-of-the-operators"
Numbers = dict[tuple[str, frozenset[str]], float]


def numbers(client: Client) -> Numbers:
    """All samples: their name and the values of their labels → value."""
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Numbers, name: str, *labels: str) -> float | None:
    return found.get((name, frozenset(labels)))


@pytest.fixture(autouse=True)
def quiet(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services are asked elsewhere."""
    settings.METRICS_TOKEN = TOKEN
    settings.HEALTH_CHECKS = {"database": "ops.checks.database"}
    monkeypatch.setattr("ops.checks.database", lambda: None)


@pytest.fixture
def model(db: None) -> ModelVersion:
    measured = {
        "reliability": [
            {"confidence": 0.5, "right": 0.5, "photos": 25},
            {"confidence": 0.9, "right": 0.9, "photos": 75},
        ],
        "decisions": {"sure": {"share": 0.75}},
    }
    return ModelVersion.objects.create(
        name="lite", version="1", digest="0" * 64, state="active", card={"metrics": measured}
    )


def photo(**values: object) -> Identification:
    sha256 = f"{Identification.objects.count():064x}"
    return Identification.objects.create(sha256=sha256, width=1, height=1, size=1, **values)


def answered(model: ModelVersion, probability: float, decision: str, **values: object) -> Identification:
    values = {"finished": timezone.now(), "timings": {"decode": 10.0, "wait": 200.0}} | values
    row = photo(status="done", scene="exterior", decision=decision, model_version=model, **values)
    Prediction.objects.create(identification=row, rank=1, label="a", probability=probability)
    Prediction.objects.create(identification=row, rank=2, label="b", probability=0.01)
    return row


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer wrong", TOKEN])
def test_strangers_find_nothing_there(client: Client, sent: str) -> None:
    assert client.get("/metrics", headers={"authorization": sent}).status_code == 404


@pytest.mark.django_db
def test_without_a_token_there_is_nothing_there(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer None"}).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_not_by_address(client: Client) -> None:
    name, about = "carsite_request_seconds_count", ("about", "GET", "200")
    before = numbers(client)
    for _ in range(3):
        client.get("/about/")
    client.get("/nowhere-1/")
    client.get("/nowhere-2/")
    client.generic("MADE-UP", "/about/")
    after = numbers(client)
    assert (value(after, name, *about) or 0) - (value(before, name, *about) or 0) == 3
    nowhere = ("none", "GET", "404")
    assert (value(after, name, *nowhere) or 0) - (value(before, name, *nowhere) or 0) == 2
    assert any(key[0] == name and "other" in key[1] for key in after)
    assert not any("MADE-UP" in label or "nowhere" in label for _, labels in after for label in labels)


@pytest.mark.django_db
def test_queue_shows_its_length_and_the_age_of_the_oldest(client: Client) -> None:
    found = numbers(client)
    assert value(found, "carsite_photos_waiting", "queued") == 0
    assert value(found, "carsite_photos_waiting_oldest_seconds") == 0
    photo(), photo(), photo(status="running")
    Identification.objects.filter(sha256=f"{0:064x}").update(created=timezone.now() - timedelta(minutes=5))
    found = numbers(client)
    assert value(found, "carsite_photos_waiting", "queued") == 2
    assert value(found, "carsite_photos_waiting", "running") == 1
    assert 300 <= (value(found, "carsite_photos_waiting_oldest_seconds") or 0) < 400


def test_answers_of_late_are_counted_timed_and_compared_with_what_was_measured(
    client: Client, model: ModelVersion
) -> None:
    answered(model, 0.4, "unsure")
    answered(model, 0.8, "sure", timings={"decode": 30.0, "wait": 100.0})
    answered(model, 0.1, "unknown", finished=timezone.now() - figures.WINDOW * 2)
    photo(status="failed", failure="timeout", finished=timezone.now())
    found = numbers(client)
    assert value(found, "carsite_photos_ended", "done", "sure") == 1
    assert value(found, "carsite_photos_ended", "done", "unsure") == 1
    assert value(found, "carsite_photos_ended", "done", "unknown") is None
    assert value(found, "carsite_photos_ended", "failed", "timeout") == 1
    assert value(found, "carsite_photo_stage_seconds", "decode", "0.95") == pytest.approx(0.03)
    assert value(found, "carsite_photo_stage_seconds", "wait", "0.5") == pytest.approx(0.2)
    assert value(found, "carsite_model_confidence", "lite 1", "visitors") == pytest.approx(0.6)
    assert value(found, "carsite_model_confidence", "lite 1", "measured") == pytest.approx(0.8)
    assert value(found, "carsite_model_sure_share", "lite 1", "visitors") == pytest.approx(0.5)
    assert value(found, "carsite_model_sure_share", "lite 1", "measured") == pytest.approx(0.75)


@pytest.mark.django_db
def test_crawls_show_what_each_source_yielded_last(client: Client) -> None:
    made = {"source": "epa", "is_open": False, "finished": timezone.now()}
    ScrapeRun.objects.create(status="done", values=500, car_pages=10, **made)
    ScrapeRun.objects.create(status="failed", values=20, car_pages=10, new=3, **made)
    ScrapeRun.objects.create(source="epa", status="running")
    found = numbers(client)
    assert value(found, "carsite_scrape_yield", "epa") == 2
    assert value(found, "carsite_scrape_found", "epa", "new") == 3
    assert value(found, "carsite_scrape_ended", "epa", "failed") == 1
    assert value(found, "carsite_scrape_ended", "epa", "done") == 0


@pytest.mark.django_db
def test_enquiries_show_whose_mails_left(client: Client) -> None:
    city = City.objects.create(name="Ulm", country="DE", latitude=48.4, longitude=10.0)
    dealer = Dealer.objects.create(
        name="A", slug="a", email="a@example.org", city=city, latitude=48.4, longitude=10.0
    )
    now = timezone.now()
    asked = {"dealer": dealer, "name": "Ada", "email": "ada@example.org", "message": "?", "consented": now}
    Enquiry.objects.create(**asked, dealer_mailed=now, visitor_mailed=now)
    waiting = Enquiry.objects.create(**asked)
    failing = Enquiry.objects.create(**asked, dealer_mailed=now)
    for enquiry in (waiting, failing):
        enquiry_mails_queue(enquiry=enquiry)
    OutgoingEmail.objects.filter(enquiry_to_visitor=failing).update(attempts=2)
    Enquiry.objects.create(**asked)  # its e-mails were given up: there are none any more
    found = numbers(client)
    states = {"mailed": 2, "waiting": 1, "failing": 1, "given up": 1}
    assert {state: value(found, "carsite_enquiries", state) for state in states} == states
    text = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    assert "example.org" not in text


@pytest.mark.django_db
def test_e_mails_that_do_not_leave_are_counted(client: Client) -> None:
    assert value(numbers(client), "carsite_letters_waiting_oldest_seconds") == 0
    hence = timezone.now() + timedelta(hours=1)
    email = {"to": "ada@example.org", "subject": "Your address", "body": "A link", "expires": hence}
    OutgoingEmail.objects.create(**email)
    OutgoingEmail.objects.create(**email, attempts=2)
    OutgoingEmail.objects.create(**email, attempts=7)
    OutgoingEmail.objects.create(**email, attempts=1, status="undeliverable")
    OutgoingEmail.objects.create(**email, purpose="enquiry")
    OutgoingEmail.objects.filter(attempts=7).update(created=timezone.now() - timedelta(minutes=20))
    found = numbers(client)
    assert value(found, "carsite_letters", "waiting") == 1
    assert value(found, "carsite_letters", "failing") == 2
    assert value(found, "carsite_letters", "undeliverable") == 1
    assert 1200 <= (value(found, "carsite_letters_waiting_oldest_seconds") or 0) < 1300


def test_site_without_its_database_still_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    # No database mark: whatever is asked of it would fail.
    from django.db import OperationalError

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr("ops.checks.database", away)
    monkeypatch.setattr("classifier.figures.figures", away)
    found = numbers(client)
    assert value(found, "carsite_service_up", "database") == 0
    assert not any(name.startswith("carsite_photos") for name, _ in found)


@pytest.mark.django_db
def test_figures_cost_the_same_however_much_there_is(
    model: ModelVersion, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        answered(model, 0.5, "sure")
    assert Make.objects.count() == 0
    with django_assert_max_num_queries(13):
        metrics.of_apps()
