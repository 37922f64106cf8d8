"""Measure the site on this machine and print tables: `make bench`, or `python -m tests.benchmarks [PART …]`.

Parts: latency, throughput, pages, slow, start, model, catalog, crawl, extract, load. A private site is started for the first
four, with a real Redis, worker, web server and the bundle that ships; `load` starts one on PostgreSQL, and `--photos N`
says how many identifications it watches memory over.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

django.setup()

from django.core.management import call_command  # noqa: E402  (Django has to be set up first)
from django.db import connections  # noqa: E402
from django.db.models import Max, Min  # noqa: E402

from tests.benchmarks import bench_catalog, bench_crawl, bench_extract, bench_load, bench_ml, bench_slow  # noqa: E402
from tests.services import ROOT, Site, Visitor, free_port, wait_for  # noqa: E402

LATENCY_RUNS, THROUGHPUT_PHOTOS, PLAIN_PHOTOS, PAGE_RUNS, START_RUNS = 40, 200, 60, 40, 5


class NoBlocker:
    """Stands in for pytest-django's guard of the database, which is not there outside of tests."""

    @contextmanager
    def unblock(self) -> Iterator[None]:
        yield


def variations(size: tuple[int, int], count: int) -> list[bytes]:
    """Photos that differ in a byte of a comment, so that none is taken for another."""
    content = bench_ml.photo(size)
    return [content[:2] + b"\xff\xfe\x00\x06" + f"{i:04d}".encode() + content[2:] for i in range(count)]


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row(name: str, *cells: object) -> None:
    print(f"  {name:46}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def latency(site: Site) -> None:
    """From POST of a 12-megapixel photo until its page has the answer, one after the other."""
    visitor = Visitor(site.url)
    seconds = []
    for content in variations((4000, 3000), LATENCY_RUNS + 2):
        started = time.perf_counter()
        url = visitor.upload(content).json()["url"]
        wait_for(lambda url=url: "hx-get" not in visitor.get(url, **{"HX-Request": "true"}).text, what=url)
        seconds.append(time.perf_counter() - started)
    seconds = [1000 * value for value in seconds[2:]]
    print("\n12-megapixel photo, from POST to the answer on its page (ms), goal p95 <= 800")
    row("", "median", "p95", "runs")
    row("idle site", f"{median(seconds):.0f}", f"{percentile(seconds, 0.95):.0f}", len(seconds))


def throughput(site: Site) -> None:
    """550-px photos: our worker with everything it does, beside the plain way, in turns."""
    ours, plain = [], []
    photos = variations((550, 412), 2 * THROUGHPUT_PHOTOS)
    with plain_site() as plain_url:
        for half in (photos[:THROUGHPUT_PHOTOS], photos[THROUGHPUT_PHOTOS:]):
            ours.append(worker_rate(site, half))
            plain.append(plain_rate(plain_url, half[:PLAIN_PHOTOS]))
    own, theirs = median(ours), median(plain)
    print("\nPhotos a second at 550 px, everything included (two turns each)")
    row("", "median", "turns", "ratio")
    row("Carsite's worker", f"{own:.1f}", "/".join(f"{v:.1f}" for v in ours), "")
    row("eager ResNet-50 inside the request", f"{theirs:.1f}", "/".join(f"{v:.1f}" for v in plain), "")
    row("ours to theirs, goal >= 3 and >= 25/s", "", "", f"{own / theirs:.2f}")


def worker_rate(site: Site, photos: list[bytes]) -> float:
    """Answers a second, from the first claim to the last answer, of photos that waited when the worker came."""
    from classifier.models import Identification

    visitor = Visitor(site.url)
    site.stop("worker")
    with site.database(NoBlocker()):
        Identification.objects.all().delete()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(visitor.upload, photos))
        site.start_worker()
        waiting = Identification.objects.waiting()
        wait_for(lambda: not waiting.exists(), seconds=300, what="all answers")
        times = Identification.objects.filter(status="done").aggregate(Min("started"), Max("finished"))
        count = Identification.objects.filter(status="done").count()
        connections["default"].close()
    return count / (times["finished__max"] - times["started__min"]).total_seconds()


