"""Runs in the admin: who sees them, who may act, and what the buttons do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from scraper.models import ScrapeRun
from scraper.runs.process import run_folder
from scraper.runs.schedules import schedules

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


def test_what_cannot_be_started_is_said(staff):
    page = staff.post(reverse(START), {"source": "structured_data"}, follow=True)
    assert "name the addresses" in page.content.decode()
    page = staff.post(reverse(START), {"source": "nothing", "limit": "-1"}, follow=True)
    assert "Most pages of cars" in page.content.decode()
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
    assert "Run now" not in looker.get(reverse(LIST)).content.decode()
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
    assert staff.get(reverse(START)).status_code == 405
    for number in range(10):
        ScrapeRun.objects.create(source="carwow", status="done", is_open=False, pages=number)
    with django_assert_max_num_queries(12):
        staff.get(reverse(LIST))
