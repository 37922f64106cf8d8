"""Everything the site keeps about a person, as a ZIP that is streamed while it is written."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.files import File
from django.utils.module_loading import import_string

from accounts.models import ApiToken, User

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Exporter = tuple[dict[str, object], Iterable[tuple[str, File]]]


class _Pipe(io.RawIOBase):
    """A buffer that the ZIP is written into and read from piece by piece, so that no photo is held twice."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        data, self._pieces = b"".join(self._pieces), []
        return data


def personal_data(user: User) -> Exporter:
    """What this app keeps. Passwords and tokens are missing: only their hashes are stored."""
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    tokens = ApiToken.objects.filter(user=user)
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    facts: dict[str, object] = {
        "email": user.email,
        "name": user.name,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login and user.last_login.isoformat(),
        "email_addresses": [{"email": one.email, "confirmed": one.verified} for one in addresses],
        "second_step": [
            {
                "kind": one.type,
                "since": one.created_at.isoformat(),
                "last_used": one.last_used_at and one.last_used_at.isoformat(),
            }
            for one in factors
        ],
        "api_tokens": [{"name": token.name, "created": token.created.isoformat()} for token in tokens],
    }
    return facts, ()


def export(user: User) -> Iterator[bytes]:
    """The pieces of a ZIP: one JSON file per app of `PERSONAL_DATA_EXPORTERS`, and the person's files.

    A file that storage has lost is named in `missing.txt` instead of ending the download in the middle.
    """
    exporters = ["accounts.export.personal_data", *settings.PERSONAL_DATA_EXPORTERS]
    parts = {path.partition(".")[0]: import_string(path)(user) for path in exporters}
    return _zip(parts)


def _zip(parts: dict[str, Exporter]) -> Iterator[bytes]:
    pipe, missing = _Pipe(), []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for app, (facts, files) in parts.items():
            archive.writestr(f"{app}.json", json.dumps(facts, indent=2, ensure_ascii=False))
            for name, file in files:
                try:
                    _add(archive, name, file)
                except FileNotFoundError:
                    missing.append(name)
                yield pipe.taken()
        if missing:
            archive.writestr("missing.txt", "These files are lost:\n" + "\n".join(missing) + "\n")
    yield pipe.taken()


def _add(archive: zipfile.ZipFile, name: str, file: File) -> None:
    with file.open("rb") as source, archive.open(name, "w") as target:
        shutil.copyfileobj(source, target)
