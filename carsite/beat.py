"""Celery's clock, steady where the machine's own is set back."""

from __future__ import annotations

from typing import Any

from celery.utils.time import maybe_make_aware
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry


class SteadyEntry(ModelEntry):
    """An entry that never counts on a time to come.

    After the machine's clock was set back by an hour, Celery's own would wait that hour before it runs anything again.
    """

    last_run_at: Any

    def is_due(self) -> Any:
        """As Celery's, but what ran in the future ran just now."""
        now = self._default_now()
        if maybe_make_aware(self.last_run_at) > now:
            self.last_run_at = self.model.last_run_at = now
        return super().is_due()


class SteadyScheduler(DatabaseScheduler):
    """The schedule of the settings and of the admin."""

    Entry = SteadyEntry
