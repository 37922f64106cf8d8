"""One running site for all integration tests; each test leaves it as it found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ml.tiny import write_tiny_bundle
from tests.services import Site, Visitor, wait_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one xdist worker, as they share one site."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.xdist_group("integration"))


@pytest.fixture(scope="session")
def _running_site(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle)
    with Site(migrated_database, bundle) as site:
        yield site


@pytest.fixture
def site(_running_site: Site, django_db_blocker: Any) -> Iterator[Site]:
    """The running site; the test's own queries go to its database. Everything is answered and idle afterwards."""
    from classifier.models import Identification

    with _running_site.database(django_db_blocker):
        yield _running_site
        wait_for(_running_site.is_idle, what="an idle worker")
        Identification.objects.all().delete()


@pytest.fixture
def visitor(site: Site) -> Visitor:
    """A guest with a browser without JavaScript."""
    return Visitor(site.url)
