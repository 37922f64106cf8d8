"""A site of their own for tests that break things; each leaves it whole, idle and empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.site import FaultySite
from tests.ml.tiny import write_tiny_bundle
from tests.rows import answered_once, clear, row_of
from tests.services import Visitor, photo, wait_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one xdist worker, as they share one site."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def _running_site(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultySite]:
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle)
    with FaultySite(migrated_database, bundle) as site:
        yield site


@pytest.fixture
def site(_running_site: FaultySite, django_db_blocker: Any) -> Iterator[FaultySite]:
    """The running site; the test's own queries go to its database. It is idle and empty afterwards."""
    with _running_site.database(django_db_blocker):
        yield _running_site
        wait_for(_running_site.is_idle, what="an idle worker")
        clear(_running_site)


@pytest.fixture
def visitor(site: FaultySite) -> Visitor:
    """A guest who has sent a photo before, and so is known by a cookie."""
    known = Visitor(site.url)
    answered_once(row_of(known.upload(photo(0))))
    clear(site)
    return known
