"""Limits count what one sender did within the last minute, hour or day, and say when the next is free."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from core import limits
from core.cache import LIMITS_PREFIX, ForgivingRedisCache
from ops import stack
from ops.supervisor import Supervisor


def spend_at(minutes: list[float], name: str = "enquiry", sender: str = "ada") -> list[int | None]:
    """One act at each of these minutes of an hour.

    Returns what the sender is told to wait, None where the act is counted.
    """
    told: list[int | None] = []
    for minute in minutes:
        with time_machine.travel(1_800_000_000 + minute * 60, tick=False):
            try:
                limits.spend(name, sender)
                told.append(None)
            except limits.LimitReached as reached:
                told.append(reached.retry_after)
    return told


def test_next_is_free_when_the_oldest_leaves_the_window(rates: Callable[..., None]) -> None:
    rates(enquiry="2/hour")
    assert spend_at([0, 10, 20, 59.9, 60.1, 61, 70.1]) == [None, None, 2400, 6, None, 540, None]


def test_senders_and_limits_do_not_count_for_each_other(rates: Callable[..., None]) -> None:
    rates(enquiry="1/hour", upload="1/hour")
    assert spend_at([0], sender="ada") == [None]
    assert spend_at([0], sender="bob") == [None]
    assert spend_at([0], "upload") == [None]
    assert spend_at([1]) == [3540]


@pytest.mark.parametrize(
    ("address", "neighbour", "stranger"),
    [
        ("192.0.2.1", "192.0.2.254", "192.0.3.1"),
        ("2001:db8:1::", "2001:db8:1:ff::", "2001:db8:2::"),
        ("::1", "::2", "1::1"),
        ("", "", "192.0.2.1"),
    ],
)
def test_neighbours_are_one_network(rf: RequestFactory, address: str, neighbour: str, stranger: str) -> None:
    one, two, other = (
        limits.network_of(rf.get("/", REMOTE_ADDR=each)) for each in (address, neighbour, stranger)
    )
    assert one == two != other


def test_after_the_short_window_comes_a_longer_one(rates: Callable[..., None]) -> None:
    rates(enquiry="2/minute;3/hour")
    assert spend_at([0.0, 0.1, 0.2, 2.0, 3.0, 61.0]) == [None, None, 48, None, 3420, None]


def test_who_is_forgotten_starts_anew(rates: Callable[..., None]) -> None:
    rates(enquiry="1/minute;2/hour")
    assert spend_at([0.0]) == [None]
    limits.check("enquiry", "bob")
    with pytest.raises(limits.LimitReached), time_machine.travel(1_800_000_000, tick=False):
        limits.check("enquiry", "ada")
    limits.forget("enquiry", "ada")
    assert spend_at([0.0]) == [None]


def test_without_a_rate_there_is_no_limit(rates: Callable[..., None]) -> None:
    rates(enquiry=None)
    assert spend_at([0.0] * 50) == [None] * 50


def test_photos_are_counted_by_the_rates_of_the_environment(settings: Settings) -> None:
    settings.UPLOADS_PER_DAY, settings.GUEST_UPLOADS_PER_HOUR = 3, 2
    assert spend_at([0] * 4, limits.PHOTOS) == [None] * 3 + [86_400]
    assert spend_at([0] * 3, limits.GUEST_PHOTOS) == [None] * 2 + [3600]


def test_rates_are_those_of_the_documentation(settings: Settings) -> None:
    assert {name: str(*limits.rates(name)) for name in ("burst", "token", "upload", "enquiry")} == {
        "burst": "300 per 1 minute",
        "token": "10 per 1 minute",
        "upload": "60 per 1 minute",
        "enquiry": "10 per 1 hour",
    }


@given(st.integers(min_value=1, max_value=200_000))
def test_words_never_promise_less_time_than_it_takes(seconds: int) -> None:
    words = limits.in_words(seconds).replace("a minute", "1 minutes").replace("an hour", "1 hours")
    number, unit = words.split()
    assert int(number) * {"minutes": 60, "hours": 3600}[unit] >= seconds


# --- With a real Redis --------------------------------------------------------------------------------------
@pytest.fixture
def redis_cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The cache of a site whose Redis runs."""
    folder = Path(tempfile.mkdtemp(prefix="carsite-limits-"))  # a Unix socket's path has to be short
    path = folder / "redis.sock"
    monkeypatch.setattr("core.cache.TIMEOUT_SECONDS", 20.0)
    ForgivingRedisCache.forget_pauses()
    with Supervisor(log_dir=folder, env=os.environ, show=lambda name, line: None) as supervisor:
        supervisor.start(stack.redis_server(path, folder / "redis"))
        supervisor.wait_until_ready()
        location = f"unix://{path}?db=1"
        settings.CACHES = {"default": {"BACKEND": "core.cache.ForgivingRedisCache", "LOCATION": location}}
        yield caches["default"]
    shutil.rmtree(folder)


def test_counts_are_in_redis_and_identify_no_person(redis_cache: Any, rates: Callable[..., None]) -> None:
    rates(enquiry="2/hour")
    assert spend_at([0, 10, 20, 61], sender="ada@example.org") == [None, None, 2400, None]
    (key,) = redis_cache.limits.get_connection().keys()
    assert key.decode().startswith(LIMITS_PREFIX)
    assert b"ada" not in key
    limits.forget_all()  # of this process's memory nothing was used
    assert spend_at([62], sender="ada@example.org") == [480]


def test_limits_hold_in_a_process_while_redis_is_away(redis_cache: Any, rates: Callable[..., None]) -> None:
    rates(enquiry="1/hour")
    redis_cache.leave_alone(OSError("gone"))
    assert not redis_cache.may_be_asked
    assert spend_at([0, 1]) == [None, 3540]
    assert redis_cache.limits.get_connection().keys() == []
