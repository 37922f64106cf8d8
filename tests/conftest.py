"""What every test may use, and what none may do: touch the network, or write outside its own folder."""

from __future__ import annotations

import fcntl
import ipaddress
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings, settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from core import limits
from core.queue import EnqueueOnCommitTask
from tests import databases
from tests.databases import database_at, is_postgres
from tests.rows import clear
from tests.services import Site, Visitor, wait_for

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"


# --- No network ---------------------------------------------------------------------------------------------
class NetworkBlockedError(Exception):
    """A test tried to reach something outside this machine."""


def _is_local(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Connections and name look-ups stay on this machine; sockets of the file system are free."""
    patch = pytest.MonkeyPatch()

    def guard(original: Callable, host_of: Callable[[tuple], Any]) -> Callable:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            host = host_of(args)
            if not _is_local(host):
                raise NetworkBlockedError(f"Tests may not reach {host!r}.")
            return original(*args, **kwargs)

        return guarded

    def address_of(args: tuple) -> Any:
        return args[1][0] if isinstance(args[1], tuple) else None

    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, guard(getattr(socket.socket, name), address_of))
    patch.setattr(socket, "getaddrinfo", guard(socket.getaddrinfo, lambda args: args[0]))
    yield
    patch.undo()


# --- Own folders --------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test writes media, mail and the like under its own `tmp_path`, and starts with an empty cache.

    A broker that was away in an earlier test is tried again at once.
    """
    EnqueueOnCommitTask.forget_pause()
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    cache.clear()
    limits.forget_all()


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets rates of limits: `rates(enquiry="1/hour")`."""

    def set_rates(**texts: str) -> None:
        for name, text in texts.items():
            monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], name, text)

    return set_rates


# --- Database -----------------------------------------------------------------------------------------------
@contextmanager
def _first_of_all_workers(path: Path) -> Iterator[bool]:
    """True for the one process that has to make `path`; the others wait until it is there."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not path.exists()


@pytest.fixture(scope="session")
def _shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all xdist workers of one run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


def _make_once(path: Path, blocker: Any, fill: Callable[[], None], source: Path | None = None) -> Path:
    """A SQLite file that `fill` fills, made by the first xdist worker that asks."""
    with _first_of_all_workers(path) as first, blocker.unblock():
        if first:
            draft = path.with_suffix(".draft")
            if source:
                shutil.copyfile(source, draft)
            with database_at(f"sqlite:///{draft}"):
                fill()
            draft.rename(path)
    return path


@pytest.fixture(scope="session")
def migrated_database(_shared_folder: Path, django_db_blocker: Any) -> Path:
    """A SQLite file with all migrations applied, made once for all xdist workers."""

    return _make_once(
        _shared_folder / "migrated.sqlite3", django_db_blocker, lambda: call_command("migrate", verbosity=0)
    )


@pytest.fixture(scope="session")
def seeded_database(_shared_folder: Path, django_db_blocker: Any, migrated_database: Path) -> Path:
    """A SQLite file as a new site has it: catalogue, demonstration users and dealers."""

    def fill() -> None:
        call_command("load_catalog", verbosity=0)
        with override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS):  # a real site reads them
            call_command("create_demo_users", yes=True, verbosity=0)
        call_command("load_dealers", demo=True, verbosity=0)

    path = _shared_folder / "seeded.sqlite3"
    return _make_once(path, django_db_blocker, fill, source=migrated_database)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_blocker: Any, django_test_environment: None
) -> Iterator[None]:
    """pytest-django's hook: each worker process has a copy of the migrated database."""
    if is_postgres():
        folder, worker = request.getfixturevalue("_shared_folder"), request.getfixturevalue("worker_id")
        own = f"test_{connections['default'].settings_dict['NAME']}"
        with _first_of_all_workers(folder / "template") as first, django_db_blocker.unblock():
            if first:
                databases.make_template(f"{own}_template")
                (folder / "template").touch()
            databases.clone_database(f"{own}_template", f"{own}_{worker}")
        yield
        with django_db_blocker.unblock():
            databases.remove_database(f"{own}_{worker}")
    else:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("database")
        shutil.copyfile(request.getfixturevalue("migrated_database"), folder / "db.sqlite3")
        databases.use_database(str(folder / "db.sqlite3"))
        yield


@pytest.fixture
def _seed(db: None, request: pytest.FixtureRequest) -> None:
    """The schema `seed` of the test's database; PostgreSQL's has it from its template."""
    if not is_postgres():
        databases.attach_seed(request.getfixturevalue("seeded_database"))


@pytest.fixture
def own_tables(transactional_db: None) -> None:
    """For tests that migrate: without the schema `seed`, which earlier tests of this process may have attached.

    Migrations name tables without their schema. While one of the test's own is away, SQLite would take the seed's.
    """
    connections["default"].close()


@pytest.fixture
def catalog_seed(_seed: None) -> None:
    """The committed catalogue: all makes, models, variants and specs."""
    databases.copy_seed(["catalog"])


@pytest.fixture
def dealers_seed(catalog_seed: None) -> None:
    """The committed cities and the demonstration dealers (without staff), with the catalogue they refer
    to.
    """
    databases.copy_seed(["dealers"])


# --- People -------------------------------------------------------------------------------------------------
@pytest.fixture
def user(db: None, django_user_model: Any) -> Any:
    """A visitor with an account; the password is `PASSWORD`."""
    return django_user_model.objects.create_user("ada@example.org", PASSWORD)


@pytest.fixture
def other_user(db: None, django_user_model: Any) -> Any:
    """Somebody else."""
    return django_user_model.objects.create_user("bob@example.org", PASSWORD)


@pytest.fixture
def staff_user(db: None, django_user_model: Any) -> Any:
    """Staff who may do everything in the admin."""
    return django_user_model.objects.create_superuser("staff@example.org", PASSWORD)


# --- A running site -----------------------------------------------------------------------------------------
#: Folders of tests that share a running site or servers, and are run by one xdist worker therefore; their
#: marker.
SHARING = {"faults": "integration", "integration": "integration", "served": "services"}

#: Folders whose tests walk the whole site, most of it in other processes. Coverage is not measured there: each part
#: has tests of its own, and the tracer makes a walk take half as long again.
WALKS = {"e2e", "faults", "integration", "security", "upgrade"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest's hook: mark the tests of these folders."""
    for item in items:
        if item.path.parent.name in WALKS:
            item.add_marker("no_cover")
        if marker := SHARING.get(item.path.parent.name):
            item.add_marker(marker)
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


@pytest.fixture
def site(running_site: Site, django_db_blocker: Any) -> Iterator[Site]:
    """The `running_site` of the test's folder; the test's own queries go to its database. Idle and empty
    afterwards.
    """
    with running_site.database(django_db_blocker):
        yield running_site
        wait_for(running_site.is_idle, what="an idle worker")
        clear(running_site)


@pytest.fixture
def visitor(site: Site) -> Visitor:
    """A guest with a browser without JavaScript."""
    return Visitor(site.url)
