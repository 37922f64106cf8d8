"""With one service away at a time, each page gives its written answer: the table of docs/watching.md, walked."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import ROOT
from tests.ml.tiny import write_tiny_bundle
from tests.servers import Redis, Smtp
from tests.services import Page, Site, Visitor, photo, wait_for

TOKEN = "a-token-of-the-operators"
SERVICES = ("broker", "cache", "model", "storage", "mail", "database")
STAFF = {"login": "staff@carsite.example", "password": "demo-staff-2026"}
_seeds = count(1000)


def written() -> dict[str, dict[str, str]]:
    """The table: page → service → what happens."""
    text = (ROOT / "docs" / "watching.md").read_text()
    lines = text.partition("| page |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {page: dict(zip(SERVICES, rest, strict=True)) for page, *rest in cells}


class Rig:
    """A site whose services can be taken away one at a time, with a guest and a member of staff."""

    def __init__(self, site: Site, broker: Redis, cache: Redis, smtp: Smtp) -> None:
        self.site, self.broker, self.cache, self.smtp = site, broker, cache, smtp
        self.guest, self.staff = Visitor(site.url), Visitor(site.url)
        assert self.staff.post("/accounts/login/", STAFF).status == 200
        self.dealer = re.search(r'href="(/dealers/[\w-]+/)', self.guest.get("/dealers/?make=audi").text)[1]  # type: ignore[index]
        self.answered = self.upload().json()["url"]
        self.settle()
        self.usual = {page: ask(self) for page, ask in PAGES.items()}
        self.settle()

    def upload(self, **headers: str) -> Page:
        """A new photo."""
        file = SimpleUploadedFile("car.jpg", photo(next(_seeds)), "image/jpeg")
        return self.guest.post("/identify/", {"photos": file}, Accept="application/json", **headers)

    def numbers(self, name: str) -> float:
        """The sum of a number of /metrics."""
        text = self.guest.get("/metrics", Authorization=f"Bearer {TOKEN}").text
        return sum(float(line.split()[-1]) for line in text.splitlines() if re.match(rf"{name}[{{ ]", line))

    def settle(self) -> None:
        """Wait until everything that was taken is answered or has left by mail, with beat's help."""
        for _ in range(30):
            with contextlib.suppress(AssertionError):
                wait_for(self.is_settled, seconds=3)
                return
            self._grow_old()
            for task in ("classifier.tasks.sweep", "core.tasks.sweep_outbox"):
                self.site.send_task(task)
        assert self.is_settled(), self.guest.get("/metrics", Authorization=f"Bearer {TOKEN}").text

    def is_settled(self) -> bool:
        """Whether nothing waits."""
        left = ("carsite_photos_waiting", "carsite_enquiries_waiting_oldest_seconds")
        return not any(self.numbers(name) for name in left)

    def _grow_old(self) -> None:
        """What the sweepers would do in a few minutes is due at once, but for e-mails that are being sent now."""
        with (
            contextlib.closing(sqlite3.connect(self.site.var / "db.sqlite3", timeout=30)) as database,
            database,
        ):
            database.execute(
                "UPDATE classifier_identification SET enqueued = '2020-01-01' WHERE status = 'queued'"
            )
            database.execute(
                "UPDATE core_outgoingemail SET created = '2020-01-01', due = '2020-01-01' "
                "WHERE due < datetime('now', '+100 seconds')"
            )

    def errors(self, number: str) -> list[dict[str, Any]]:
        """What the web server's log says at ERROR of the request with this number."""
        lines = [json.loads(line) for line in self.site.log("web").splitlines() if number in line]
        return [line for line in lines if line["request_id"] == number and line["level"] == "ERROR"]

    # --- Taking away ----------------------------------------------------------------------------------------
    @contextmanager
    def without(self, service: str) -> Iterator[None]:
        """The service is away meanwhile."""
        takers: dict[str, Callable[[], object]] = {
            "model": lambda: _moved(self.site.bundle),
            "storage": lambda: _replaced(self.site.var / "media", Path.touch),
            "database": lambda: _replaced(self.site.var / "db.sqlite3", Path.mkdir),
        }
        if service in takers:
            with takers[service]():
                yield
            return
        server = {"broker": self.broker, "cache": self.cache, "mail": self.smtp}[service]
        server.stop()
        try:
            yield
        finally:
            server.start()


