"""Bounding what an upload may cost while it is still arriving."""

from __future__ import annotations

from io import BytesIO
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from classifier.photos.intake import MAX_BYTES, CleanPhoto, clean_photo
from classifier.photos.storage import no_room


class CappedUploadHandler(FileUploadHandler):
    """First of the upload handlers: stops passing a file on once it is larger than any photo may be.

    The file keeps the size at which it was cut, which is above the limit, so that the photo is refused for
    that reason and neither memory nor disk ever hold more of it.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self.received > MAX_BYTES:
            return None
        self.received += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers that store it."""
        return


class CutShort(InMemoryUploadedFile):
    """Stands for a file that the disk for temporary files had no room for."""


def uploaded_photo(file: BinaryIO | UploadedFile, *, size: int) -> CleanPhoto:
    """`intake.clean_photo` of a file that came with a request.

    Raises also PhotoNotStored where there was no room for all of it.
    """
    if isinstance(file, CutShort):
        raise no_room()
    return clean_photo(cast("BinaryIO", file), size=size)


class FrugalTemporaryFileUploadHandler(TemporaryFileUploadHandler):
    """Django's, but a full disk ends one file and not the request: what reads the file finds a `CutShort`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.is_cut_short = False
        try:
            super().new_file(*args, **kwargs)
        except OSError:
            self.is_cut_short = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.is_cut_short:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError:
                self.is_cut_short = True

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_cut_short:
            try:
                return super().file_complete(file_size)
            except OSError:
                pass
        name = self.file_name or ""
        return CutShort(BytesIO(), self.field_name, name, self.content_type, file_size, self.charset)
