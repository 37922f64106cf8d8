"""The Celery app. Rows are authoritative and messages only wake-ups: a lost message loses no photo."""

import os
from typing import Any

from celery import Celery, Task, signals
from django.db import close_old_connections
from kombu import Connection

from core import logs
from core.queue import EnqueueOnCommitTask

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")

#: How long a visitor may be kept waiting for the broker when a task is put into the queue.
ENQUEUE_SECONDS = 0.6


class ImpatientCelery(Celery):
    """Celery that gives up on a hanging broker after `ENQUEUE_SECONDS` when it puts a task into the queue.

    Workers, who only listen, keep the longer time of the settings.
    """

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Connection:
        """Celery's, with options of the Redis transport on top."""
        if (url or self.conf.broker_write_url or "").startswith("redis"):
            quick = {"socket_timeout": ENQUEUE_SECONDS, "health_check_interval": 0, "max_retries": 0}
            kwargs["transport_options"] = quick | (kwargs.get("transport_options") or {})
        return super().connection_for_write(url, **kwargs)


app = ImpatientCelery("carsite", task_cls=EnqueueOnCommitTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# --- Connections to the database ----------------------------------------------------------------------------
@signals.task_prerun.connect
@signals.task_postrun.connect
def _close_old_connections(**_: object) -> None:
    """As Django does around requests; Celery's default opens a new connection for each task."""
    close_old_connections()


# --- One id from the click to the answer --------------------------------------------------------------------
@signals.setup_logging.connect
def _keep_logging(**_: object) -> None:
    """With a receiver on this signal, Celery leaves logging as the settings have it."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, str], **_: object) -> None:
    headers["request_id"] = logs.request_id()


@signals.task_prerun.connect
def _bind_task(task_id: str, task: Task, **_: object) -> None:
    logs.bind(request_id=getattr(task.request, "request_id", "") or "", task=task.name, task_id=task_id)


@signals.task_postrun.connect
def _unbind_task(**_: object) -> None:
    logs.bind()
