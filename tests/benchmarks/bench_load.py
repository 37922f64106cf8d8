"""The whole site under load, on PostgreSQL and Redis, with web, worker and load on the same machine; loopback only.

    python -m tests.benchmarks load [--photos N]

N (2000) photos are identified to see whether memory grows; 10000 take about ten minutes on two cores. The plain way
(tests/benchmarks/plain_way.py) gets the same photos in the same run.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from statistics import median
from urllib.request import Request, urlopen

import dj_database_url
import psutil
from django.db import connections
from django.db.models import Count, Max, Min
from django.test import override_settings
from django.utils import timezone

from classifier.models import Identification, Prediction
from classifier.photos.delete import identifications_delete
from tests.benchmarks import bench_ml
from tests.benchmarks.bench_catalog import use
from tests.benchmarks.readers import read_pages
from tests.servers import Postgres, Redis
from tests.services import ROOT, Site, Visitor, wait_for

PEOPLE, STARTS, SUSTAINED, LARGE = 50, 3, 600, 40
READERS, READ_SECONDS = 8, 20.0
TOKEN = "a-token-of-the-operators"
PAGES = ("/", "/cars/", "/cars/?q=audi+a5", "/cars/?body=suv&fuel=petrol", "/makes/", "/cars/audi/",
         "/cars/audi/a5/audi-a5-coupe-2012/", "/compare/?v=audi-a5-coupe-2012&v=bmw-m3-coupe-2012", "/dealers/",
         "/dealers/?make=audi&near=Munich")  # fmt: skip

PlainSite = Callable[[], AbstractContextManager[str]]
PlainRate = Callable[[str, list[bytes]], float]
_numbers = iter(range(10**9))


def share(values: list[float], of: float) -> float:
    """The value that this share of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(of * len(values)))]


