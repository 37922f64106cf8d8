"""Processes of the web server: what a photo takes of memory goes back, and one that is replaced loses nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.services import Site, Visitor, photo

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("site")]


def processes(site: Site) -> list[psutil.Process]:
    return psutil.Process(site.web.pid).children()


@contextmanager
def served_by(site: Site, **environment: str) -> Iterator[None]:
    """The web server is told something else meanwhile."""
    site.stop("web")
    site.set_environment("web", **environment)
    site.start_web()
    try:
        yield
    finally:
        site.stop("web")
        site.set_environment("web", **dict.fromkeys(environment, ""))
        site.start_web()


def large_photo(seed: int) -> bytes:
    """A progressive JPEG of 2 to 14 megapixels, whose decoder holds all of it."""
    rng = np.random.default_rng(seed)
    pixels, ratio = rng.uniform(2e6, 14e6), rng.uniform(0.6, 1.7)
    size = int((pixels * ratio) ** 0.5), int((pixels / ratio) ** 0.5)
    blocks = Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8))
    out = io.BytesIO()
    blocks.resize(size, Image.Resampling.NEAREST).save(out, "JPEG", progressive=True)
    return out.getvalue()


def most_memory(site: Site) -> float:
    """MB of the process that holds most."""
    return max(one.memory_info().rss for one in processes(site)) / 2**20


def test_memory_that_photos_took_goes_back(running_site: Site) -> None:
    with served_by(running_site):
        visitors = [Visitor(running_site.url) for _ in range(4)]
        for visitor in visitors:
            visitor.upload(photo(6000))
        before = most_memory(running_site)

        def send(i: int) -> int:
            return visitors[i % 4].upload(large_photo(i), f"{i}.jpg").status

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(send, range(32))) == {202}
        after = most_memory(running_site)
        assert after < before + 60, f"from {before:.0f} to {after:.0f} MB"


def test_no_photo_is_lost_while_processes_are_replaced_all_the_time(running_site: Site) -> None:
    """Each process serves eight requests and makes room for a fresh one."""
    with served_by(running_site, GUNICORN_CMD_ARGS="--max-requests 8"):
        first = {one.pid for one in processes(running_site)}
        visitors = [Visitor(running_site.url) for _ in range(4)]
        for visitor in visitors:
            visitor.get("/accounts/login/")

        def send(i: int) -> int:
            return visitors[i % 4].upload(photo(7000 + i), f"{i}.jpg").status

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(send, range(40))) == [202] * 40
        pids = {one.pid for one in processes(running_site)}
        assert len(pids) >= 2
        assert not first & pids
