"""Bytes of the open web, on their way into the galleries, meet the same decoder and limits as uploads."""

from __future__ import annotations

import io

import pytest

from classifier.exceptions import PhotoRefused
from classifier.photos import intake
from core.images import ImageRefused
from scraper.pictures import pictures
from tests.security.hostile import hostile_files


def as_upload(data: bytes) -> str:
    """The code with which the file is refused as an upload without a name; empty where it is taken."""
    try:
        intake.clean_photo(io.BytesIO(data), size=len(data))
    except PhotoRefused as refusal:
        return refusal.code
    return ""


def as_picture(data: bytes) -> str:
    """The code with which the file is refused as a picture of a source; empty where it is taken."""
    try:
        kept = pictures.picture_of(data)
    except ImageRefused as refusal:
        return refusal.code
    assert kept.content.startswith(b"\xff\xd8\xff")
    return ""


def test_what_is_refused_as_an_upload_is_refused_as_a_picture() -> None:
    accepted = [name for name, data in hostile_files() if as_upload(data) and not as_picture(data)]
    assert accepted == []


def test_both_refuse_for_the_same_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    # Most hostile files are smaller than a gallery's pictures may be, which would hide what else is wrong with them.
    monkeypatch.setattr(pictures, "LIMITS", intake.LIMITS)
    codes = {name: (as_upload(data), as_picture(data)) for name, data in hostile_files()}
    assert {name: pair for name, pair in codes.items() if pair[0] != pair[1]} == {}
    assert len({code for code, _ in codes.values()}) > 5