def row(name: str, *cells: object) -> None:
    print(f"  {name:50}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def photos(size: tuple[int, int], count: int) -> list[bytes]:
    """Photos that differ in a comment, so that none is taken for another."""
    content = bench_ml.photo(size)
    comments = (f"{next(_numbers):010d}".encode() for _ in range(count))
    return [content[:2] + b"\xff\xfe\x00\x0c" + comment + content[2:] for comment in comments]


# --- The site -----------------------------------------------------------------------------------------------
@contextmanager
def loaded_site() -> Iterator[Site]:
    """A site as in production with the seed catalogue; this process reads its database too."""
    with Postgres() as postgres, Redis() as redis:
        site = Site(
            None,
            ROOT / "ml" / "bundles" / "lite2",
            beat=True,
            DJANGO_SETTINGS_MODULE="tests.integration.as_in_production",
            DEBUG="0",
            SECRET_KEY=secrets.token_urlsafe(50),
            ALLOWED_HOSTS="127.0.0.1,localhost",
            DATABASE_URL=postgres.url,
            REDIS_URL=redis.url,
            METRICS_TOKEN=TOKEN,
            LOG_LEVEL="WARNING",
        )
        site.broker_url = f"{redis.url}/0"
        (site.var / "static").mkdir()
        for command in (["migrate"], ["load_catalog"], ["load_dealers", "--demo"]):
            words = [sys.executable, "manage.py", *command, "--verbosity", "0"]
            subprocess.run(words, cwd=ROOT, env=site.env, check=True)
        use(dj_database_url.parse(postgres.url))
        with site, override_settings(MEDIA_ROOT=site.var / "media"):
            yield site
        connections["default"].close()


def processes(site: Site, name: str) -> list[psutil.Process]:
    """A service's processes: gunicorn's or Celery's first one, then its children."""
    first = psutil.Process({"worker": site.worker, "web": site.web}[name].pid)
    return [first, *first.children(recursive=True)]


def cpu(site: Site, *names: str) -> float:
    """Seconds of CPU that services have used so far."""
    times = [one.cpu_times() for name in names for one in processes(site, name)]
    return sum(one.user + one.system for one in times)


def memory(site: Site, name: str) -> float:
    """MB that a service's processes have to themselves; what they share counts once in each, in parts (PSS)."""
    return sum(one.memory_full_info().pss for one in processes(site, name)) / 2**20


def answer_all(seconds: float = 900) -> None:
    """Wait until nothing waits."""
    wait_for(lambda: not Identification.objects.waiting().exists(), seconds=seconds, what="all answers")


def forget() -> None:
    """No photos from before, nor their files."""
    identifications_delete(rows=list(Identification.objects.all()))


# --- Parts --------------------------------------------------------------------------------------------------
def worker_start(site: Site) -> None:
    """From the start of a worker to the answer of a photo that waited for it."""
    visitor, seconds = Visitor(site.url), []
    for content in photos((550, 412), STARTS):
        site.stop("worker")
        visitor.upload(content)
        started = timezone.now()
        site.start_worker()
        answer_all()
        latest = Identification.objects.aggregate(at=Max("finished"))["at"]
        seconds.append((latest - started).total_seconds())
    row("worker start to first answer (s), goal 5", f"{median(seconds):.1f}", f"{max(seconds):.1f}")


class Person:
    """Somebody who sends a photo and then watches its page as a browser does, until there is an answer."""

    def __init__(self, url: str) -> None:
        self.visitor = Visitor(url)
        self.visitor.get("/accounts/login/")  # the page with the form, and its cookie
        self.trouble = ""
        self.taken = self.answered = 0.0

    def send(self, content: bytes, together: threading.Barrier) -> None:
        """Upload when all are ready; `trouble` says what went wrong."""
        together.wait()
        started = time.perf_counter()
        sent = self.visitor.upload(content)
        if sent.status != 202:
            self.trouble = f"{sent.status}: {sent.text[:80]}"
            return
        self.taken = time.perf_counter() - started
        for step in range(2000):
            time.sleep(0.25 if step < 16 else 1.0)
            page = self.visitor.get(f"{sent.json()['url']}?step={step}", **{"HX-Request": "true"})
            if page.status != 200:
                self.trouble = f"{page.status} while waiting"
                return
            if "hx-get" not in page.text:
                break
        self.answered = time.perf_counter() - started


def crowd(site: Site, name: str, size: tuple[int, int]) -> None:
    """All people send a photo in the same moment, while somebody reads pages."""
    forget()
    people = [Person(site.url) for _ in range(PEOPLE)]
    together = threading.Barrier(PEOPLE)
    with read_pages(site.url, PAGES, connections=1) as reading, ThreadPoolExecutor(PEOPLE) as pool:
        list(
            pool.map(
                lambda one: one[0].send(one[1], together), zip(people, photos(size, PEOPLE), strict=True)
            )
        )
    troubles = [one.trouble for one in people if one.trouble]
    done = [one for one in people if not one.trouble]
    failed = Identification.objects.exclude(status="done").count()
    pages = sorted(1000 * seconds for seconds in reading.seconds)
    row(
        f"{PEOPLE} people at once, {name}: errors, goal 0",
        len(troubles) + failed + reading.errors,
        *troubles[:1],
    )
    if done:
        taken = [one.taken for one in done]
        answered = [one.answered for one in done]
        row("  photo taken (s): median, p95", f"{median(taken):.2f}", f"{share(taken, 0.95):.2f}")
        row("  answer on the page (s): median, last", f"{median(answered):.2f}", f"{max(answered):.2f}")
    row("  pages meanwhile (ms): median, p95 (goal 500), number",
        f"{median(pages):.0f}", f"{share(pages, 0.95):.0f}", len(pages))  # fmt: skip


def plain_crowd(url: str, name: str, size: tuple[int, int]) -> None:
    """The same, where the answer is the response."""
    together, times, errors = threading.Barrier(PEOPLE), [], []

    def send(content: bytes) -> None:
        together.wait()
        started = time.perf_counter()
        try:
            urlopen(Request(url, data=content), timeout=120).read()
            times.append(time.perf_counter() - started)
        except OSError as error:
            errors.append(error)

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(send, photos(size, PEOPLE)))
    row(f"plain way, {PEOPLE} at once, {name} (s): median, last, errors",
        f"{median(times or [0.0]):.2f}", f"{max(times, default=0.0):.2f}", len(errors))  # fmt: skip


def sustained(site: Site) -> float:
    """Photos a second that wait when the worker comes, and the share of its time outside decoding and the model."""
    forget()
    site.stop("worker")
    visitor = Visitor(site.url)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visitor.upload, photos((550, 412), SUSTAINED)))
    site.start_worker()
    answer_all()
    done = Identification.objects.filter(status="done")
    times = done.aggregate(first=Min("started"), last=Max("finished"), n=Count("pk"))
    seconds = (times["last"] - times["first"]).total_seconds()
    inside = sum(
        sum(one.get(stage, 0.0) for stage in ("decode", "first_view", "second_view"))
        for one in done.values_list("timings", flat=True)
    )
    outside = 1 - inside / 1000 / (2 * seconds)
    rate = float(times["n"]) / seconds
    row("photos a second at 550 px, goal 25", f"{rate:.1f}", f"of {times['n']}")
    row("  share outside decoding and model, goal 0.35", f"{outside:.2f}")
    return rate


