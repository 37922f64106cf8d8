"""One site on real servers for all tests of this room; each test leaves it idle and without photos."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.ml.tiny import write_tiny_bundle
from tests.servers import S3, NotInstalled, Postgres, RabbitMQ, Redis, Smtp
from tests.servers.site import ServedSite
from tests.services import Visitor, wait_for

T = TypeVar("T", Postgres, RabbitMQ, Redis, S3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one xdist worker, as they share servers."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.services)
            item.add_marker(pytest.mark.xdist_group("services"))


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
def _running_site(postgres: Postgres, redis: Redis, s3: S3, smtp: Smtp, bundle: Path) -> Iterator[ServedSite]:
    with ServedSite(bundle, postgres=postgres, redis=redis, s3=s3, smtp=smtp) as site:
        yield site


@contextmanager
def left_as_found(site: ServedSite, blocker: Any) -> Iterator[ServedSite]:
    """The test's own queries go to the site's database; its photos are removed afterwards."""
    from classifier.models import Identification

    with site.database(blocker):
        yield site
        wait_for(site.is_idle, what="an idle worker")
        Identification.objects.all().delete()


@pytest.fixture
def site(_running_site: ServedSite, django_db_blocker: Any) -> Iterator[ServedSite]:
    """The running site on PostgreSQL, Redis, S3 and SMTP."""
    with left_as_found(_running_site, django_db_blocker):
        yield _running_site


@pytest.fixture
def visitor(site: ServedSite) -> Visitor:
    """A guest with a browser without JavaScript."""
    return Visitor(site.url)
