"""Strangers' bytes: refused with a stable code, or answered; never a defect, never a dead worker, never a byte of theirs kept."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from classifier.models import Identification
from classifier.photos import intake
from core import limits
from tests.classifier.photos import encoded, with_metadata
from tests.ml.tiny import write_tiny_bundle
from tests.security import hostile

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {(413, "too_large")} | {
    (400, code)
    for code in ("animated", "damaged", "empty", "invalid", "no_photo", "not_an_image", "too_many_pixels", "too_small",
                 "unsupported_format")
}  # fmt: skip
#: The parts that a JPEG of pixels alone is made of.
PLAIN = {0xD8, 0xE0, 0xDB, 0xC0, 0xC2, 0xC4, 0xDD, 0xDA, 0xD9}


def segments(data: bytes) -> set[int]:
    """The markers of a JPEG; asserts that its JFIF part holds no thumbnail and that nothing follows its end."""
    found, place = {0xD8}, 2
    while (marker := data[place + 1]) != 0xDA:
        assert data[place] == 0xFF
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        assert marker != 0xE0 or length == 16
        found.add(marker)
        place += 2 + length
    assert data.endswith(b"\xff\xd9")
    assert data.count(b"\xff\xd9") == 1
    return found | {0xDA, 0xD9}


@pytest.fixture
def limitless(settings: Settings) -> None:
    settings.GUEST_UPLOADS_PER_HOUR = settings.UPLOADS_PER_DAY = 10**6


def test_there_are_hundreds_of_them() -> None:
    assert len(hostile.hostile_files()) >= 200
    assert len({data for _, data in hostile.hostile_files()}) >= 200


@pytest.mark.django_db
@pytest.mark.parametrize("entry", ["page", "api"])
def test_every_hostile_file_is_refused_with_a_code_or_answered(
    entry: str, user: User, limitless: None
) -> None:
    client = Client(raise_request_exception=False)
    if entry == "api":
        client.force_login(user)
    path, field = ("/identify/", "photos") if entry == "page" else ("/api/v1/identifications/", "photo")
    taken = (200, 202) if entry == "page" else (202,)  # the page tells a photo that it had already
    faults, accepted = [], 0
    for name, data in hostile.hostile_files():
        cache.clear()
        limits.forget_all()
        file = SimpleUploadedFile(name, data, "image/jpeg")
        response = client.post(path, {field: file}, headers={"accept": "application/json"})
        if response.status_code in taken:
            accepted += 1
        elif (response.status_code, response.json().get("code")) not in REFUSALS:
            faults.append(f"{name}: {response.status_code} {response.content[:200]!r}")
    assert faults == []
    assert accepted > 50
    kept = list(Identification.objects.all())
    assert 50 < len(kept) <= accepted  # two of the same bytes are one photo
    for row in kept:
        for stored in (row.photo, row.thumbnail):
            assert segments(stored.open("rb").read()) <= PLAIN, row.pk
            assert Path(stored.name).stem == row.pk.hex


def test_all_of_them_go_through_a_process_whose_memory_is_bounded(tmp_path: Path) -> None:
    bundle = write_tiny_bundle(tmp_path / "bundle")
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.bounded", str(bundle.path)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["accepted"] > 50
    assert report["refused"] > 100
    assert report["unreadable"] == []
    assert report["slow"] == []
    assert report["bomb_bytes"] < 60_000
    assert report["bomb_seconds"] < 0.5
    assert report["bomb_mb"] < 50


# --- What is kept -------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_nothing_but_pixels_is_kept_and_served(client: Client, user: User) -> None:
    data = with_metadata()
    assert len(segments(data)) > len(PLAIN) - 3
    client.force_login(user)
    client.post("/identify/", {"photos": SimpleUploadedFile("my-holiday.jpg", data, "image/jpeg")})
    row = Identification.objects.get()
    for size in ("", "?size=thumbnail"):
        response = client.get(f"/identifications/{row.pk}/photo/{size}")
        body = b"".join(response.streaming_content)
        assert segments(body) <= PLAIN
        assert b"Secret" not in body
        assert "my-holiday" not in str(response.headers)
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OSError("encoder error -2"), MemoryError(), ValueError("no mode")])
def test_where_no_clean_copy_can_be_made_nothing_is_kept(
    client: Client, error: Exception, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*args: object, **kwargs: object) -> bytes:
        raise error

    monkeypatch.setattr(intake, "jpeg_bytes", fail)
    file = SimpleUploadedFile("a.jpg", encoded(), "image/jpeg")
    response = client.post("/identify/", {"photos": file}, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "damaged")
    assert not Identification.objects.exists()
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.*"))


# --- Odd requests -------------------------------------------------------------------------------------------
#: The kinds of content that each address reads; what people's own page can't read holds no photo.
READS = {
    "/identify/": (
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/json",
        "text/xml",
    ),
    "/api/v1/identifications/": (
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/json",
    ),
    "/api/v1/sightings/": ("multipart/form-data",),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"x" * 100, "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=photos; filename=\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=photos\r\n\r\ntext\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=photos; filename=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\r\n--x--",
         "multipart/form-data; boundary=x"),
        (b"--x\r\n" * 5000, "multipart/form-data; boundary=x"),
        (b"photos=" + b"a" * 1000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded"),
        (b"<photos/>", "text/xml"),
        (b'{"photos": [[[[[]]]]]}', "application/json"),
        (b"\xff\xfe", "application/json"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", READS)
def test_odd_requests_are_refused_and_break_nothing(path: str, body: bytes, kind: str, user: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    response = client.generic("POST", path, body, kind, headers={"accept": "application/json"})
    assert response.status_code == (400 if kind.startswith(READS[path]) else 415), response.content[:200]
    # What Django itself can't read gets a page where people are, and JSON where programs are.
    assert path == "/identify/" or set(response.json()) == {"code", "message", "fields"}
    assert not Identification.objects.exists()


@pytest.mark.django_db
def test_a_file_that_says_it_is_small_is_read_as_far_as_any_may_be(client: Client) -> None:
    from classifier.exceptions import PhotoRefused

    data = encoded() + b"\0" * intake.MAX_BYTES
    photo = intake.clean_photo(io.BytesIO(data), size=100)
    assert len(photo.content) < 100_000
    with pytest.raises(PhotoRefused):
        intake.clean_photo(io.BytesIO(data), size=len(data))
