"""Housekeeping that no app owns: files without rows."""

from __future__ import annotations

import logging

from celery import shared_task

from ops import file_fields, orphans

logger = logging.getLogger(__name__)


# By its old name: messages and rows of schedules that exist already call it so.
@shared_task(name="carsite.tasks.remove_orphans", soft_time_limit=480, time_limit=540)
def remove_orphans(folder: str = "") -> None:
    """Remove files that no row names (beat, daily): no owner can see or delete them any more.

    Each folder is a task of its own: photos are answered in between, and a folder that takes too long stops
    no other.
    """
    if not folder:
        for one in file_fields.by_folder():
            remove_orphans.delay_on_commit(one)
        return
    inner, found = orphans.look(folder)
    for one in inner:
        remove_orphans.delay_on_commit(one)
    removed = bereft = 0
    for lost in found:
        if isinstance(lost, orphans.LostFile):
            lost.remove()
            removed += 1
        else:
            bereft += 1
    if removed:
        logger.warning("%d files without rows removed", removed)
    if bereft:
        logger.error("%d rows without their files: see `manage.py orphans`", bereft)
