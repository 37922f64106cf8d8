"""Real crawls of the demonstration site, for tests: real process, real server, and a real Chromium where it is needed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from scraper.crawl.job import Job, write_job
from scraper.crawl.output import CARS, PAGES, Numbers, read_numbers
from scraper.demo_site.server import DemoSite
from scripts.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
#: The demonstration site's cars.
ALL = 24
#: Pages of lists.
LISTS = 3
_ENVIRONMENT = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")


def job(site: DemoSite, folder: Path, *, browser: bool = False, **changes: object) -> Job:
    """A hurried crawl of the demonstration site: plain pages, or those that need a browser."""
    prefix = "" if browser else "/plain"
    values: dict[str, Any] = {
        "source": "demo_site" if browser else "structured_data",
        "folder": str(folder),
        "cache": str(folder.parent / "pages.sqlite3"),
        "user_agent": "CarsiteBot/1.0 (+https://cars.example/about/; staff@cars.example)",
        "addresses": (f"{site.url}{prefix}/cars/?page=1",),
        "follow": r"/cars/[\w-]+/$",
        "more": r"/cars/\?page=\d+$",
        "private": (site.address,),
        "browser": chromium() or "" if browser else "",
        "delay": 0.0,
        "throttle": False,
        "page_seconds": 15.0 if browser else 6.0,
    }
    folder.mkdir(exist_ok=True)
    return Job(**values | changes)


def start(job: Job) -> subprocess.Popen[bytes]:
    """A crawl under way; its standard input has to be held open."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    words = [sys.executable, "-m", "scraper.crawl", str(write_job(job))]
    said = (job.path / "process.txt").open("ab")
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said)


def crawl_measured(job: Job) -> tuple[Numbers, float, float]:
    """A crawl from its beginning to its end, the seconds of CPU that it took, and the most megabytes it held."""
    process = start(job)
    running, megabytes = psutil.Process(process.pid), 0.0
    ended = 0
    while not ended:
        with contextlib.suppress(psutil.Error):
            megabytes = max(megabytes, running.memory_info().rss / 1e6)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        time.sleep(0.02)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdin.close()
    assert process.returncode == 0, (job.path / "process.txt").read_text()[-2000:]
    return read_numbers(job.path), used.ru_utime, megabytes


def crawl(job: Job, *, seconds: float = 240.0) -> Numbers:
    """A crawl from its beginning to its end."""
    process = start(job)
    try:
        process.wait(seconds)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
    assert process.returncode == 0, (job.path / "process.txt").read_text()[-2000:]
    return read_numbers(job.path)


def lines(job: Job, name: str) -> list[dict[str, Any]]:
    """The whole lines of one of the files that a crawl leaves."""
    path = job.path / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def cars(job: Job) -> list[dict[str, Any]]:
    """The cars that a crawl found."""
    return lines(job, CARS)


def pages(job: Job) -> dict[str, dict[str, Any]]:
    """The pages of cars that a crawl is done with, by the last part of their addresses."""
    return {line["page"].rstrip("/").rpartition("/")[2]: line for line in lines(job, PAGES)}


def car_hits(site: DemoSite) -> dict[str, int]:
    """How often each car's page was asked for."""
    return {
        path: count
        for path, count in site.hits.items()
        if path.endswith("/") and "/cars/" in path and "/parts/" not in path
    }
