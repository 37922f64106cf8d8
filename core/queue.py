"""Putting work into the queue: after the transaction, and without ever failing its caller.

The row that describes the work is authoritative; the message is only a wake-up for a worker and may be lost.
A sweeper of the app (Celery beat) finds rows that wait and wakes a worker again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from celery import current_app
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

#: For this long after a failure the broker is not tried again: who sends twenty photos waits once.
PAUSE_SECONDS = 5.0
#: What fails faster than this has not waited for a broker that hangs.
AT_ONCE_SECONDS = 0.3


class EnqueueOnCommitTask(DjangoTask):
    """A Celery task whose queueing never fails the request that asked for it.

    With the broker away the row stays as it is, the sweeper wakes a worker later, and the visitor gets a
    page.
    """

    abstract = True
    _paused_until: ClassVar[float] = 0.0

    def delay_on_commit(self, *args: object, **kwargs: object) -> None:
        """Queue the task once the transaction is in the database; a broker that is away is logged."""

        def enqueue() -> None:  # a partial would not do: Django logs a robust callback's failure by its name
            if time.monotonic() < EnqueueOnCommitTask._paused_until:
                return
            try:
                _twice(lambda: self.delay(*args, **kwargs))
            except OperationalError as error:
                EnqueueOnCommitTask._paused_until = time.monotonic() + PAUSE_SECONDS
                logger.warning("broker away, %s waits for its sweeper: %s", self.name, error)

        transaction.on_commit(enqueue, robust=True)

    @classmethod
    def forget_pause(cls) -> None:
        """Try the broker again at the next call, whatever happened before."""
        cls._paused_until = 0.0


def enqueue_on_commit(task: str, *args: object) -> None:
    """Queue the task with the dotted name `task`, such as "classifier.tasks.identify", once the transaction
    is committed.

    By name, so that services, which tasks call, need not know the tasks.
    """
    import_string(task).delay_on_commit(*args)


def _twice(send: Callable[[], object]) -> None:
    """Put a message into the queue; once more where that failed at once, as over a connection cut long ago.

    Raises OperationalError where the broker is away. One that hangs is not waited for a second time.
    """
    started = time.monotonic()
    try:
        send()
    except OperationalError:
        if time.monotonic() - started > AT_ONCE_SECONDS:
            raise
        send()


def messages(queue: str) -> int | None:
    """How many messages wait in a queue of the broker, those left out that workers hold.

    None where the broker does not say.
    """
    with current_app.connection_for_write() as connection:
        try:
            return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:  # no such queue: Redis forgets one that is empty
            return 0
        except (OperationalError, *connection.connection_errors) as error:
            logger.warning("broker away, nothing is known of its queue %s: %s", queue, error)
            return None


def resume() -> None:
    """Have all sweeps done at once (settings.SWEEPS): the way to the broker was just found, perhaps again.

    Whatever it lost meanwhile then waits for no clock. And once more when processes that paused after a
    failure try it again: what they did not send until then may come too late for the first sweep.
    """
    EnqueueOnCommitTask.forget_pause()
    for name in settings.SWEEPS:
        try:
            for seconds in (0.0, PAUSE_SECONDS + 1):
                _twice(partial(current_app.send_task, name, countdown=seconds or None, **_expiry(name)))
        except OperationalError as error:
            logger.warning("broker away, %s waits for beat: %s", name, error)
            return


def _expiry(name: str) -> dict[str, float]:
    """A sweep that was sent and not done soon is of no use any more."""
    expires = getattr(current_app.tasks.get(name), "expires", None)
    return {"expires": expires} if expires else {}
