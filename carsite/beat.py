"""A scheduler for Celery beat that survives changes of the system clock."""

from __future__ import annotations

import time
from datetime import datetime

from celery.schedules import schedstate
from celery.utils.time import maybe_make_aware
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from core import heartbeats


class SteadyEntry(ModelEntry):
    """An entry that never counts on a time to come.

    After the machine's clock was set back by an hour, Celery's own would wait that hour before it runs
    anything again.
    """

    last_run_at: datetime

    def is_due(self) -> schedstate:
        """As Celery's, but what ran in the future ran just now."""
        now = self._default_now()
        if maybe_make_aware(self.last_run_at) > now:
            self.last_run_at = self.model.last_run_at = now
        state: schedstate = super().is_due()
        return state


class SteadyScheduler(DatabaseScheduler):
    """The schedule of the settings and of the admin."""

    Entry = SteadyEntry
    _lead: float | None = None

    def tick(self, *args: object, **kwargs: object) -> float:
        """Rebuild the queue of what is due next where the system clock has jumped, as that orders it.

        Else what ran while the clock was an hour ahead would wait behind everything that is due within that
        hour.
        """
        lead = time.time() - time.monotonic()
        if self._lead is not None and abs(lead - self._lead) > 1:
            self._heap = None
        self._lead = lead
        heartbeats.give("beat")
        seconds: float = super().tick(*args, **kwargs)
        return seconds
