"""What the site as a whole has done for it now and then."""

from __future__ import annotations

import logging

from celery import shared_task

from carsite import orphans

logger = logging.getLogger(__name__)


@shared_task
def remove_orphans() -> None:
    """Remove files that no row names (beat, daily): nobody can see or delete them any more."""
    found = orphans.find()
    if removed := orphans.mend(found):
        logger.warning("%d files without rows removed", removed)
    if found.rows:
        logger.error("%d rows without their files: see `manage.py orphans`", len(found.rows))
