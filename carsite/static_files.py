"""Static files, which anyone may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class PublicStaticFiles(CompressedManifestStaticFilesStorage):
    """Static files that a proxy of another user can read, where the folder of STATIC_DIR lets it in.

    Everything else that the site writes is for its own user alone.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        modes = {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755}
        super().__init__(*args, **modes | options)

    def post_process(self, *args: Any, **options: Any) -> Iterator[tuple[str, str | None, bool | Exception]]:
        """WhiteNoise's; it writes compressed copies beside the files, for the same readers."""
        before = os.umask(0o022)
        try:
            Path(self.location).chmod(0o755)
            yield from super().post_process(*args, **options)
        finally:
            os.umask(before)
