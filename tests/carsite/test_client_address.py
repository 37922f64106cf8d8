"""Where a request comes from: what proxies of ours saw, found once for all who count by address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from carsite.middleware import ClientAddressMiddleware
from tests.classifier.photos import encoded


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "seen"),
    [
        (0, "192.0.2.1", "", "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "6.6.6.6, ", "10.0.0.1"),
        (1, "10.0.0.1", "nonsense", "nonsense"),
        (1, "", "203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "6.6.6.6", "10.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (1, "10.0.0.1", "2001:db8::ffff:1", "2001:db8::"),
        (0, "::ffff:203.0.113.9", "", "203.0.113.9"),
        (0, "", "", ""),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    rf: RequestFactory, settings: Settings, proxies: int, remote: str, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    asked: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return HttpResponse()

    ClientAddressMiddleware(answer)(rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR=remote))
    assert asked[0].META["REMOTE_ADDR"] == seen


def test_nothing_else_reads_what_proxies_wrote() -> None:
    readers = [
        str(path.relative_to(site.BASE_DIR))
        for app in ("accounts", "carsite", "catalog", "classifier", "core", "dealers", "ops", "scraper")
        for path in (site.BASE_DIR / app).rglob("*.py")
        if re.search(r"headers.*x.forwarded.for|HTTP_X_FORWARDED_FOR", path.read_text(), re.IGNORECASE)
    ]
    assert readers == ["carsite/middleware.py"]


# --- An IPv6 network is one client, at every door -----------------------------------------------------------
NEIGHBOURS = [f"2001:db8:1:2:{number:x}::1" for number in range(6)]


@pytest.mark.django_db
def test_wrong_passwords_are_counted_by_network(user: Any) -> None:
    asked = {"login": user.email, "password": "wrong"}
    answers = [
        Client(REMOTE_ADDR=address).post(reverse("account_login"), asked).status_code
        for address in NEIGHBOURS
    ]
    assert answers == [200] * 5 + [429]
    assert Client(REMOTE_ADDR="2001:db8:1:3::1").post(reverse("account_login"), asked).status_code == 200


@pytest.mark.django_db
def test_photos_of_guests_are_counted_by_network(settings: Settings) -> None:
    settings.GUEST_UPLOADS_PER_HOUR = 1
    answers = [
        Client(REMOTE_ADDR=address)
        .post("/identify/", {"photos": SimpleUploadedFile("a.jpg", encoded(), "image/jpeg")})
        .status_code
        for address in NEIGHBOURS[:2]
    ]
    assert answers == [302, 429]


@pytest.mark.django_db
def test_programs_without_a_token_are_counted_by_network(rates: Callable[..., None]) -> None:
    rates(burst="1/minute")
    answers = [Client(REMOTE_ADDR=address).get("/api/v1/makes/").status_code for address in NEIGHBOURS[:2]]
    assert answers == [200, 429]
