"""The Celery app. The database row is the truth and the broker only a bell: losing a message loses no photo."""

import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carsite.settings")


class BellTask(DjangoTask):
    """A task whose queueing never fails the request that asked for it.

    With the broker away the row stays as it is, the sweeper rings later, and the person gets a page.
    """

    abstract = True

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Queue the task once the transaction is in the database; a broker that is away is logged."""

        def ring() -> None:  # a partial would not do: Django logs a robust callback's failure by its name
            self.delay(*args, **kwargs)

        transaction.on_commit(ring, robust=True)


app = Celery("carsite", task_cls=BellTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
