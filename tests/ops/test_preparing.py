"""The database is brought up to date where something changed, and left alone where nothing did."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError

from ops import preparing


@pytest.fixture
def commands(monkeypatch, settings, tmp_path) -> list[str]:
    """The commands that were run, in order."""
    settings.DEBUG = True
    settings.BASE_DIR = tmp_path
    (tmp_path / "catalog" / "data").mkdir(parents=True)
    (tmp_path / "catalog" / "data" / "cars.csv").write_text("one car")
    run: list[str] = []
    monkeypatch.setattr(preparing, "call_command", lambda name, **options: run.append(name))
    monkeypatch.setattr(preparing, "database_identity", lambda: "one database")
    return run


def prepare() -> None:
    preparing.prepare_database(lambda line: None)


def test_a_new_database_is_migrated_and_filled_in_this_order(commands):
    prepare()
    assert commands == ["migrate", "load_catalog", "create_demo_users", "load_dealers"]


def test_nothing_is_done_twice(commands):
    prepare()
    prepare()
    assert len(commands) == 4


def test_changed_seed_data_are_loaded(commands, tmp_path):
    prepare()
    (tmp_path / "catalog" / "data" / "cars.csv").write_text("two cars")
    prepare()
    assert len(commands) == 8


def test_another_database_is_prepared_too(commands, monkeypatch):
    prepare()
    monkeypatch.setattr(preparing, "database_identity", lambda: "another database")
    prepare()
    assert len(commands) == 8


def test_a_site_for_the_public_gets_no_demonstration_users(commands, settings):
    settings.DEBUG = False
    prepare()
    assert commands == ["migrate", "load_catalog", "load_dealers"]


def test_what_failed_is_done_again(commands, monkeypatch):
    def fail(name, **options):
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(preparing, "call_command", fail)
    with pytest.raises(
        CommandError,
        match=r"The database does not answer: connection refused\. Start it, or correct DATABASE_URL",
    ):
        prepare()
    monkeypatch.setattr(preparing, "call_command", lambda name, **options: commands.append(name))
    prepare()
    assert len(commands) == 4
