"""Server time of the catalogue's pages with 50,000 cars, 1,000,000 facts and 200,000 photos.

    python -m tests.benchmarks.bench_catalog [--cars N] [--database postgres://user@host/empty_database] [--plans]

Pages are asked of the site's own stack (middleware, view, template) in this process, one after the other; with SQLite each
request opens its connection, as on the site. `busy` is what of it was CPU time, of this process and of PostgreSQL's: what it
takes where nothing else runs. `--plans` also prints how the database goes about it.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
import django

if __name__ == "__main__":
    django.setup()

import dj_database_url
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import CarModel, Make, Spec, Variant, VariantPhoto
from tests.benchmarks import large_catalog

CARS, RUNS, WARM_UP = 50_000, 60, 5
GOALS = {"sqlite": 150, "postgresql": 100}
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
}
_addresses = count()


def use(database: dict[str, Any]) -> None:
    """Point Django at another database."""
    connections["default"].close()
    del connections["default"]
    connections.settings["default"].update({"OPTIONS": {}, **database})


def fill(cars: int) -> None:
    """Migrate and build; refuses a database that somebody uses."""
    call_command("migrate", verbosity=0)
    if Make.objects.exists():
        sys.exit("This database has a catalogue already: name an empty one.")
    started = time.perf_counter()
    large_catalog.build(cars)
    rows = [
        f"{model.objects.count():,} {model._meta.verbose_name_plural}"
        for model in (Variant, Spec, VariantPhoto)
    ]
    print(f"\n{', '.join(rows)} on {connection.vendor}, built in {time.perf_counter() - started:.0f} s")


def misspelt(chance: random.Random, name: str) -> str:
    """The name with one letter of its longest word left out, doubled, or put before the one in front of it."""
    word = max(name.split(), key=len)
    at = chance.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
    )
    return name.replace(word, chance.choice(slips))


def pages(chance: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Kinds of pages, each with addresses to ask for."""
    every = list(Variant.objects.order_by("pk").values_list("pk", flat=True))
    cars, many = chance.sample(every, RUNS), len(every)
    some = list(Variant.objects.with_names().filter(pk__in=cars))
    names = [f"{car.make.name} {car.model.name}" for car in some]
    largest = [
        make.slug for make in sorted(Make.objects.with_counts(), key=lambda make: -make.variant_count)[:5]
    ]
    models = CarModel.objects.with_counts().select_related("make").order_by("-variant_count")[:10]
    slips = [misspelt(chance, name) for name in names if max(map(len, name.split())) > 4]
    bodies, fuels = ["suv", "sedan", "pickup", "coupe"], ["petrol", "diesel", "hybrid", "electric"]
    yield "list", ["/cars/", *(f"/cars/?page={chance.randint(2, many // 24)}" for _ in cars)]
    yield "list, last page", ["/cars/?page=99999"]
    sorts = ("newest", "oldest", "power", "consumption", "price")
    yield "list, sorted", [f"/cars/?sort={sort}&page={page}" for sort in sorts for page in (1, 40)]
    yield (
        "list, one facet",
        [f"/cars/?body={body}" for body in bodies] + [f"/cars/?fuel={fuel}" for fuel in fuels],
    )
    yield (
        "list, facets",
        [
            f"/cars/?make={chance.choice(largest)}&body={chance.choice(bodies)}&fuel={chance.choice(fuels)}"
            f"&year_min={chance.randint(1985, 2015)}&sort=newest"
            for _ in cars
        ],
    )
    yield "search", [f"/cars/?q={name}" for name in names]
    yield (
        "search, name and year",
        [f"/cars/?q={name} {car.year}" for name, car in zip(names, some, strict=True)],
    )
    yield "search, one to three letters", [f"/cars/?q={name[: 1 + i % 3]}" for i, name in enumerate(names)]
    yield (
        "search, a common word",
        [f"/cars/?q={q}" for q in ("suv", "manual", "4wd", "automatic 4", "2012", "sedan")],
    )
    yield "search with a typo", [f"/cars/?q={slip}" for slip in slips]
    yield "search for nonsense", [f"/cars/?q={word}" for word in ("xyzzy", "qwertz uiop", "zzzz 2012")]
    yield "makes", ["/makes/"]
    yield "make", [car.make.get_absolute_url() for car in some]
    yield "make, largest", [f"/cars/{slug}/" for slug in largest]
    yield "model", [car.model.get_absolute_url() for car in some]
    yield "model, largest", [model.get_absolute_url() for model in models]
    yield "variant", [car.get_absolute_url() for car in some]
    groups = [some[i : i + 4] for i in range(0, len(some), 4)]
    yield "compare", ["/compare/?q=golf&" + "&".join(f"v={car.slug}" for car in group) for group in groups]
    api = "/api/v1"
    yield "API, makes", [f"{api}/makes/"]
    yield (
        "API, models",
        [f"{api}/models/", f"{api}/models/?page=2", *(f"{api}/models/?make={s}" for s in largest)],
    )
    yield "API, variants", [f"{api}/variants/?page={chance.randint(1, many // 50)}" for _ in cars]
    yield "API, search", [f"{api}/variants/?q={name}&sort=newest" for name in names]
    yield "API, variant", [f"{api}/variants/{car.slug}/" for car in some]


