"""Bounding what an upload may cost while it is still arriving."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from classifier.intake import MAX_BYTES


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
