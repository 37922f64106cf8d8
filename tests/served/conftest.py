"""Real servers, and one site on them for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.ml.tiny import write_tiny_bundle
from tests.servers import S3, NotInstalled, Postgres, RabbitMQ, Redis, Smtp
from tests.servers.site import ServedSite

T = TypeVar("T", Postgres, RabbitMQ, Redis, S3)


@contextmanager
def _running(kind: type[T]) -> Iterator[T]:
    """A server of that kind. Where it is not installed its tests are skipped, except in CI, where they fail."""
    try:
        server = kind()
    except NotInstalled as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with _running(Postgres) as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    with _running(Redis) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    with _running(RabbitMQ) as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with _running(S3) as server:
        yield server


@pytest.fixture(scope="session")
def smtp() -> Iterator[Smtp]:
    with Smtp() as server:
        yield server


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that is always sure."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(folder, decision="sure")
    return folder


@pytest.fixture(scope="session")
def running_site(postgres: Postgres, redis: Redis, s3: S3, smtp: Smtp, bundle: Path) -> Iterator[ServedSite]:
    """On PostgreSQL, Redis, S3 and SMTP."""
    with ServedSite(bundle, postgres=postgres, redis=redis, s3=s3, smtp=smtp) as site:
        yield site