def reading(site: Site) -> None:
    """Pages of the catalogue as fast as they come, each connection asking anew when it has its answer."""
    before = cpu(site, "web")
    with read_pages(site.url, PAGES, connections=READERS) as found:
        time.sleep(READ_SECONDS)
    used = cpu(site, "web") - before
    times = [1000 * seconds for seconds in found.seconds]
    row(f"catalogue pages a second, {READERS} readers, goal 150", f"{len(times) / READ_SECONDS:.0f}",
        f"{found.errors} err")  # fmt: skip
    row("  time (ms): median, p95 (goal 150)", f"{median(times):.0f}", f"{share(times, 0.95):.0f}")
    row("  CPU of a page in the web server (ms)", f"{1000 * used / len(times):.1f}")


def large_photo(site: Site) -> None:
    """CPU of all of web server and worker for a 12-megapixel photo, from its bytes to its answer in the database."""
    forget()
    visitor, sent = Visitor(site.url), photos((4000, 3000), LARGE + 4)
    for content in sent[:4]:
        visitor.upload(content)
    answer_all()
    idle = cpu(site, "web", "worker")
    time.sleep(5)
    idle = (cpu(site, "web", "worker") - idle) / 5  # beat's tasks, heartbeats
    before, started = cpu(site, "web", "worker"), time.perf_counter()
    for content in sent[4:]:
        visitor.upload(content)
    answer_all()
    used = cpu(site, "web", "worker") - before - idle * (time.perf_counter() - started)
    row("CPU of a 12-megapixel photo (ms), goal 120", f"{1000 * used / LARGE:.0f}")


def room(site: Site) -> None:
    """What a 12-megapixel photo and its answer leave on disk and in the database, indexes and dead rows apart."""
    files = [path.stat().st_size for path in (site.var / "media").rglob("*.jpg")]
    count = Identification.objects.count()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT avg(pg_column_size(t.*)) FROM classifier_identification t")
        own = float(cursor.fetchone()[0])
        cursor.execute("SELECT sum(pg_column_size(t.*)) FROM classifier_prediction t")
        own += float(cursor.fetchone()[0]) / count
    row(
        "a 12-megapixel photo leaves (kB): files, rows",
        f"{sum(files) / count / 1000:.0f}",
        f"{own / 1000:.1f}",
    )


def growth(site: Site, count: int) -> None:
    """Memory of worker and web server over many identifications; photos that were answered are made to wait again."""
    forget()
    visitor = Visitor(site.url)
    batch = min(200, count)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visitor.upload, photos((550, 412), batch)))
    answer_all()
    found, before = [], cpu(site, "worker")
    for _ in range(max(1, count // batch - 1)):
        ids = list(Identification.objects.values_list("pk", flat=True))
        Prediction.objects.all().delete()
        Identification.objects.update(
            status="queued", attempt=0, enqueued=timezone.now(), finished=None, started=None
        )
        for pk in ids:
            site.send_task("classifier.tasks.identify", str(pk), queue="identify")
        answer_all()
        found.append((memory(site, "worker"), memory(site, "web")))
    row(
        "CPU of a 550-px photo in the worker (ms)",
        f"{1000 * (cpu(site, 'worker') - before) / batch / len(found):.0f}",
    )
    at = max(1, len(found) // 10)  # what is loaded or cached once is there by then
    for i, name in enumerate(("worker", "web")):
        first, last = found[at - 1][i], found[-1][i]
        row(f"memory of {name}, {count} identifications (MB): from, to, growth (goal 5%)",
            f"{first:.0f}", f"{last:.0f}", f"{100 * (last / first - 1):.1f}%")  # fmt: skip


# --- All of it ----------------------------------------------------------------------------------------------
def run(plain_site: PlainSite, plain_rate: PlainRate, *, count: int = 2000) -> None:
    """Print the table."""
    cores = len(os.sched_getaffinity(0))
    print(
        f"\nUnder load: PostgreSQL, Redis, 2 web and 2 worker processes and the load itself on {cores} cores"
    )
    with loaded_site() as site:
        worker_start(site)
        for name, size in (("550 px", (550, 412)), ("12 megapixels", (4000, 3000))):
            crowd(site, name, size)
        ours = sustained(site)
        reading(site)
        large_photo(site)
        room(site)
        growth(site, count)
        errors = re.findall(r'"level": "ERROR".*', site.log("web") + site.log("worker"))
        row("lines of error in the logs", len(errors), *errors[:1])
    with plain_site() as url:
        theirs = plain_rate(url, photos((550, 412), 60))
        row("plain way: photos a second at 550 px, ours to theirs", f"{theirs:.1f}", f"{ours / theirs:.2f}")
        for name, size in (("550 px", (550, 412)), ("12 megapixels", (4000, 3000))):
            plain_crowd(url, name, size)
