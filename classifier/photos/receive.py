"""Taking in an uploaded photo: its clean copy, its files and its row, or the row that is there already."""

from __future__ import annotations

from typing import BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from classifier.answers import telemetry
from classifier.answers.sweep import identification_retry
from classifier.exceptions import NotPossibleNow
from classifier.models import Identification
from classifier.photos.intake import CleanPhoto
from classifier.photos.storage import files_remove, files_write, row_insert
from classifier.photos.uploads import uploaded_photo
from core.people import Person, account_id
from core.queue import enqueue_on_commit


def identification_create(
    *, file: BinaryIO | UploadedFile, size: int, user: Person, guest_key: str = ""
) -> tuple[Identification, bool]:
    """Take in a photo; returns its identification and whether it is new.

    The same bytes from the same person lead to the identification that is there already; where that one
    failed, it is tried again with what was sent now. Raises PhotoRefused where the file can't be used and
    PhotoNotStored where it can't be stored now, both with nothing stored.
    """
    photo = uploaded_photo(file, size=size)
    mine = Identification.objects.visible_to(user, guest_key).filter(sha256=photo.sha256)
    if existing := mine.first():
        if existing.status == Identification.Status.FAILED:
            _replace_files(existing, photo)
        return existing, False
    owner = account_id(user)
    row = Identification(
        owner_id=owner,
        guest_key="" if owner else guest_key,
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        size=len(photo.content),
        from_animation=photo.moves,
        request_id=telemetry.request_id(),
    )
    files_write(row, photo)
    if row_insert(row, then=lambda: enqueue_on_commit("classifier.tasks.identify", str(row.pk))):
        return row, True
    return mine.get(), False


def _replace_files(row: Identification, photo: CleanPhoto) -> None:
    """Give a failed photo that is sent again fresh files and another try: its files may be why it failed."""
    fresh = Identification(width=photo.width, height=photo.height, size=len(photo.content))
    old = Identification(pk=row.pk, photo=row.photo.name, thumbnail=row.thumbnail.name)
    files_write(fresh, photo)
    try:
        with transaction.atomic():
            identification_retry(identification=row)
            Identification.objects.filter(pk=row.pk).update(
                photo=fresh.photo.name, thumbnail=fresh.thumbnail.name, size=fresh.size
            )
            transaction.on_commit(lambda: files_remove([old]), robust=True)
    except NotPossibleNow:  # it is tried again already, or was deleted
        files_remove([fresh])
    row.refresh_from_db()
