"""Files and row of a photo, kept together or not at all, whatever breaks between them.

Files come first, then the row. What a process that dies in between leaves behind has no row: `manage.py
orphans` finds it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction

from classifier.exceptions import PhotoNotStored
from classifier.models import Identification
from classifier.photos.intake import CleanPhoto

logger = logging.getLogger(__name__)
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_AGAIN = "It was not stored, and nothing else is lost. Please send it again in a few minutes."


def files_write(row: Identification, photo: CleanPhoto) -> None:
    """Store both files of a photo.

    Raises PhotoNotStored, with nothing left, where the storage is full or away.
    """
    name = f"{row.pk.hex}.jpg"
    planned = [(field, field.field.generate_filename(row, name)) for field in (row.photo, row.thumbnail)]
    try:
        row.photo.save(name, ContentFile(photo.content), save=False)
        row.thumbnail.save(name, ContentFile(photo.thumbnail), save=False)
    except Exception as error:  # each storage fails with classes of its own
        logger.exception("a photo could not be stored")
        for field, cut_short in planned:
            with contextlib.suppress(Exception):
                field.storage.delete(cut_short)
        files_remove([row])
        raise _not_stored(error) from error


def no_room() -> PhotoNotStored:
    """What is said where a disk is full."""
    return PhotoNotStored("storage_full", f"There is no room for your photo at the moment. {_AGAIN}")


def _not_stored(error: Exception) -> PhotoNotStored:
    if isinstance(error, OSError) and error.errno in _FULL:
        return no_room()
    return PhotoNotStored("storage_away", f"Our photo storage is not available at the moment. {_AGAIN}")


def files_remove(rows: Iterable[Identification]) -> None:
    """Remove the files of photos. What can't be removed now is found by `manage.py orphans`.

    Raises SoftTimeLimitExceeded, where the time of the task that does this is over, and nothing else.
    """
    for row in rows:
        for file in (row.photo, row.thumbnail):
            if file.name:
                try:
                    file.storage.delete(file.name)
                except SoftTimeLimitExceeded:
                    raise
                except Exception as error:  # not logged with its text, which has the file's name
                    name = type(error).__name__
                    logger.error("a file of photo %s could not be removed: %s", row.pk, name)  # noqa: TRY400


def row_insert(row: Identification, then: Callable[[], None]) -> bool:
    """Insert the row of stored files, and `then` what belongs to the same transaction.

    False, without the files, where the same photo came in at the same moment. Raises PhotoNotStored where the
    database can't take it.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            then()
    except IntegrityError:
        files_remove([row])
        return False
    except (OperationalError, InterfaceError) as error:
        if not _was_committed(row):
            logger.exception("the row of a photo could not be stored")
            raise PhotoNotStored(
                "database_busy", f"Your photo could not be saved just now. {_AGAIN}"
            ) from error
    except BaseException:
        files_remove([row])
        raise
    return True


def _was_committed(row: Identification) -> bool:
    """Whether the row is there although its commit seemed to fail; where it is not, its files are removed.

    Where the database does not even answer that, the files stay: without a row `manage.py orphans` finds
    them, and a row without its files would be a photo lost.
    """
    try:
        there = Identification.objects.filter(pk=row.pk).exists()
    except DatabaseError:
        return False
    if not there:
        files_remove([row])
    return there


# --- Reading ------------------------------------------------------------------------------------------------
class StorageAway(Exception):
    """The storage, and not this one file, can't be read."""


def photo_read(row: Identification) -> bytes:
    """The bytes of a kept photo.

    Raises FileNotFoundError where it is gone, StorageAway where all of them are.
    """
    try:
        with row.photo.open("rb") as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        if _folder_is_gone(row):
            raise StorageAway from error
        raise
    except Exception as error:
        if not _has_thumbnail(row):
            raise StorageAway from error
        raise


def _folder_is_gone(row: Identification) -> bool:
    """Whether a local storage lacks the photo's folder: folders are never removed, so it is not mounted."""
    storage = row.photo.storage
    return (
        isinstance(storage, FileSystemStorage) and not Path(storage.path(str(row.photo.name))).parent.is_dir()
    )


def _has_thumbnail(row: Identification) -> bool:
    """Whether the storage answers for this photo's other file."""
    try:
        return bool(row.thumbnail.storage.exists(str(row.thumbnail.name)))
    except Exception:
        return False
