"""Runs: who may start one, who works on it, how it ends, and when it raises an alarm."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from datetime import timedelta

import psutil
import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from core import processes
from core.models import OutgoingEmail
from scraper import tasks
from scraper.demo_site.server import DemoSite
from scraper.exceptions import LayoutChanged, ScrapeRefused
from scraper.models import ScrapeRun, StagedCar
from scraper.reading.cars import Car, RawPhoto, Unparsed, Value
from scraper.reading.lines import car_from_line, car_to_line
from scraper.runs import lifecycle, process, schedules
from scraper.runs.process import Crawl, whole_lines
from scraper.runs.report import progress_line, report
from tests.scraper.crawls import ALL, car_hits

pytestmark = pytest.mark.django_db
Status = ScrapeRun.Status


@pytest.fixture(autouse=True)
def _contact(settings):
    settings.SCRAPE_CONTACT = "staff@cars.example"


def a_run(**values) -> ScrapeRun:
    is_open = values.get("status", Status.QUEUED) in (Status.QUEUED, Status.RUNNING)
    return ScrapeRun.objects.create(**{"source": "carwale", "is_open": is_open} | values)


def ended_with(monkeypatch, word, **numbers):
    def follow(crawl):
        for name, number in numbers.items():
            setattr(crawl.run, name, number)
        return word

    monkeypatch.setattr(Crawl, "follow", follow)


def car(number: int = 1, model: str = "Fjord") -> Car:
    return Car(
        source="demo_site",
        url=f"https://cars.example/{number}",
        record=f"/{number}",
        make="Halden",
        model=model,
        years=(2021, 2021),
        values=(Value("power", "110 kW", "Power", low=110000.0, high=110000.0, unit="kW"),),
        unparsed=(Unparsed("", "Mood", "good", "no such fact"),),
        photos=(RawPhoto("https://cars.example/1.jpg", "A car"),),
    )


# --- Asking -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ("autodrom", {}, "no source"),
        ("structured_data", {}, "name the addresses"),
        ("structured_data", {"addresses": ["file:///etc/passwd"]}, "no address of a page"),
        ("structured_data", {"addresses": ["https://cars.example/"], "follow": "("}, "can't be read"),
    ],
)
def test_what_cannot_be_crawled_is_refused_in_words(source, options, words):
    with pytest.raises(ScrapeRefused, match=words):
        lifecycle.run_start(source=source, options=options)
    assert not ScrapeRun.objects.exists()


def test_no_one_is_crawled_anonymously(settings):
    settings.SCRAPE_CONTACT = ""
    with pytest.raises(ScrapeRefused, match="SCRAPE_CONTACT"):
        lifecycle.run_start(source="carwale")
    settings.SCRAPE_PRIVATE_ADDRESSES = ["127.0.0.1:8765"]
    at_home = lifecycle.run_start(source="demo_site", options={"addresses": ["http://127.0.0.1:8765/cars/"]})
    assert at_home.status == Status.QUEUED


def test_a_source_is_crawled_by_one_run_at_a_time():
    first = lifecycle.run_start(source="carwale", options={"limit": 3, "only": {}})
    assert first.options == {"limit": 3}
    with pytest.raises(ScrapeRefused, match=f"Run {first.pk} of carwale is queued"):
        lifecycle.run_start(source="carwale")
    assert lifecycle.run_start(source="carwow").pk != first.pk


def test_the_job_says_who_we_are_and_allows_nothing_private_by_itself(settings):
    settings.SITE_URL = "https://cars.example"
    job = process.job_of(a_run(options={"limit": 5, "only": {"make": "Audi"}}))
    assert job.user_agent == "CarsiteBot/1.0 (+https://cars.example/about/; staff@cars.example)"
    assert job.private == ()
    assert (job.limit, job.only, job.at_once, job.throttle) == (5, {"make": "Audi"}, 1, True)
    assert job.delay >= 1.0


# --- Stopping and resuming ----------------------------------------------------------------------------------
def test_a_run_that_waits_is_stopped_at_once_and_one_under_way_is_asked_to_stop():
    waiting, running = a_run(), a_run(source="carwow", status=Status.RUNNING)
    lifecycle.run_stop(run=waiting)
    lifecycle.run_stop(run=running)
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert (waiting.status, waiting.is_open) == (Status.STOPPED, False)
    assert (running.status, running.stop_requested) == (Status.RUNNING, True)
    with pytest.raises(ScrapeRefused):
        lifecycle.run_stop(run=waiting)


@pytest.mark.parametrize("status", [Status.STOPPED, Status.FAILED])
def test_a_run_that_did_not_come_to_its_end_goes_on(status):
    run = a_run(status=status, attempt=3, pages=7, stop_requested=True)
    lifecycle.run_resume(run=run)
    run.refresh_from_db()
    assert (run.status, run.is_open, run.attempt, run.pages, run.stop_requested) == (
        Status.QUEUED,
        True,
        0,
        7,
        False,
    )


def test_a_finished_run_and_one_that_a_user_works_on_are_left_alone():
    living = processes.name_of(os.getppid())
    for run in (a_run(status=Status.DONE), a_run(source="carwow", status=Status.RUNNING, worker=living)):
        with pytest.raises(ScrapeRefused):
            lifecycle.run_resume(run=run)


def test_a_run_whose_process_is_gone_is_taken_over():
    gone = psutil.Popen(["sleep", "60"])
    name = processes.name_of(gone.pid)
    gone.kill()
    gone.wait()
    run = a_run(status=Status.RUNNING, worker=name)
    lifecycle.run_resume(run=run)
    run.refresh_from_db()
    assert run.status == Status.QUEUED


def test_a_run_is_not_resumed_while_another_of_its_source_is_open():
    stopped = a_run(status=Status.STOPPED)
    a_run()
    with pytest.raises(ScrapeRefused, match="under way"):
        lifecycle.run_resume(run=stopped)


# --- Working ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("word", "status", "words"),
    [
        ("stopped", Status.STOPPED, "resumed"),
        ("refused", Status.FAILED, "refused five"),
        ("pause", Status.FAILED, "longer pause"),
        ("died", Status.FAILED, "three times"),
        ("memusage_exceeded", Status.FAILED, "memusage_exceeded"),
    ],
)
def test_how_a_crawl_ends_is_how_the_run_ends(monkeypatch, word, status, words):
    ended_with(monkeypatch, word)
    run = a_run()
    assert lifecycle.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.is_open, run.lease_until) == (status, False, None)
    assert words in run.ended


@pytest.mark.parametrize(
    ("numbers", "status", "words"),
    [
        ({"pages": 5, "items": 4}, Status.DONE, "Everything was read: 5 pages were read, 4 cars were found."),
        (
            {"pages": 5, "items": 4, "dropped": {"twice": 1, "not read: status 404": 1}},
            Status.DONE,
            "5 pages were read and 4 cars were found, but 1 page could not be had: status 404 (1).",
        ),
        (
            {"pages": 5, "items": 1, "dropped": {"not read: status 404": 1, "not read: download timeout": 2}},
            Status.DONE,
            "but 3 pages could not be had: download timeout (2), status 404 (1).",
        ),
        (
            {"dropped": {"not read: address refused: cars.example leads to 10.0.0.7": 1}, "refused_addresses": 1},
            Status.FAILED,
            "Nothing was read: address refused: cars.example leads to 10.0.0.7 (1).",
        ),
        ({"dropped": {"not read: Forbidden by robots.txt": 1}}, Status.FAILED, "Forbidden by robots.txt (1)"),
        ({}, Status.FAILED, "Nothing was read."),
        (
            {"pages": 1, "dropped": {"list: neither a web page nor a sitemap": 1}},
            Status.DONE,
            "1 page was read, but no car was found: neither a web page nor a sitemap (1).",
        ),
        (
            {"pages": 9, "dropped": {"page: a": 1, "page: b": 3, "page: c": 2, "not read: d": 1}},
            Status.DONE,
            "9 pages were read, but no car was found: b (3), c (2) and others.",
        ),
    ],
)  # fmt: skip
def test_the_end_of_a_run_says_what_was_read_and_what_was_not(monkeypatch, numbers, status, words):
    ended_with(monkeypatch, "finished", **numbers)
    run = a_run()
    assert lifecycle.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == status
    assert words in run.ended
    assert len(run.ended) < 200


def test_a_run_is_worked_off_once(monkeypatch):
    ended_with(monkeypatch, "finished")
    run = a_run()
    assert [
        lifecycle.run_work(run_id=run.pk),
        lifecycle.run_work(run_id=run.pk),
        lifecycle.run_work(run_id=0),
    ] == [
        True,
        False,
        False,
    ]


def test_who_lost_a_run_does_not_end_it(monkeypatch):
    run = a_run()

    def lose(self):
        ScrapeRun.objects.update(worker="elsewhere:1", attempt=2)
        raise process.Lost

    monkeypatch.setattr(Crawl, "follow", lose)
    assert not lifecycle.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.worker) == (Status.RUNNING, "elsewhere:1")


def test_the_sweeper_brings_silent_runs_on():
    past = timezone.now() - timedelta(hours=1)
    silent = {"status": Status.RUNNING, "lease_until": past}
    again = a_run(**silent, attempt=1)
    given_up = a_run(source="carwow", **silent, attempt=ScrapeRun.MAX_ATTEMPTS)
    stopped = a_run(source="thecarconnection", **silent, stop_requested=True)
    alive = a_run(
        source="demo_site", status=Status.RUNNING, lease_until=timezone.now() + timedelta(minutes=1)
    )
    assert lifecycle.runs_sweep() == {"stopped": 1, "failed": 1, "requeued": 1, "woken": 1}
    states = dict(ScrapeRun.objects.values_list("pk", "status"))
    assert states == {
        again.pk: Status.QUEUED, given_up.pk: Status.FAILED, stopped.pk: Status.STOPPED, alive.pk: Status.RUNNING,
    }  # fmt: skip
    assert lifecycle.runs_sweep()["woken"] == 0


# --- Staging ------------------------------------------------------------------------------------------------
def test_a_car_is_the_same_after_a_line():
    assert car_from_line(car_to_line(car(), 1.5)) == (car(), 1.5)


def test_lines_without_their_end_are_left_for_later(tmp_path):
    path = tmp_path / "lines"
    path.write_text("one\ntwo\nthr")
    with path.open() as file:
        assert whole_lines(file, 1) == ["one\n"]
        assert whole_lines(file, 9) == ["two\n"]
        assert whole_lines(file, 9) == []
        with path.open("a") as more:
            more.write("ee\n")
        assert whole_lines(file, 9) == ["three\n"]


def a_crawl(run: ScrapeRun, *cars: Car) -> Crawl:
    ScrapeRun.objects.filter(pk=run.pk).update(status=Status.RUNNING, worker="here:1", attempt=1)
    run.refresh_from_db()
    job = process.job_of(run)
    job.path.mkdir(parents=True, exist_ok=True)
    (job.path / "cars.jsonl").write_text("".join(f"{car_to_line(found, 1.7e9)}\n" for found in cars))
    return Crawl(run, job, lambda run: None)


def test_new_cars_are_staged_once_with_the_day_they_were_fetched():
    run = a_run(source="demo_site")
    crawl = a_crawl(run, car(1), car(2, "Skerry"))
    crawl.stage_new_cars()
    crawl.stage_new_cars()
    run.refresh_from_db()
    assert (run.new, run.unchanged, run.staged_lines) == (2, 0, 2)
    staged = StagedCar.objects.get(record="/1")
    assert (staged.run, staged.fetched.date().isoformat()) == (run, "2023-11-14")
    again = a_run(source="carwow")
    ScrapeRun.objects.filter(pk=again.pk).update(source="demo_site", status=Status.DONE, is_open=False)
    assert StagedCar.objects.count() == 2


def test_a_dry_run_counts_and_stages_nothing():
    run = a_run(source="demo_site", dry_run=True)
    a_crawl(run, car(1)).stage_new_cars()
    run.refresh_from_db()
    assert run.staged_lines == 1
    assert not StagedCar.objects.exists()


# --- Alarm --------------------------------------------------------------------------------------------------
def note_yield(run: ScrapeRun, pages: int, values: int) -> None:
    crawl = a_crawl(run)
    crawl.run.car_pages, crawl.run.values = pages, values
    crawl.check_layout()


@pytest.mark.parametrize(("values", "is_alarming"), [(200, False), (105, False), (95, True), (0, True)])
def test_a_sharp_fall_of_the_yield_raises_the_alarm(values, is_alarming):
    a_run(status=Status.DONE, car_pages=40, values=800)
    a_run(status=Status.DONE, car_pages=5, values=0)  # too few pages to say what is usual
    run = a_run()
    if is_alarming:
        with pytest.raises(LayoutChanged, match="changed its layout"):
            note_yield(run, 10, values)
    else:
        note_yield(run, 10, values)


def test_a_new_source_raises_it_only_where_nothing_at_all_is_found():
    run = a_run()
    note_yield(run, 10, 1)
    note_yield(run, 9, 0)
    with pytest.raises(LayoutChanged):
        note_yield(run, 10, 0)


def test_staff_who_may_act_are_told_by_mail_and_no_one_else(monkeypatch, staff_user, user, other_user):
    other_user.is_staff = True
    other_user.save()
    helper = type(user).objects.create_user("cleo@example.org", "x", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="change_scraperun"))

    def alarm(self):
        raise LayoutChanged("The pages yield 1.0 values where 20.0 are usual.")

    monkeypatch.setattr(Crawl, "follow", alarm)
    run = a_run()
    lifecycle.run_work(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == Status.FAILED
    assert {email.to for email in OutgoingEmail.objects.all()} == {staff_user.email, helper.email}
    assert "yield 1.0 values" in OutgoingEmail.objects.first().body


# --- Schedules ----------------------------------------------------------------------------------------------
def test_a_source_is_crawled_on_a_schedule_until_it_is_taken_off():
    schedules.schedule_set(source="carwale", every="week", options={"limit": 10})
    schedules.schedule_set(source="carwale", every="day", options={"limit": 20, "only": {}})
    [task] = schedules.schedules()
    assert (task.task, task.description, json.loads(task.args)) == (
        tasks.scrape_on_schedule.name,
        "day",
        ["carwale", {"limit": 20}],
    )
    schedules.schedule_set(source="carwale", every="")
    assert not PeriodicTask.objects.filter(name__startswith="scrape ").exists()
    with pytest.raises(ScrapeRefused):
        schedules.schedule_set(source="carwale", every="minute")


def test_the_schedule_asks_for_a_run_and_leaves_one_that_is_under_way():
    tasks.scrape_on_schedule("carwale", {"limit": 2})
    tasks.scrape_on_schedule("carwale", {"limit": 2})
    assert [run.options for run in ScrapeRun.objects.all()] == [{"limit": 2}]


def test_a_report_names_what_was_dropped_and_why():
    run = a_run(
        pages=12, items=9, bytes=3 * 2**20, seconds=61, dropped={"twice": 2}, ended="Everything was read."
    )
    assert "12 pages, 9 cars" in progress_line(run)
    words = report(run)
    assert "dropped: twice" in words
    assert "3.0 MB" in words
    assert "0:01:01" in words


# --- A real crawl -------------------------------------------------------------------------------------------
def test_a_crawl_that_is_killed_goes_on_in_the_same_run_and_gets_no_secrets(monkeypatch):
    """The whole way: a real process, killed once, its cars staged while it goes."""
    monkeypatch.setenv("SECRET_KEY", "not for crawls")
    killed: list[int] = []

    def kill_once(run: ScrapeRun) -> None:
        if run.items < 4 or killed:
            return
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):  # another test's, which has ended
                if "scraper.crawl" in child.cmdline():
                    assert "SECRET_KEY" not in child.environ()
                    child.send_signal(signal.SIGKILL)
                    killed.append(child.pid)

    monkeypatch.setattr(process, "PULSE", 0.05)
    with DemoSite(seconds=0.1) as site:
        run = lifecycle.run_start(
            source="structured_data",
            options={
                "addresses": [f"{site.url}/plain/cars/?page=1"], "follow": r"/cars/[\w-]+/$", "more": r"page=\d+$",
            },
            private=(site.address,),
        )  # fmt: skip
        lifecycle.run_work(run_id=run.pk, show=kill_once, private=(site.address,), delay=0.0, throttle=False)
    run.refresh_from_db()
    assert killed
    assert (run.status, run.items, run.new) == (Status.DONE, ALL, ALL), run.ended
    assert StagedCar.objects.filter(run=run).count() == ALL
    assert sum(count - 1 for count in car_hits(site).values()) <= 1
