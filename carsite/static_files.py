"""Static files, which anyone may read, of this version and of those before it in one folder."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: So long the files of a version that is no longer collected stay, for pages that are open or kept somewhere.
KEPT_SECONDS = 30 * 24 * 3600
_Processed = Iterator[tuple[str, str | None, bool | Exception]]


class _Compressor(Compressor):
    """The best that Brotli can (11) takes a minute of CPU and saves one byte in twenty over this."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=9))


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Names carry a hash of the contents, so versions share a folder; which names are its own, a version
    reads in a manifest of its own.

    A file that was compressed once is not compressed again. The manifest is written last: where it is there,
    everything is.
    """

    @cached_property
    def manifest_name(self) -> str:
        """`staticfiles.HASH.json`, the hash being that of all sources: their names and what is in them."""
        digest = hashlib.sha256()
        sources = {path: storage for finder in get_finders() for path, storage in finder.list([])}
        for path in sorted(sources):
            content = Path(sources[path].path(path)).read_bytes()
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return f"staticfiles.{digest.hexdigest()[:16]}.json"

    @property
    def is_collected(self) -> bool:
        """Whether `collectstatic` has done its work for this version."""
        return bool(self.manifest_storage.exists(self.manifest_name))

    def create_compressor(self, **options: Any) -> Compressor:
        """A quick one."""
        return _Compressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Those that pages name, where it was not done before."""
        named = set(self.hashed_files.values())
        new = [path for path in paths if path in named and not Path(self.path(path) + ".gz").exists()]
        yield from super().compress_files(new)

    def post_process(self, *args: Any, **options: Any) -> _Processed:
        """Hashed and compressed copies, then the manifest; then files of long ago go."""
        yield from super().post_process(*args, **options)
        if not options.get("dry_run"):
            super().save_manifest()
            self._delete_old()

    def save_manifest(self) -> None:
        """Not before everything is there."""

    def _delete_old(self) -> None:
        """Delete what only versions name that were collected long ago, and their manifests."""
        folder = Path(self.location)
        old, kept = [], {self.manifest_name}
        for manifest in folder.glob("staticfiles*.json"):
            is_old = time.time() - manifest.stat().st_mtime > KEPT_SECONDS
            if is_old and manifest.name != self.manifest_name:
                old.append(manifest)
            else:
                kept.update(json.loads(manifest.read_text())["paths"].values())
        for manifest in old:
            for name in set(json.loads(manifest.read_text())["paths"].values()) - kept:
                for suffix in ("", ".br", ".gz"):
                    (folder / f"{name}{suffix}").unlink(missing_ok=True)
            manifest.unlink()


class PublicStaticFiles(StaticFiles):
    """Static files that a proxy of another user can read, where the folder of STATIC_DIR lets it in.

    Everything else that the site writes is for its own user alone.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        modes = {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755}
        super().__init__(*args, **modes | options)

    def post_process(self, *args: Any, **options: Any) -> _Processed:
        """WhiteNoise writes compressed copies beside the files, for the same readers."""
        before = os.umask(0o022)
        try:
            Path(self.location).chmod(0o755)
            yield from super().post_process(*args, **options)
        finally:
            os.umask(before)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, which lists the folder at its start, and finds what another version has put there since.

    While one version takes over from another, a page of the one asks the other for its files.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.autorefresh:
            self.directories.append((f"{settings.STATIC_ROOT}{os.sep}", self.static_prefix))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        is_unknown = path.startswith(self.static_prefix) and path not in self.files
        if is_unknown and not self.autorefresh and (found := self.find_file(path)) is not None:
            self.files[path] = found
        response: HttpResponseBase = super().__call__(request)
        return response

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Also names of other versions carry the hash of their contents."""
        parts = Path(url).name.split(".")
        has_hash = len(parts) > 2 and len(parts[-2]) == 12 and set(parts[-2]) <= set("0123456789abcdef")
        return url.startswith(self.static_prefix) and has_hash