@contextmanager
def plain_site() -> Iterator[str]:
    """The plain way behind gunicorn with two processes."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.benchmarks.plain_way:application"]
    options = ["--workers", "2", "--threads", "1", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], cwd=ROOT)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(lambda: answers(url), seconds=90, what="the plain way")
        yield url
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=60).status == 200
    except OSError:
        return False


def plain_rate(url: str, photos: list[bytes]) -> float:
    """Answers a second of the plain way with four clients, warmed up."""

    def send(content: bytes) -> None:
        urllib.request.urlopen(urllib.request.Request(url, data=content), timeout=120).read()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, photos[:8]))
        started = time.perf_counter()
        list(pool.map(send, photos))
        return len(photos) / (time.perf_counter() - started)


def pages(site: Site) -> None:
    """Server time of pages with the seed catalogue, asked one after the other over loopback."""
    visitor = Visitor(site.url)
    paths = {
        "home": "/",
        "cars": "/cars/",
        "cars, searched": "/cars/?q=audi+a5",
        "cars, misspelt": "/cars/?q=lamborgini",
        "cars, filtered": "/cars/?body=suv&fuel=petrol&year_min=2010",
        "makes": "/makes/",
        "make": "/cars/audi/",
        "variant": "/cars/audi/a5/audi-a5-coupe-2012/",
        "compare": "/compare/?v=audi-a5-coupe-2012&v=bmw-m3-coupe-2012",
        "dealers": "/dealers/",
        "dealers near": "/dealers/?make=audi&near=Munich",
    }
    print("\nPages with the seed catalogue (ms), goal p95 <= 60")
    row("", "median", "p95", "status")
    for name, path in paths.items():
        asked = [visitor.get(path) for _ in range(PAGE_RUNS + 4)][4:]
        times = [1000 * page.seconds for page in asked]
        status = "/".join(sorted({str(page.status) for page in asked}))
        row(name, f"{median(times):.0f}", f"{percentile(times, 0.95):.0f}", status)


def start() -> None:
    """How long `manage.py check` takes as a whole process."""
    seconds = []
    for _ in range(START_RUNS + 1):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=ROOT,
            env=os.environ | {"DEBUG": "1"},
            check=True,
            capture_output=True,
        )
        seconds.append(time.perf_counter() - started)
    print("\nmanage.py check, whole process (s), goal <= 2")
    row("", f"{median(seconds[1:]):.2f}")


def model() -> None:
    """What a photo costs in a worker, stage by stage."""
    print()
    bench_ml.main([])


@contextmanager
def running_site() -> Iterator[Site]:
    """A site with the seed catalogue, demonstration dealers and the bundle that ships."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "seed.sqlite3"
        connections["default"].settings_dict["NAME"] = str(database)
        call_command("migrate", verbosity=0)
        call_command("load_catalog", verbosity=0)
        call_command("load_dealers", demo=True, verbosity=0)
        connections["default"].close()
        with Site(database, ROOT / "ml" / "bundles" / "lite2", beat=True) as site:
            yield site


PARTS: dict[str, Callable] = {
    "latency": latency,
    "throughput": throughput,
    "pages": pages,
    "slow": bench_slow.run,
    "start": start,
    "model": model,
    "catalog": bench_catalog.run,
    "extract": bench_extract.main,
    "crawl": bench_crawl.run,
    "load": lambda: bench_load.run(plain_site, plain_rate, count=options.photos),
}
ALONE = {"start", "model", "catalog", "crawl", "extract", "load"}
options = argparse.Namespace()


def main(arguments: list[str]) -> None:
    """Measure the chosen parts, all where none is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--photos", type=int, default=2000)
    chosen = parser.parse_args(arguments, options).parts
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    chosen = chosen or list(PARTS)
    if with_site := [name for name in chosen if name not in ALONE]:
        with running_site() as site:
            for name in with_site:
                PARTS[name](site)
    for name in chosen:
        if name in ALONE:
            PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
