"""What a browser shows the site takes, whatever the file is called; what it refuses instead is known and said why."""

from __future__ import annotations

import re

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from classifier.models import Identification
from classifier.photos import intake
from core import limits
from core.images import PHOTO_LIMITS, ImageRefused, opened
from tests.classifier.photos import encoded, picture
from tests.security.browser_table import BEGIN, END, PAGE, all_files, recorded, table
from tests.security.odd import odd_files

#: Browsers show these and the site refuses them: what was cut off in the middle or damaged within its pixels, what is too
#: small or too large, icons, and a JPEG with hundreds of scans, which takes minutes.
NOT_TAKEN = re.compile(
    r"endings/.* of 100\..*|jxl/half\.jxl|.*icon?\.(ico|jpg)|hostile/photo\.ico|hostile/(mutated|truncated)-.*|hostile/bomb-.*"
    r"|hostile/\d+x\d+\..*"
)
#: Shown by a browser in colours of their own: it draws nothing of some files that it says it has, follows gammas and profiles
#: that make no sense, and makes wide spaces fit in another way.
OTHER_COLOURS = re.compile(
    r"endings/webp without.*|stills/transparency of another size\.avif|moving/said to, with .*|colours/gamma (1|2147483648)\.png"
    r"|colours/points 6 and 16\..*|profiles/of another kind.*|hostile/(mutated|truncated)-.*\.webp"
)


def test_there_are_more_than_a_thousand_of_them() -> None:
    files = all_files()
    assert len({data for _, data in files}) > 1000
    assert len({name for name, _ in odd_files()}) == len(odd_files()) > 600
    assert [name for name, _ in files] == [row.name for row in recorded()]


def test_the_site_takes_what_a_browser_shows() -> None:
    rows, different, colours = recorded(), [], []
    for (name, data), row in zip(all_files(), rows, strict=True):
        try:
            image, refused = opened(data, limits=PHOTO_LIMITS, side=200).image, ""
        except ImageRefused as refusal:
            image, refused = None, refusal.code
        if refused != row.refused:
            different.append((name, row.refused, refused))
        elif image is not None and row.shown and not OTHER_COLOURS.fullmatch(name):
            mean = [int(value) for value in row.shown.split()[1].split(",")]
            ours = np.asarray(image.resize((64, 64), Image.Resampling.NEAREST)).reshape(-1, 3).mean(axis=0)
            if np.abs(ours - mean).max() > 12:
                colours.append((name, mean, ours.round().tolist()))
    assert different == []
    assert colours == []
    assert [row.name for row in rows if row.shown and row.refused and not NOT_TAKEN.fullmatch(row.name)] == []


def test_the_page_has_the_table_that_was_written() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == table(recorded()).strip()


def test_the_page_says_the_limits_that_hold() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for number in (
        f"{PHOTO_LIMITS.max_bytes // 2**20} MB",
        f"{PHOTO_LIMITS.max_pixels // 10**6} megapixels",
        f"{PHOTO_LIMITS.max_pixels_whole // 10**6} megapixels",
        f"{PHOTO_LIMITS.max_pixels_of['WEBP'] // 10**6} megapixels",
        f"{PHOTO_LIMITS.max_side:,}",
        f"{PHOTO_LIMITS.min_width} ",
        intake.ACCEPTED,
    ):
        assert number in text, number


# --- Through the doors --------------------------------------------------------------------------------------
NAMED = [(name.partition("/")[2], data) for name, data in odd_files() if name.startswith("names/")]


@pytest.mark.django_db
@pytest.mark.parametrize("entry", ["page", "api"])
def test_no_name_keeps_a_photo_out(entry: str, user: User, settings: Settings) -> None:
    settings.GUEST_UPLOADS_PER_HOUR = settings.UPLOADS_PER_DAY = 10**6
    client = Client()
    client.force_login(user)
    path, field = ("/identify/", "photos") if entry == "page" else ("/api/v1/identifications/", "photo")
    for name, data in NAMED:
        cache.clear()
        limits.forget_all()
        file = SimpleUploadedFile(name, data, "application/octet-stream")
        response = client.post(path, {field: file}, headers={"accept": "application/json"})
        assert response.status_code == 202, (name, response.content)
    assert Identification.objects.count() == len(NAMED) >= 14


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_what_moves_the_first_picture_is_taken_and_that_is_said(kind: str, user: User) -> None:
    data = encoded(picture(), kind, save_all=True, append_images=[Image.new("RGB", (320, 240), "blue")])
    client = Client()
    client.force_login(user)
    sent = client.post(
        "/identify/", {"photos": SimpleUploadedFile("a.gif", data)}, headers={"accept": "application/json"}
    )
    note = "only its first picture was taken"
    assert note in sent.json()["note"]
    assert note in client.get(sent.json()["url"]).text
    row = Identification.objects.get()
    assert note in client.get(f"/api/v1/identifications/{row.pk}/").json()["note"]
    plain = client.post(
        "/identify/", {"photos": SimpleUploadedFile("b", encoded())}, headers={"accept": "application/json"}
    )
    assert plain.json()["note"] == ""


@pytest.mark.django_db
def test_the_form_says_all_limits_and_lets_every_name_through(client: Client) -> None:
    text = client.get("/").text
    assert 'accept="image/*,' in text
    assert intake.limits_text() in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"8BPS\0\1" + bytes(60), ("Photoshop", "Send a JPEG")),
        (b"%PDF-1.7", ("PDF", "Send a JPEG")),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), ("CR2", "Send a JPEG")),
    ],
)
def test_other_files_are_called_by_name_and_what_helps_is_said(
    client: Client, data: bytes, words: tuple[str, ...]
) -> None:
    response = client.post(
        "/identify/", {"photos": SimpleUploadedFile("car.jpg", data)}, headers={"accept": "application/json"}
    )
    assert response.status_code == 400
    assert all(word in response.json()["message"] for word in words)
