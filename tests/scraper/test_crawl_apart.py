"""A crawl by a crawler that runs apart: the same crawl, from a process that has nothing of the site."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytest_django import Settings

from scraper.crawl.apart import UNAVAILABLE
from scraper.crawl.job import write_job
from scraper.crawl.output import read_numbers
from scraper.demo_site.server import DemoSite
from scraper.runs.process import crawl_command
from tests.scraper.crawls import ALL, cars, job
from tests.services import ROOT, is_alive, wait_for


@pytest.fixture
def demo_site() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


@pytest.fixture
def folder() -> Iterator[Path]:
    """The folder of crawls, by a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="carsite-crawls-") as made:
        yield Path(made)


@pytest.fixture
def crawler(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The crawler, with an environment that names no secret, as in its container."""
    words = [sys.executable, "-m", "scraper.crawl.apart", "attend", str(folder / "crawler.sock")]
    process = subprocess.Popen(words, cwd=ROOT, env={"PATH": os.environ["PATH"]})
    wait_for((folder / "crawler.sock").exists, seconds=30)
    yield process
    process.kill()
    process.wait()


def asked(path: Path, settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    settings.SCRAPE_SOCKET = str(folder / "crawler.sock")
    return subprocess.Popen(
        crawl_command(path),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )


def test_a_crawl_apart_finds_what_one_beside_the_site_does(
    demo_site: DemoSite, crawler: subprocess.Popen[bytes], folder: Path, settings: Settings
) -> None:
    wanted = job(demo_site, folder / "1")
    process = asked(write_job(wanted), settings, folder)
    assert process.wait(120) == 0, (wanted.path / "process.txt").read_text()
    process.communicate()
    assert read_numbers(wanted.path).ended == "finished"
    assert len(cars(wanted)) == ALL


@pytest.mark.parametrize("how", ["closed", "killed"])
def test_a_crawl_apart_ends_in_order_with_its_asker(
    demo_site: DemoSite, crawler: subprocess.Popen[bytes], folder: Path, settings: Settings, how: str
) -> None:
    wanted = job(demo_site, folder / "1", delay=1.0)
    process = asked(write_job(wanted), settings, folder)
    wait_for(lambda: len(cars(wanted)) >= 1, seconds=60)
    (crawl,) = psutil.Process(crawler.pid).children()
    if how == "closed":
        process.stdin.close()
        assert process.wait(40) == 0
    else:
        process.kill()
    wait_for(lambda: not is_alive(crawl.pid), seconds=40)
    process.wait()
    process.stderr.close()
    if how == "killed":
        process.stdin.close()
    assert read_numbers(wanted.path).ended == "stopped"
    assert len(cars(wanted)) < ALL


def test_nothing_but_a_job_of_the_folder_is_done(
    crawler: subprocess.Popen[bytes], folder: Path, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "job.json").write_text("{}")
    (folder / "1").mkdir()
    (folder / "1" / "job.json").symlink_to(tmp_path / "job.json")
    (folder / "1" / "other.json").write_text("{}")
    for path in (tmp_path / "job.json", folder / "1" / "job.json", folder / "1" / "other.json", folder / "2"):
        process = asked(path, settings, folder)
        process.communicate(timeout=30)
        assert process.returncode == UNAVAILABLE, path


def test_a_crawler_that_is_away_is_said(folder: Path, settings: Settings) -> None:
    process = asked(folder / "1" / "job.json", settings, folder)
    _, said = process.communicate(timeout=30)
    assert process.returncode == UNAVAILABLE
    assert b"No crawler attends at" in said


def test_without_a_socket_the_crawl_is_a_process_beside_the_site(settings: Settings) -> None:
    settings.SCRAPE_SOCKET = ""
    assert crawl_command(Path("job.json"))[1:] == ["-m", "scraper.crawl", "job.json"]
