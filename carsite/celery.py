"""The Celery app. Rows are authoritative and messages only wake-ups: a lost message loses no photo."""

import logging
import os
import warnings
from typing import Any

from celery import Celery, Task, bootsteps, signals
from celery.app.amqp import AMQP
from django.db import close_old_connections
from kombu import Connection
from kombu.transport.virtual import UndeliverableWarning

from core import heartbeats, logs
from core.queue import EnqueueOnCommitTask, resume

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")

#: How long a visitor may be kept waiting for the broker when a task is put into the queue.
ENQUEUE_SECONDS = 0.6
#: How long a worker or beat waits at most before it tries again to reach a broker that is away.
RECONNECT_SECONDS = 2.0


class PromptConnection(Connection):
    """A connection that is tried every `RECONNECT_SECONDS`; kombu's own lets up to 30 seconds pass."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Connection:
        """As kombu's."""
        often = {"interval_start": 0.5, "interval_step": 0.5, "interval_max": RECONNECT_SECONDS}
        return super().ensure_connection(*args, **(often | kwargs))


class PromptAMQP(AMQP):
    """Celery's, with such connections."""

    Connection = PromptConnection


class ImpatientCelery(Celery):
    """Celery that gives up on a hanging broker after `ENQUEUE_SECONDS` when it puts a task into the queue.

    Workers, who only listen, keep the longer time of the settings.
    """

    amqp_cls = PromptAMQP

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Connection:
        """Celery's, with options of the Redis transport on top."""
        if (url or self.conf.broker_write_url or "").startswith("redis"):
            quick = {"socket_timeout": ENQUEUE_SECONDS, "health_check_interval": 0, "max_retries": 0}
            kwargs["transport_options"] = quick | (kwargs.get("transport_options") or {})
        return super().connection_for_write(url, **kwargs)


logger = logging.getLogger(__name__)
app = ImpatientCelery("carsite", task_cls=EnqueueOnCommitTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# --- Back to work -------------------------------------------------------------------------------------------
class Resume(bootsteps.StartStopStep):
    """Have everything swept whenever a worker starts or finds its way back to the broker.

    Wake-ups may be lost by then, and rows held by a worker that is gone; neither should wait for beat.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """The worker takes messages from now on."""
        try:
            resume()
        except Exception:
            # Whatever a broker says to that, such as that its memory is full: beat sweeps too.
            logger.exception("the sweeps were not asked for")


app.steps["consumer"].add(Resume)


# --- Replies ------------------------------------------------------------------------------------------------
# Who asks whether a worker is there waits for the answer for a moment. One that comes later finds nobody,
# which is no loss and no warning.
warnings.filterwarnings(
    "ignore", r"Message could not be delivered: No queues bound to exchange 'reply\.", UndeliverableWarning
)


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


@signals.task_prerun.connect
def _give_a_sign_of_life(task: Task, **_: object) -> None:
    """Of the workers that visitors wait for; the trainer's own work says nothing of them."""
    if (task.request.delivery_info or {}).get("routing_key") in ("identify", "default"):
        heartbeats.give("worker")


@signals.task_postrun.connect
def _unbind_task(**_: object) -> None:
    logs.bind()
