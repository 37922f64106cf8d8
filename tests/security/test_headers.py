"""What every answer carries, as in production: policies, cookies, and only our own host names."""

from __future__ import annotations

import ast

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.carsite.test_settings import PRODUCTION, setting
from tests.security.requests import path_to
from tests.security.test_access import is_of_a_model
from tests.security.walking import every_address
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db
#: What browsers are told besides the content security policy, by every page.
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: Machines ask these by an address of the inner network; they say nothing about anybody.
FOR_MACHINES = ("/healthz", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def as_in_production() -> dict[str, object]:
    """The settings of transport and cookies where DEBUG is off."""
    kinds = ("SECURE_", "SESSION_COOKIE_", "CSRF_COOKIE_", "CSRF_USE")
    said = setting(
        f"{{n: v for n, v in vars(s).items() if n.startswith({kinds!r})}}", **PRODUCTION, HSTS_PRELOAD="1"
    )
    found: dict[str, object] = ast.literal_eval(said)
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    return found


@pytest.fixture
def world(as_in_production: dict[str, object], settings: Settings) -> World:
    for name, value in as_in_production.items():
        setattr(settings, name, value)
    return make_world()


def answers(world: World, who: str) -> list[tuple[str, HttpResponse]]:
    """Every address that is not one of the admin's pages of a model, and what it answers."""
    found = []
    for address in every_address():
        if not is_of_a_model(address):
            path = path_to(address, world)
            found.append((path, world.client(who).get(path, secure=True)))
    return found


@pytest.mark.parametrize("who", ["guest", "user", "admin"])
def test_every_answer_tells_browsers_what_they_may_do(who: str, world: World) -> None:
    faults, checked = [], 0
    for path, response in answers(world, who):
        policy = response.headers.get("Content-Security-Policy", "")
        # unfold's pages carry scripts and styles inside: see ADMIN_POLICY.
        if "unsafe" in policy and not path.startswith("/admin/"):
            faults.append(f"{path}: {policy}")
        if "frame-ancestors 'none'" not in policy and "sandbox" not in policy:
            faults.append(f"{path}: {policy or 'no policy'}")
        faults += [
            f"{path}: {name}" for name, value in HEADERS.items() if response.headers.get(name) != value
        ]
        checked += 1
    assert faults == []
    assert checked > 100


def test_cookies_are_for_us_alone_and_not_for_scripts(world: World) -> None:
    client = Client()
    client.get("/accounts/login/", secure=True)
    here = {"origin": "https://testserver"}
    client.post("/units/", {"units": "imperial"}, secure=True, headers=here)
    client.post("/theme/", {"theme": "dark"}, secure=True, headers=here)
    response = client.post(
        "/accounts/login/",
        {"login": world.people["user"].email, "password": "correct horse battery staple"},
        secure=True,
    )
    assert response.status_code == 302
    assert {"__Host-session", "__Host-csrf", "units", "theme"} <= set(client.cookies)
    for name, cookie in client.cookies.items():
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert not cookie["domain"], name
        assert cookie["path"] == "/", name


def test_plain_http_is_led_to_https(world: World) -> None:
    response = world.client("guest").get("/about/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/about/")


def test_another_host_name_gets_nothing(world: World) -> None:
    faults = []
    for address in every_address():
        if is_of_a_model(address) or address.route in FOR_MACHINES:
            continue
        path = path_to(address, world)
        response = world.client("user").get(path, secure=True, headers={"host": "evil.example"})
        if response.status_code != 400 or "evil.example" in response.text:
            faults.append((path, response.status_code))
    assert faults == []


def test_what_a_proxy_forwards_as_host_is_not_believed(world: World) -> None:
    forged = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    response = world.client("user").get("/api/v1/identifications/", secure=True, headers=forged)
    assert response.status_code == 200
    assert "evil.example" not in response.text