@contextmanager
def _moved(path: Path | None) -> Iterator[None]:
    assert path is not None
    away = path.with_name("away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


@contextmanager
def _replaced(path: Path, make: Callable[[Path], None]) -> Iterator[None]:
    """Something else is in the path's place."""
    away = path.with_name("away")
    path.rename(away)
    make(path)
    try:
        yield
    finally:
        path.unlink() if path.is_file() else path.rmdir()
        away.rename(path)


@pytest.fixture(scope="module")
def rig(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    bundle = tmp_path_factory.mktemp("degraded") / "tiny"
    write_tiny_bundle(bundle)
    with Redis() as broker, Redis() as cache, Smtp() as smtp:
        site = Site(
            seeded_database,
            bundle,
            beat=True,
            DJANGO_SETTINGS_MODULE="tests.integration.as_in_production",
            DEBUG="0",
            SHARED_PAGES_SECONDS="0",  # what is kept for visitors would hide what is away
            SECRET_KEY=uuid.uuid4().hex * 2,
            ALLOWED_HOSTS="127.0.0.1,localhost",
            STAFF_MFA_REQUIRED="0",
            BROKER_URL=f"{broker.url}/0",
            REDIS_URL=cache.url,
            EMAIL_URL=smtp.url,
            METRICS_TOKEN=TOKEN,
        )
        site.broker_url = f"{broker.url}/0"
        (site.var / "static").mkdir()
        with site:
            yield Rig(site, broker, cache, smtp)


# --- Pages --------------------------------------------------------------------------------------------------
def waiting(rig: Rig, **headers: str) -> Page:
    """The page of a photo that was sent just now, if it was taken."""
    sent = rig.upload()
    return rig.guest.get(sent.json()["url"] if sent.status == 202 else rig.answered, **headers)


def enquire(rig: Rig, **headers: str) -> Page:
    """Fill in the form of an enquiry and send it, if there is a form."""
    path = f"{rig.dealer}enquire/"
    form = rig.guest.get(path, **headers)
    if form.status != 200:
        return form
    token = re.search(r'name="token"[^>]*value="([^"]+)"', form.text)
    assert token, form.text
    who = {"name": "Ada", "email": f"ada{next(_seeds)}@example.org"}
    fields = who | {"token": unescape(token[1]), "message": "Is it still there?", "consent": "on"}
    return rig.guest.post(path, fields, **headers)


def sign_in(rig: Rig, **headers: str) -> Page:
    """Come as a new person and sign in, if there is a page for it."""
    visitor = Visitor(rig.site.url)
    form = visitor.get("/accounts/login/", **headers)
    return visitor.post("/accounts/login/", STAFF, **headers) if form.status == 200 else form


PAGES: dict[str, Callable[..., Page]] = {
    "upload": Rig.upload,
    "home": lambda rig, **headers: rig.guest.get("/", **headers),
    "result": lambda rig, **headers: rig.guest.get(rig.answered, **headers),
    "waiting result": waiting,
    "history": lambda rig, **headers: rig.guest.get("/identifications/", **headers),
    "photo": lambda rig, **headers: rig.guest.get(f"{rig.answered}photo/", **headers),
    "cars": lambda rig, **headers: rig.guest.get("/cars/", **headers),
    "car": lambda rig, **headers: rig.guest.get("/cars/audi/a5/audi-a5-coupe-2012/", **headers),
    "search": lambda rig, **headers: rig.guest.get("/cars/?q=audi", **headers),
    "dealers": lambda rig, **headers: rig.guest.get("/dealers/?make=audi&near=Munich", **headers),
    "enquiry": enquire,
    "account": lambda rig, **headers: rig.staff.get("/account/", **headers),
    "sign-in": sign_in,
    "admin": lambda rig, **headers: rig.staff.get("/admin/", **headers),
    "API: makes": lambda rig, **headers: rig.guest.get("/api/v1/makes/", **headers),
    "API: cars": lambda rig, **headers: rig.guest.get("/api/v1/variants/?q=audi", **headers),
    "API: photos": lambda rig, **headers: rig.staff.get("/api/v1/identifications/", **headers),
    "/healthz": lambda rig, **headers: rig.guest.get("/healthz", **headers),
    "/readyz": lambda rig, **headers: rig.guest.get("/readyz", **headers),
}


def heading(page: Page) -> str:
    """The page's h1; of what has none its first words."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    return " ".join(found[1].split()) if found else page.text[:20]


def check(rig: Rig, name: str, expected: str) -> None:
    """Ask for a page and compare with the table's word for it."""
    number = f"{name.strip('/').replace(' ', '-').replace(':', '')}-{uuid.uuid4().hex}"
    page = PAGES[name](rig, **{"X-Request-ID": number})
    assert "Traceback" not in page.text
    match expected:
        case "works" if name == "/readyz":
            # What a busy machine is slow to answer, or has not said yet after its start, counts as away for a while.
            wait_for(
                lambda: PAGES[name](rig).json()["status"] == "ready", what="services that answer in time"
            )
        case "works":
            assert page.status == 200
            assert name == "waiting result" or heading(page) == heading(rig.usual[name])
        case "taken":
            assert page.status == rig.usual[name].status, page.text
        case "waits":
            assert page.status == 200
            assert "in the queue" in heading(page)
        case "says so":
            wait_for(lambda: "unavailable at the moment" in PAGES[name](rig).text, what="a page that says so")
        case "refused":
            assert (page.status, page.json()["code"]) == (503, "storage_away")
            assert "It was not stored" in page.json()["message"]
        case "sorry":
            assert page.status == 503
            is_api = name.startswith("API")
            assert (
                page.json()["code"] == "away"
                if is_api
                else heading(page) == "Part of the site is unavailable"
            )
            assert is_api or number in page.text
            (line,) = wait_for(lambda: rig.errors(number))
            assert line["error"]
            assert "exception" not in line
        case "degraded" | "away":
            assert page.json()["status"] == expected
            assert page.status == (503 if expected == "away" else 200)
        case other:
            raise AssertionError(f"the table has no meaning for {other}")


# --- Tests --------------------------------------------------------------------------------------------------
def test_table_names_all_pages_and_services() -> None:
    table = written()
    assert set(table) == set(PAGES)
    assert all(set(row) == set(SERVICES) for row in table.values())


@pytest.mark.parametrize("service", SERVICES)
def test_pages_give_their_written_answer_while_a_service_is_away(rig: Rig, service: str) -> None:
    table = written()
    faults = {}
    with rig.without(service):
        for name in PAGES:
            try:
                check(rig, name, table[name][service])
            except AssertionError as fault:
                faults[name] = f"{table[name][service]}: {fault}"
    assert faults == {}
    rig.settle()
    for name in ("home", "upload", "result", "photo", "API: photos"):
        assert PAGES[name](rig).status == rig.usual[name].status, f"{name} afterwards"
    rig.settle()
    assert rig.numbers("carsite_photos_waiting") == 0


def test_every_enquiry_left_by_two_mails(rig: Rig) -> None:
    rig.settle()
    to = [message["To"] for message in rig.smtp.messages]
    assert len(to) > 2
    assert len(to) % 2 == 0
    asked = {address for address in to if "ada" in address}
    assert len(asked) == len(to) // 2, "a mail left twice, or not at all"


def test_one_id_leads_from_the_click_to_the_answer(rig: Rig) -> None:
    number = f"click.{uuid.uuid4().hex}"
    sent = rig.upload(**{"X-Request-ID": number})
    identification = sent.json()["url"].split("/")[-2]

    def answered() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in rig.site.log("worker").splitlines() if number in line]
        return [line for line in lines if line["message"] == "photo answered"]

    (line,) = wait_for(answered, what="the worker's line")
    assert line["identification"] == identification
    assert line["task"] == "classifier.tasks.identify"
    assert uuid.UUID(line["task_id"])
    assert line["model_version"]
    assert {"wait", "decode", "first_view", "answer", "other", "worker"} <= set(line["ms"])
    (asked,) = (json.loads(line) for line in rig.site.log("web").splitlines() if number in line)
    assert (asked["view"], asked["status"]) == ("classifier:identify", 202)


def test_requests_are_counted_over_all_processes_of_the_web_server(rig: Rig) -> None:
    def counted() -> float:
        text = rig.guest.get("/metrics", Authorization=f"Bearer {TOKEN}").text
        line = re.search(r'carsite_request_seconds_count\{[^}]*status="200",view="about"\} (\S+)', text)
        return float(line[1]) if line else 0.0

    before = counted()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: Visitor(rig.site.url).get("/about/").status, range(32)))
    assert statuses == [200] * 32
    assert [counted() - before for _ in range(6)] == [32] * 6


def test_nothing_personal_is_in_the_logs(rig: Rig) -> None:
    said = rig.site.log("web") + rig.site.log("worker")
    assert len(said.splitlines()) > 50
    for word in ("@example.org", "Ada", "still there", "car.jpg", STAFF["password"], "staff@carsite"):
        assert word not in said
