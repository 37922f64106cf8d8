"""PostgreSQL for tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.base import Server, find_program


class Postgres(Server):
    """PostgreSQL with an empty database; its owner is no superuser but may make more databases."""

    name = "postgresql"
    brought_by = "the Debian package postgresql (15 or newer)"
    database = "carsite"

    def __init__(self) -> None:
        super().__init__()
        self.password = secrets.token_hex(8)

    @classmethod
    def find(cls) -> Path | None:
        return find_program("postgres", "usr/lib/postgresql/*/bin/postgres")

    @property
    def url(self) -> str:
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """The address of another database of this server."""
        return f"postgres://carsite:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """An empty database of the site's user; its address."""
        self.run(f"CREATE DATABASE {name} OWNER carsite")
        return self.url_of(name)

    def _unprivileged(self) -> list[str]:
        """PostgreSQL refuses to run as root: the words that make it run as somebody else."""
        if os.geteuid() != 0:
            return []
        known = {user.pw_name for user in pwd.getpwall()}
        self.user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]

    def prepare(self) -> None:
        data, secret = self.folder / "data", self.folder / "password"
        secret.write_text(self.password)
        if prefix := self._unprivileged():
            for path in (self.folder, secret):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        words = ("--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8")
        program = str(self.program.resolve().with_name("initdb"))
        subprocess.run(
            [*prefix, program, "-D", str(data), *words, "--locale=C.UTF-8", "--no-sync"],
            check=True,
            cwd=self.folder,
            capture_output=True,
        )

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",  # what a killed process has written is the kernel's; only a power cut would lose it
            "max_connections": "60",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [*self._unprivileged(), str(self.program.resolve()), "-D", str(self.folder / "data"), *words]

    def answers(self) -> bool:
        return super().answers() and self._can_connect()

    def _can_connect(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:  # it is still starting, or mends what a kill left
            return False
        return True

    def finish(self) -> None:
        self.run(f"CREATE ROLE carsite LOGIN CREATEDB PASSWORD '{self.password}'")
        self.create_database(self.database)

    def stop(self) -> None:
        """Stop it without waiting for clients that stay connected."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            self.process.wait(30)
        super().stop()

    def run(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Rows of a statement, as the superuser."""
        with self._connect(database) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def _connect(self, database: str) -> psycopg.Connection:
        address = {"host": "127.0.0.1", "port": self.port, "dbname": database, "connect_timeout": 3}
        return psycopg.connect(**address, user="postgres", password=self.password, autocommit=True)

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[Callable[[], bool]]:
        """Nobody can write to a table of the site meanwhile; yields what asks whether somebody waits to. It may be killed."""
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{}'::regclass"
        with contextlib.closing(self._connect(self.database)) as connection:
            connection.autocommit = False
            connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield lambda: bool(self.run(waiting.format(table), self.database))
