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
from django.apps import apps
from django.conf import global_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from carsite.celery import BellTask

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
    monkeypatch.setattr(BellTask, "_rung_again_at", 0.0)
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    cache.clear()


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


def _use_database(path: Path) -> None:
    """Point Django at a SQLite file."""
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = str(path)


def _make_once(path: Path, blocker: Any, fill: Callable[[Path], None]) -> Path:
    """A SQLite file that `fill` fills, made by the first xdist worker that asks."""
    with _first_of_all_workers(path) as first, blocker.unblock():
        if first:
            before = connections["default"].settings_dict["NAME"]
            draft = path.with_suffix(".draft")
            fill(draft)
            _use_database(before)
            draft.rename(path)
    return path


@pytest.fixture(scope="session")
def migrated_database(_shared_folder: Path, django_db_blocker: Any) -> Path:
    """A SQLite file with all migrations applied, made once for all xdist workers."""

    def fill(path: Path) -> None:
        _use_database(path)
        call_command("migrate", verbosity=0)

    return _make_once(_shared_folder / "migrated.sqlite3", django_db_blocker, fill)


@pytest.fixture(scope="session")
def seeded_database(_shared_folder: Path, django_db_blocker: Any, migrated_database: Path) -> Path:
    """A SQLite file as a new site has it: catalogue, demonstration users and dealers."""

    def fill(path: Path) -> None:
        shutil.copyfile(migrated_database, path)
        _use_database(path)
        call_command("load_catalog", verbosity=0)
        with override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS):  # a real site reads them
            call_command("create_demo_users", yes=True, verbosity=0)
        call_command("load_dealers", demo=True, verbosity=0)

    return _make_once(_shared_folder / "seeded.sqlite3", django_db_blocker, fill)


@pytest.fixture(scope="session")
def django_db_setup(
    migrated_database: Path, tmp_path_factory: pytest.TempPathFactory, django_test_environment: None
) -> None:
    """pytest-django's hook: each worker process has a copy of the migrated database."""
    own = tmp_path_factory.mktemp("database") / "db.sqlite3"
    shutil.copyfile(migrated_database, own)
    _use_database(own)


def _copy_rows(source: Path, app: str) -> None:
    """Copy all rows of an app from another SQLite file, in the test's own transaction."""
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        if "seed" not in {row[1] for row in cursor.fetchall()}:
            cursor.execute("ATTACH DATABASE %s AS seed", [str(source)])
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            foreign = (
                field.related_model for field in model._meta.local_concrete_fields if field.is_relation
            )
            if any(other._meta.app_label not in ("catalog", "dealers") for other in foreign):
                continue  # such as who works where: people are not copied
            table = f'"{model._meta.db_table}"'
            columns = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)
            cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM seed.{table}")


@pytest.fixture
def catalog_seed(db: None, seeded_database: Path) -> None:
    """The committed catalogue: all makes, models, variants and specs."""
    _copy_rows(seeded_database, "catalog")


@pytest.fixture
def dealers_seed(catalog_seed: None, seeded_database: Path) -> None:
    """The committed cities and the demonstration dealers (without staff), with the catalogue they refer to."""
    _copy_rows(seeded_database, "dealers")


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
