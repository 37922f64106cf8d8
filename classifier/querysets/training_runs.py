"""Reads of training runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from core.leases import LeaseQuerySet

if TYPE_CHECKING:
    from classifier.models import TrainingRun  # noqa: F401  (in the base class)


class TrainingRunQuerySet(LeaseQuerySet["TrainingRun"]):
    """Training runs: claimed and kept alive as `core.leases` says."""

    def open(self) -> Self:
        return self.filter(is_open=True)
