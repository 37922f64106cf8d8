"""The Celery app. The database row is the truth and the broker only a bell: losing a message loses no photo."""

import logging
import os
import time
from typing import Any, ClassVar

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.db import close_old_connections, transaction
from kombu.exceptions import OperationalError

from core import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")
logger = logging.getLogger(__name__)

#: How long somebody may be kept waiting for the broker when a task is put into the queue.
RING_SECONDS = 0.6
#: For this long after a failure nobody tries again: whoever sends twenty photos waits once. The sweepers ring later.
PAUSE_SECONDS = 5.0


class BellTask(DjangoTask):
    """A task whose queueing never fails the request that asked for it.

    With the broker away the row stays as it is, the sweeper rings later, and the person gets a page.
    """

    abstract = True
    _rung_again_at: ClassVar[float] = 0.0

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Queue the task once the transaction is in the database; a broker that is away is logged."""

        def ring() -> None:  # a partial would not do: Django logs a robust callback's failure by its name
            if time.monotonic() < BellTask._rung_again_at:
                return
            try:
                self.delay(*args, **kwargs)
            except OperationalError as error:
                BellTask._rung_again_at = time.monotonic() + PAUSE_SECONDS
                logger.warning("broker away, %s waits for its sweeper: %s", self.name, error)

        transaction.on_commit(ring, robust=True)


class QuickToRing(Celery):
    """Celery that gives up on a broker that hangs after `RING_SECONDS` when it puts a task into the queue.

    Workers, who only listen, keep the longer time of the settings.
    """

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Any:
        """Celery's, with options of the Redis transport on top."""
        if (url or self.conf.broker_write_url or "").startswith("redis"):
            quick = {"socket_timeout": RING_SECONDS, "health_check_interval": 0, "max_retries": 0}
            kwargs["transport_options"] = quick | (kwargs.get("transport_options") or {})
        return super().connection_for_write(url, **kwargs)


app = QuickToRing("carsite", task_cls=BellTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# --- Connections to the database ------------------------------------------------------------------------------
@signals.task_prerun.connect
@signals.task_postrun.connect
def _close_old_connections(**_: Any) -> None:
    """As Django does around requests. Celery's own way, a new connection for each task, is a new process of PostgreSQL each."""
    close_old_connections()


# --- One id from the click to the answer ----------------------------------------------------------------------
@signals.setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Somebody listens to this signal, so Celery leaves logging as the settings have it."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any], **_: Any) -> None:
    headers["request_id"] = logs.request_id()


@signals.task_prerun.connect
def _bind_task(task_id: str, task: Any, **_: Any) -> None:
    logs.bind(request_id=getattr(task.request, "request_id", "") or "", task=task.name, task_id=task_id)


@signals.task_postrun.connect
def _unbind_task(**_: Any) -> None:
    logs.bind()
