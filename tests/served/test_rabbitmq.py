"""RabbitMQ in place of Redis as the queue, by `BROKER_URL` alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rows import Status, answered_once, reached, send
from tests.servers import Postgres, RabbitMQ, Redis
from tests.servers.site import ServedSite
from tests.services import Visitor


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """A Redis for the cache that no other site's queue was ever in."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="module")
def running_site(postgres: Postgres, redis: Redis, rabbitmq: RabbitMQ, bundle: Path) -> Iterator[ServedSite]:
    with ServedSite(bundle, postgres=postgres, redis=redis, broker=rabbitmq) as site:
        yield site


def test_photos_are_answered_by_way_of_rabbitmq_alone(
    site: ServedSite, visitor: Visitor, redis: Redis
) -> None:
    rows = [send(visitor, seed) for seed in range(100, 105)]
    for row in rows:
        answered_once(row)
        assert row.attempt == 1
    assert not redis.client().keys("*identify*"), "a message went to Redis"


def test_what_waits_in_rabbitmq_outlives_its_restart(
    site: ServedSite, visitor: Visitor, rabbitmq: RabbitMQ
) -> None:
    site.stop("worker")
    rows = [send(visitor, seed) for seed in range(110, 114)]
    rabbitmq.stop()
    rabbitmq.start()
    site.connect()
    site.start_worker()
    for row in rows:
        answered_once(row)
        assert row.attempt == 1


def test_uploads_while_rabbitmq_is_killed_are_taken_and_answered_by_the_same_worker(
    site: ServedSite, visitor: Visitor, rabbitmq: RabbitMQ
) -> None:
    visitor.get("/")
    rabbitmq.kill()
    try:
        row = send(visitor, 120)
        assert reached(row, Status.QUEUED)
    finally:
        rabbitmq.start()
    # The worker finds its way back by itself, and has everything swept then; there is no beat here.
    answered_once(row, seconds=60)
    assert row.attempt == 1
    site.connect()
    # The web server's connection was cut too: the next photo's wake-up is sent over a new one.
    answered_once(send(visitor, 121), seconds=15)
