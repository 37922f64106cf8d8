"""How gunicorn serves the site; `manage.py up` and a server's own service file use it alike."""

import contextlib
import gc
import os
import shutil
import tempfile
from pathlib import Path

from carsite.env import BASE_DIR, value  # which reads .env

bind = f"{value('HOST')}:{value('PORT')}"
wsgi_app = "carsite.wsgi"
# Requests are read, and answers sent, without holding a thread. Threads, as requests wait for the database
# and the disk; processes, as shrinking a photo takes a core.
worker_class = "ops.server.Worker"
worker_connections = 1000
workers = int(value("WEB_WORKERS"))
threads = 4
preload_app = True
timeout = 60
# So long a process that makes room for another one may still work at what has begun to come: a phone takes
# five minutes for a photo. Whoever stops the whole server waits as long as they like.
graceful_timeout = 330
control_socket_disable = True
# Where all processes of this server count their requests, for /metrics. Read again at a reload, made once. In
# memory where that can be had: the files are written as memory is, and a full disk would end the process that
# does so (SIGBUS).
memory = "/dev/shm"  # noqa: S108  (a folder of our own is made there)
counts = os.environ.get("PROMETHEUS_MULTIPROC_DIR") or tempfile.mkdtemp(
    prefix="carsite-metrics-", dir=memory if os.access(memory, os.W_OK) else None
)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts


def when_ready(server: object) -> None:
    """What is loaded once stays: looking through all of it for garbage now and then held up one request in
    twenty.
    """
    gc.collect()
    gc.freeze()


def post_worker_init(worker: object) -> None:
    """Says which server serves: while one takes over from another, both answer on one socket."""
    path = Path(value("VAR_DIR"), "web.pid")
    with contextlib.suppress(OSError):
        (BASE_DIR / path).write_text(str(worker.ppid))  # type: ignore[attr-defined]


def child_exit(server: object, worker: object) -> None:
    """A process that made room for a fresh one (`ops.server`) asked for one more; now it is gone."""
    server.num_workers = max(server.cfg.workers, server.num_workers - 1)  # type: ignore[attr-defined]


def on_exit(server: object) -> None:
    """The counts end with the server; Prometheus knows how to go on from nothing."""
    shutil.rmtree(counts, ignore_errors=True)
