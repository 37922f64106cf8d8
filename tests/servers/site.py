"""A whole site on real servers, by environment variables alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kombu.pools

from tests.databases import database_at
from tests.servers.brokers import RabbitMQ, Redis
from tests.servers.mail import Smtp
from tests.servers.postgres import Postgres
from tests.servers.storage import S3
from tests.services import ROOT, Site


class ServedSite(Site):
    """A site that keeps nothing on this machine's disk: database, queue, cache, photos and mail are on servers.

    Its web server and worker are processes as in `Site`. Without `broker`, Redis is the broker.
    """

    def __init__(
        self,
        bundle: Path,
        *,
        postgres: Postgres,
        redis: Redis,
        broker: RabbitMQ | None = None,
        s3: S3 | None = None,
        smtp: Smtp | None = None,
        **environment: str,
    ) -> None:
        self.database_url = postgres.url
        served = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
        for name, server in (("BROKER_URL", broker), ("STORAGE_URL", s3), ("EMAIL_URL", smtp)):
            served |= {name: server.url} if server else {}
        super().__init__(None, bundle, **served, **environment)
        self.broker_url = broker.url if broker else f"{redis.url}/0"
        self._broker = broker or redis

    def start_redis(self) -> None:
        """Connect to the broker, which runs already, and fill the database as a new site does."""
        self.connect()
        for words in (["migrate"], ["load_catalog"], ["load_dealers", "--demo"]):
            self.manage(*words, "--verbosity", "0")

    def connect(self) -> None:
        """Ask the broker by new connections; those to one that was stopped meanwhile are forgotten."""
        kombu.pools.reset()

    def manage(self, *words: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` in the site's environment and what is given; the test fails where it does, unless told not to."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            check=False,
            cwd=ROOT,
            env=self.env | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def is_idle(self) -> bool:
        """Whether every message is taken and every task that was taken has ended."""
        waiting = self._broker.waiting("identify", "default")
        return not (waiting or self._of_worker("reserved") or self._of_worker("active"))

    @contextlib.contextmanager
    def database(self, blocker: Any) -> Iterator[None]:
        """The test's own queries go to this site's database, each committed at once."""
        with blocker.unblock(), database_at(self.database_url):
            yield
