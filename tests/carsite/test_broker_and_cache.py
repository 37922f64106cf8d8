"""A Redis that is away costs a page next to nothing: no error, one short wait, then a pause."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery, shared_task
from celery.app.trace import build_tracer
from django.db import connections, transaction
from kombu.exceptions import OperationalError

from carsite import celery as celery_module
from carsite.celery import ImpatientCelery
from core import cache as cache_module
from core.cache import ForgivingRedisCache
from core.queue import EnqueueOnCommitTask


@pytest.fixture
def hanging_socket() -> Iterator[Path]:
    """A Unix socket that takes connections and never says a word, as a Redis that hangs."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder, "redis.sock")
        server.bind(str(path))
        server.listen(8)
        yield path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that reached Django's own Redis cache."""
    made: list[str] = []
    for name in ("get", "incr"):
        original = getattr(cache_module.RedisCache, name)

        def counted(self, *args, _original: Callable = original, _name: str = name, **kwargs):
            made.append(_name)
            return _original(self, *args, **kwargs)

        monkeypatch.setattr(cache_module.RedisCache, name, counted)
    ForgivingRedisCache.forget_pauses()
    return made


@pytest.mark.parametrize("state", ["absent", "hanging"])
def test_cache_that_is_away_answers_not_there_and_is_left_alone_for_a_while(
    state, hanging_socket, calls, monkeypatch
):
    monkeypatch.setattr(cache_module, "TIMEOUT_SECONDS", 0.05)
    path = hanging_socket if state == "hanging" else hanging_socket.with_name("absent.sock")
    cache = ForgivingRedisCache(f"unix://{path}?db=1", {})
    assert cache.get("key", "default") == "default"
    assert calls == ["get"]
    assert cache.get("key") is None
    assert cache.incr("key", 3) == 3
    assert cache.add("key", 1) is True
    assert cache.set("key", 1) is None
    assert cache.get_many(["key"]) == {}
    assert cache.set_many({"key": 1}) == ["key"]
    assert "key" not in cache
    assert cache.touch("key") is False
    assert cache.delete("key") is False
    assert cache.delete_many(["key"]) is None
    assert calls == ["get"], "the cache was asked again at once"
    cache.forget_pauses()
    cache.get("key")
    assert calls == ["get", "get"]


def test_caches_of_other_addresses_are_still_asked(hanging_socket, calls):
    away = ForgivingRedisCache(f"unix://{hanging_socket.with_name('absent.sock')}", {})
    other = ForgivingRedisCache(f"unix://{hanging_socket.with_name('other.sock')}", {})
    away.get("key")
    other.get("key")
    assert calls == ["get", "get"]


def test_broker_that_hangs_is_given_up_soon(hanging_socket, monkeypatch):
    monkeypatch.setattr(celery_module, "ENQUEUE_SECONDS", 0.1)
    app = ImpatientCelery(broker=f"redis+socket://{hanging_socket}", set_as_current=False)
    app.conf.broker_transport_options = {"socket_timeout": 60}
    started = time.monotonic()
    with app.connection_for_write() as connection, pytest.raises(OperationalError):
        connection.default_channel  # noqa: B018
    assert time.monotonic() - started < 20
    assert app.connection_for_read().transport_options["socket_timeout"] == 60


def test_options_of_redis_are_kept_from_other_brokers():
    app = ImpatientCelery(broker="amqp://rabbit.example", set_as_current=False)
    assert (
        app.connection_for_write().transport_options
        == Celery(broker="amqp://rabbit.example", set_as_current=False)
        .connection_for_write()
        .transport_options
    )


@pytest.mark.django_db(transaction=True)
def test_task_whose_broker_is_away_fails_no_request_and_is_not_tried_again_at_once(monkeypatch):
    tried = []

    @shared_task(name="tests.only_queued", base=EnqueueOnCommitTask)
    def only_queued(number: int) -> None:
        """Never run: only queued."""

    def away(number: int) -> None:
        tried.append(number)
        raise OperationalError("no broker")

    monkeypatch.setattr(only_queued, "delay", away)
    EnqueueOnCommitTask.forget_pause()
    with transaction.atomic():
        only_queued.delay_on_commit(1)
        only_queued.delay_on_commit(2)
        assert tried == [], "queued before the transaction was in the database"
    assert tried == [1, 1], "once more, as the connection may have been cut long ago, and then no more"
    EnqueueOnCommitTask.forget_pause()
    only_queued.delay_on_commit(3)
    assert tried == [1, 1, 3, 3]


@pytest.mark.django_db(transaction=True)
def test_connection_that_was_cut_long_ago_costs_no_wake_up_and_a_broker_that_hangs_is_waited_for_once(
    monkeypatch,
):
    tried = []

    @shared_task(name="tests.cut", base=EnqueueOnCommitTask)
    def cut() -> None:
        """Never run: only queued."""

    def broken_once() -> None:
        tried.append("cut")
        if len(tried) == 1:
            raise OperationalError("connection reset by peer")

    monkeypatch.setattr(cut, "delay", broken_once)
    EnqueueOnCommitTask.forget_pause()
    cut.delay_on_commit()
    cut.delay_on_commit()
    assert len(tried) == 3, "the second one was held back, as if the broker were away"

    def hang() -> None:
        tried.append("hung")
        time.sleep(0.4)
        raise OperationalError("timed out")

    monkeypatch.setattr(cut, "delay", hang)
    cut.delay_on_commit()
    assert tried.count("hung") == 1


@pytest.mark.django_db(transaction=True)
def test_task_of_a_transaction_that_failed_is_never_queued(monkeypatch):
    tried = []

    @shared_task(name="tests.never", base=EnqueueOnCommitTask)
    def never() -> None:
        """Never run."""

    monkeypatch.setattr(never, "delay", lambda: tried.append(1))
    with transaction.atomic():
        never.delay_on_commit()
        transaction.set_rollback(True)
    assert tried == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("age", "kept"), [(60, True), (0, False)])
def test_connection_of_a_worker_outlives_a_task_as_long_as_the_settings_say(age, kept, monkeypatch, settings):
    assert settings.CELERY_DB_REUSE_MAX > 10**6, "Celery closes connections itself"
    default = connections["default"]
    monkeypatch.setitem(default.settings_dict, "CONN_MAX_AGE", age)
    default.close()
    default.ensure_connection()
    before = default.connection

    @celery_module.app.task(name="tests.look")
    def look() -> None:
        default.ensure_connection()

    try:
        tracer = build_tracer("tests.look", look, app=celery_module.app)
        tracer("an-id", (), {}, {"id": "an-id", "is_eager": True})
        assert (default.connection is before) == kept
    finally:
        del celery_module.app.tasks["tests.look"]
        default.close()