def busy() -> float:
    """Seconds of CPU time of this thread, and of the process that PostgreSQL has for it where that runs on this machine."""
    seconds = time.thread_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        spent = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
        seconds += int(spent.read_text().split()[0]) / 1e9 if spent.exists() else 0
    return seconds


def ask(client: Client, path: str) -> tuple[float, float]:
    """Milliseconds until the whole answer is there, and busy ones. Each from another address, so that no throttle answers."""
    number = next(_addresses)
    if connection.vendor == "sqlite":
        connection.close()
    worked, started = busy(), time.perf_counter()
    response = client.get(path, REMOTE_ADDR=f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert response.status_code == 200, (path, response.status_code)
    assert response.content
    return 1000 * (time.perf_counter() - started), 1000 * (busy() - worked)


def queries(client: Client, paths: list[str]) -> str:
    """How many queries it takes, the least and the most of these."""
    counts = set()
    for path in paths[:12]:
        with CaptureQueriesContext(connection) as captured:
            ask(client, path)
        counts.add(len(captured))
    return "–".join(str(number) for number in sorted({min(counts), max(counts)}))


def plans(paths: list[str]) -> None:
    """How the database goes about the queries of a page."""
    with CaptureQueriesContext(connection) as captured:
        ask(Client(), paths[0])
    for query in list(captured):
        explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ANALYZE "
        with connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(query["sql"])
            cursor.fetchall()
            print(f"\n    {1000 * (time.perf_counter() - started):.1f} ms  {query['sql'][:2000]}")
            cursor.execute(explain + query["sql"])
            for line in cursor.fetchall():
                print("       ", line[-1])


def measure(row: Callable[..., None], *, explain: bool = False) -> None:
    """Print the table."""
    settings.DEBUG = False  # it keeps every query in mind
    logging.disable(logging.INFO)  # a line for each request would stand between those of the table
    gc.collect()
    gc.freeze()  # as gunicorn.conf.py does
    client, goal = Client(), GOALS[connection.vendor]
    print(f"Milliseconds from request to whole answer, goal p95 <= {goal}")
    row("", "median", "p95", "busy median", "busy p95", "queries")
    for name, paths in pages(random.Random(1)):
        for path in paths[:WARM_UP]:
            ask(client, path)
        times = list(zip(*(ask(client, paths[i % len(paths)]) for i in range(RUNS)), strict=True))
        row(
            name,
            *(f"{value:.0f}" for kind in times for value in middle_and_p95(kind)),
            queries(client, paths),
        )
        if explain:
            plans(paths)


def middle_and_p95(times: Sequence[float]) -> tuple[float, float]:
    """The median, and what 95 in 100 do not exceed."""
    return median(times), sorted(times)[int(0.95 * len(times))]


def row(name: str, *cells: object) -> None:
    print(f"  {name:32}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def run(cars: int = CARS, *, explain: bool = False) -> None:
    """Build in a new SQLite file and measure."""
    with tempfile.TemporaryDirectory() as folder:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "large.sqlite3")}
        use({**database, "OPTIONS": SQLITE})
        fill(cars)
        measure(row, explain=explain)
        connection.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cars", type=int, default=CARS)
    parser.add_argument(
        "--database", help="an empty PostgreSQL database; a SQLite file of its own without it"
    )
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    if not options.database:
        return run(options.cars, explain=options.plans)
    use(dict(dj_database_url.parse(options.database)))
    fill(options.cars)
    return measure(row, explain=options.plans)


if __name__ == "__main__":
    main()
