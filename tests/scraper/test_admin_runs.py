"""Runs in the admin: who sees them, who may act, and what the buttons do."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from core import heartbeats
from scraper.demo_site.server import DemoSite
from scraper.models import ScrapeRun
from scraper.runs.process import run_folder
from scraper.runs.schedules import schedules
from scraper.sources import ABOUT, SOURCES, source_class

pytestmark = pytest.mark.django_db
LIST = "admin:scraper_scraperun_changelist"
START = "admin:scraper_scraperun_start"


@pytest.fixture(autouse=True)
def _contact(settings):
    settings.SCRAPE_CONTACT = "staff@cars.example"


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


@pytest.fixture
def run():
    return ScrapeRun.objects.create(source="carwale", pages=12, dropped={"twice": 3})


@pytest.fixture
def looker(client, user):
    """Staff who may view runs and not act."""
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_scraperun"))
    client.force_login(user)
    return client


def test_a_run_is_started_with_what_staff_asked_for(staff, staff_user):
    asked = {"source": "carwale", "limit": "5", "make": "Audi", "dry_run": "on"}
    page = staff.post(reverse(START), asked, follow=True)
    [run] = ScrapeRun.objects.all()
    assert (run.options, run.dry_run, run.actor) == ({"limit": 5, "only": {"make": "Audi"}}, True, staff_user)
    assert f"Run {run.pk} of carwale is waiting for a worker." in page.content.decode()
    again = staff.post(reverse(START), asked, follow=True)
    assert "Wait for its end" in again.content.decode()
    assert ScrapeRun.objects.count() == 1


def test_what_cannot_be_started_is_said_and_nothing_that_was_typed_is_lost(staff):
    typed = {
        "source": "structured_data", "addresses": "https://cars.example/list\nfile:///etc/passwd",
        "follow": "/cars/(", "more": "page=1", "limit": "-1", "make": "Škoda <b>", "dry_run": "on", "every": "week",
    }  # fmt: skip
    page = html.unescape(staff.post(reverse(START), typed).content.decode())
    assert not ScrapeRun.objects.exists()
    for words in (
        "file:///etc/passwd is no address of a page",
        "can't be read",
        "greater than or equal to 1",
    ):
        assert words in page
    for kept in (
        "https://cars.example/list\nfile:///etc/passwd",
        'value="/cars/("',
        'value="page=1"',
        "Škoda <b>",
    ):
        assert kept in page
    assert re.search(r'name="dry_run"[^>]* checked', page)
    assert '<option value="week" selected>' in page


def test_a_refusal_of_the_whole_leaves_the_form_as_it_was(staff, run):
    page = staff.post(reverse(START), {"source": "carwale", "make": "Audi"}).content.decode()
    assert "Wait for its end" in page
    assert 'value="Audi"' in page


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_asked_only_for_what_it_uses(staff, source):
    about, kind = ABOUT[source], source_class(source)
    page = staff.get(reverse(START), {"source": source}).content.decode()
    assert ('name="addresses"' in page) == about.needs_addresses == (not kind.lists)
    assert ('name="follow"' in page) == about.needs_addresses
    assert about.needs_browser == kind.browser
    assert about.first_page == next(iter(kind.lists), "")
    assert ("Browser" in page) == kind.browser
    assert "Contact" in page


def test_the_page_asks_for_a_source_first(staff):
    for asked in ({}, {"source": "nothing"}, {"source": "\x00"}):
        page = staff.get(reverse(START), asked)
        assert page.status_code == 200
        assert "Run now" not in page.content.decode()


def test_what_a_crawl_lacks_is_said_before_it_is_sent(staff, settings, run):
    settings.SCRAPE_CONTACT, settings.SCRAPE_BROWSER = "", "/nowhere/chromium"
    page = html.unescape(staff.get(reverse(START), {"source": "carwale"}).content.decode())
    assert "set SCRAPE_CONTACT" in page
    assert "None gave a sign of life of late" in page
    assert f"Run {run.pk} of carwale is queued. Wait for its end" in page
    heartbeats.give("worker")
    page = html.unescape(staff.get(reverse(START), {"source": "demo_site"}).content.decode())
    assert "A worker gave a sign of life just now" in page
    assert "/nowhere/chromium is none" in page


def test_the_site_is_asked_on_demand_and_nothing_is_started(staff, settings):
    with DemoSite(faults=frozenset({"disallowed"})) as site:
        settings.SCRAPE_PRIVATE_ADDRESSES = [site.address]
        asked = [
            f"{site.url}/plain/cars/",
            f"{site.url}/plain/cars/staff-car/",
            "http://127.0.0.1:9/",
            "https://[::1]/",
        ]
        typed = {"source": "structured_data", "check": "1"}
        said = html.unescape(
            staff.post(reverse(START), typed | {"addresses": "\n".join(asked[:3])}).content.decode()
        )
        more = html.unescape(staff.post(reverse(START), typed | {"addresses": asked[3]}).content.decode())
    assert "Its robots.txt allows it." in said
    assert "its robots.txt forbids it" in said
    assert "127.0.0.1 leads to 127.0.0.1, which is not public" in said
    assert "which is not public" in more
    assert not ScrapeRun.objects.exists()


def test_a_schedule_is_set_and_shown(staff):
    staff.post(reverse(START), {"source": "carwale", "every": "week", "schedule": "1"})
    assert [task.description for task in schedules()] == ["week"]
    assert "carwale every week" in staff.get(reverse(LIST)).content.decode()
    assert not ScrapeRun.objects.exists()


def test_a_run_is_stopped_and_resumed(staff, run):
    staff.post(reverse("admin:scraper_scraperun_stop", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == "stopped"
    page = staff.get(reverse("admin:scraper_scraperun_change", args=[run.pk])).content.decode()
    assert ">Resume<" in page
    assert ">Stop<" not in page
    staff.post(reverse("admin:scraper_scraperun_resume", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == "queued"


def test_a_page_of_a_run_shows_numbers_reasons_and_the_log_escaped(staff, run):
    run_folder(run.pk).mkdir(parents=True)
    (run_folder(run.pk) / "log.txt").write_text(
        "2026-01-01 12:00:00 [x] WARNING: <script>alert(1)</script>\n  more\n"
    )
    page = staff.get(reverse("admin:scraper_scraperun_progress", args=[run.pk])).content.decode()
    assert "data-open" in page
    assert '<th scope="row">pages</th><td>12</td>' in page
    assert '<th scope="row">twice</th><td>3</td>' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_staff_who_may_only_look_see_runs_and_can_do_nothing(looker, run):
    page = looker.get(reverse("admin:scraper_scraperun_change", args=[run.pk]))
    assert page.status_code == 200
    assert ">Stop<" not in page.content.decode()
    assert "Crawl a source" not in looker.get(reverse(LIST)).content.decode()
    assert looker.get(reverse(START)).status_code == 403
    for url in (
        reverse(START),
        *(reverse(f"admin:scraper_scraperun_{act}", args=[run.pk]) for act in ("stop", "resume")),
    ):
        assert looker.post(url, {"source": "carwow"}).status_code == 403
    assert ScrapeRun.objects.get().status == "queued"


def test_visitors_see_nothing_of_it(client, other_user, run):
    client.force_login(other_user)
    for url in (reverse(LIST), reverse("admin:scraper_scraperun_progress", args=[run.pk])):
        assert client.get(url).status_code == 302
    assert client.post(reverse(START), {"source": "carwow"}).status_code == 302
    assert ScrapeRun.objects.count() == 1


def test_buttons_are_for_posts_only_and_the_list_needs_few_queries(staff, run, django_assert_max_num_queries):
    assert staff.get(reverse("admin:scraper_scraperun_stop", args=[run.pk])).status_code == 405
    for number in range(10):
        ScrapeRun.objects.create(source="carwow", status="done", is_open=False, pages=number)
    with django_assert_max_num_queries(12):
        staff.get(reverse(LIST))
