"""Real servers for tests: PostgreSQL, Redis, RabbitMQ, S3 and SMTP, each in a folder and at ports of its own.

    with Postgres() as postgres:
        ... postgres.url, postgres.kill(), postgres.start() ...

A server that is not installed raises `NotInstalled`, whose text names what brings it. All are stopped at the end of the
block; where the test is killed, the supervisor's watchdog stops them. Their files outlive a `kill` and a `start`.
"""

from tests.servers.base import NotInstalled, Server
from tests.servers.brokers import RabbitMQ, Redis
from tests.servers.mail import Smtp
from tests.servers.postgres import Postgres
from tests.servers.storage import S3

__all__ = ["S3", "NotInstalled", "Postgres", "RabbitMQ", "Redis", "Server", "Smtp"]
