"""The server that brings queue and cache on one machine: what it keeps, for whom, and what it takes over."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from ops import stack
from ops.supervisor import Supervisor

#: Made by Redis 6.2.14: two messages in its older form, written anew (BGREWRITEAOF), and a third one after them.
OLD = Path(__file__).with_name("data") / "redis-6.2-appendonly.aof"


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder whose path is short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="carsite-") as folder:
        yield Path(folder)


@contextmanager
def running(var: Path) -> Iterator[redis.Redis]:
    """The server on its folder in `var`."""
    with Supervisor(log_dir=var / "log", env={}, show=lambda name, line: None) as supervisor:
        supervisor.start(stack.redis_server(var / "redis.sock", var / "redis"))
        supervisor.wait_until_ready(60)
        with stack.redis_client(var / "redis.sock") as client:
            yield client


def test_the_queue_of_an_older_redis_is_taken_over(var: Path) -> None:
    (var / "redis").mkdir()
    shutil.copyfile(OLD, var / "redis" / "appendonly.aof")
    for _ in range(2):  # and is still there the next time
        with running(var) as server:
            messages = server.lrange("identify", 0, -1)
            assert len(messages) == 3
            assert all(b'"task": "classifier.tasks.identify"' in message for message in messages)


def test_what_was_put_in_outlives_the_server(var: Path) -> None:
    with running(var) as server:
        server.lpush("identify", "a message")
    with running(var) as server:
        assert server.lrange("identify", 0, -1) == [b"a message"]


def test_nobody_else_can_open_it(var: Path) -> None:
    with running(var) as server:
        assert stat.S_IMODE((var / "redis.sock").stat().st_mode) == 0o700
        assert stat.S_IMODE((var / "redis").stat().st_mode) == 0o700
        assert server.config_get("port") == {"port": "0"}


def test_it_is_a_server_that_is_still_looked_after(var: Path) -> None:
    with running(var) as server:
        about = server.info("server")
    assert about["server_name"] == "valkey"
    assert int(str(about["valkey_version"]).split(".")[0]) >= 9
