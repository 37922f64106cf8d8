"""Odd values in every parameter, field, header, cookie and path part of every address: no defect, whoever sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import reset_queries, transaction
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from core import limits
from tests.security import odd_texts as odd
from tests.security.requests import data_for, path_to
from tests.security.walking import Address, every_address
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db
#: Who sends what to the site's own pages, in turn; the admin is the admin's.
PEOPLE = ("user", "guest", "dealer", "admin")
PARTS = 8
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def names() -> tuple[str, ...]:
    """Parameters that the code knows."""
    return odd.names_in_code()


@pytest.fixture
def world(rates: Any) -> World:
    """A site without limits: they would answer in place of what is tried."""
    for name in ("burst", "token", "upload", "enquiry"):
        rates(**{name: None})
    return make_world()


def asked(part: int) -> list[Address]:
    """One part of all addresses."""
    return every_address()[part::PARTS]


def where(address: Address, world: World) -> str:
    """The address with what is there in its parts."""
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    of, _, page = address.name.removeprefix("admin:").rpartition("_")
    if page in ("change", "delete", "history") and of in models:
        rows = world.things_of(models[of]) or models[of]._default_manager.all()[:1]
        return reverse(address.name, args=[row.pk for row in rows][:1] or [1])
    if address.name == "admin:auth_user_password_change":
        return reverse(address.name, args=[world.people["user"].pk])
    try:
        return path_to(address, world)
    except NoReverseMatch:
        return reverse(address.name, args=[1])


class Asker:
    """Sends requests that leave nothing behind, and keeps those that met a defect."""

    def __init__(self, world: World) -> None:
        self.world, self.sent, self.defects = world, 0, list[str]()

    def send(self, who: str, method: str, path: str, what: str, **more: Any) -> HttpResponse:
        """One request. `what` names the odd thing in it."""
        cache.clear()
        limits.forget_all()
        reset_queries()
        self.sent += 1
        browser = self.world.client(who)
        browser.cookies.load(more.pop("cookies", {}))
        with transaction.atomic():
            response = browser.generic(method, path, **more)
            if response.streaming:
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
        is_api, status = path.startswith("/api/"), response.status_code
        if status >= 500:
            self.defects.append(
                f"{status}: {method} {path[:90]} by {who}: {what[:60]!r}: {self._said(response)}"
            )
        elif is_api and status >= 400 and set(response.json()) != {"code", "message", "fields"}:
            self.defects.append(f"{method} {path[:90]} by {who}: {what[:60]!r}: not JSON as all errors are")
        return response

    @staticmethod
    def _said(response: HttpResponse) -> str:
        error = getattr(response, "exc_info", None)
        return repr(error[1])[:120] if error else ""

    def form(self, who: str, path: str, fields: dict[str, str], what: str) -> None:
        """POST a form."""
        body = "&".join(f"{odd.encoded(name)}={odd.encoded(value)}" for name, value in fields.items())
        self.send(who, "POST", path, what, data=body, content_type=FORM)

    def query(self, who: str, path: str, fields: dict[str, str], what: str) -> None:
        """GET with a query."""
        text = "&".join(f"{odd.encoded(name)}={odd.encoded(value)}" for name, value in fields.items())
        self.send(who, "GET", path, what, QUERY_STRING=text)


def who_asks(address: Address, turn: int) -> str:
    """Staff in the admin; elsewhere everyone in turn."""
    return "admin" if address.route.startswith("/admin/") else PEOPLE[turn % len(PEOPLE)]


def steadily(texts: tuple[str, ...], *names: str) -> str:
    """One of the values, always the same for the same names."""
    return texts[sum(map(ord, "".join(names))) % len(texts)]


@pytest.mark.parametrize("part", range(PARTS))
def test_parameters_and_forms(part: int, world: World, names: tuple[str, ...]) -> None:
    asker = Asker(world)
    for turn, address in enumerate(asked(part)):
        if address.route.startswith("/api/v1/"):
            continue
        path = where(address, world)
        who = who_asks(address, 0)
        page = asker.send(who, "GET", path, "nothing odd")
        is_page = page.status_code == 200 and not page.streaming and "html" in page.get("Content-Type", "")
        found = odd.fields_of(page.content, path) if is_page else set()
        fields = sorted(found | (set(names) if not address.route.startswith("/admin/") else set()))
        for number in (turn, turn + 1, turn + 2):
            value, by = odd.WORST[number % len(odd.WORST)], who_asks(address, number)
            asker.query(by, path, dict.fromkeys(fields, value), value)
            asker.form(by, path, dict.fromkeys(fields, value), value)
        valid, _ = data_for(address.name, "POST", world)
        sent = {name: str(text) for name, text in valid.items() if isinstance(text, str)}
        for field in sorted(found | set(sent)):
            value = steadily(odd.TEXTS, field, address.route)
            if sent:
                asker.form(who, path, {**sent, field: value}, f"{field}={value}")
            else:
                asker.query(who, path, {field: value}, f"{field}={value}")
    assert not asker.defects, "\n".join(asker.defects)
    assert asker.sent > 150


def test_the_api(world: World) -> None:
    asker = Asker(world)
    for turn, address in enumerate(every_address()):
        if not address.route.startswith("/api/v1/"):
            continue
        path = where(address, world)
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            parameters, body = odd.taken_by_api(address.route, method)
            _of_queries(asker, path, method, turn, parameters)
            if body:
                _of_bodies(asker, path, method, turn, body, data_for(address.name, method, world)[0])
    assert not asker.defects, "\n".join(asker.defects)
    assert asker.sent > 500


def _of_queries(asker: Asker, path: str, method: str, turn: int, parameters: set[str]) -> None:
    for field in sorted(parameters):
        for number, value in enumerate((*odd.WORST, steadily(odd.TEXTS, field, path))):
            who = PEOPLE[(turn + number) % len(PEOPLE)]
            asker.query(who, path, {field: value}, f"{field}={value}")


def _of_bodies(
    asker: Asker, path: str, method: str, turn: int, fields: set[str], valid: dict[str, Any]
) -> None:
    texts = {name: json.dumps(value) for name, value in valid.items() if isinstance(value, str | bool)}
    for field in sorted(fields):
        for number, value in enumerate((*odd.WORST_JSONS, steadily(odd.JSONS, field, path))):
            who = PEOPLE[(turn + number) % len(PEOPLE)]
            body = ",".join(f"{json.dumps(name)}:{text}" for name, text in {**texts, field: value}.items())
            asker.send(
                who, method, path, f"{field}: {value}", data="{" + body + "}", content_type="application/json"
            )
            form = f"{field}={odd.encoded(steadily(odd.TEXTS, field, str(number)))}"
            asker.send(who, method, path, form, data=form, content_type=FORM)


@pytest.mark.parametrize("part", range(PARTS))
def test_parts_of_paths(part: int, world: World) -> None:
    asker = Asker(world)
    for turn, address in enumerate(asked(part)):
        for number, path in enumerate(odd.odd_paths(address)):
            asker.send(who_asks(address, turn + number), "GET", path, path)
    assert not asker.defects, "\n".join(asker.defects)
    assert asker.sent > 100


def test_bodies_of_every_kind(world: World) -> None:
    asker = Asker(world)
    for turn, address in enumerate(every_address()):
        path = where(address, world)
        chosen = odd.BODIES if not address.route.startswith("/admin/") else odd.BODIES[turn % 4 :: 4]
        for number, (body, kind) in enumerate(chosen):
            who = who_asks(address, turn + number)
            asker.send(who, "POST", path, f"{kind} {body[:30]!r}", data=body, content_type=kind)
    assert not asker.defects, "\n".join(asker.defects)


def headers() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Odd headers and cookies: a name, a value, and how they are sent."""
    for name, values in odd.HEADERS:
        for value in values:
            key = name.upper().replace("-", "_")
            yield name, value, {key if key.startswith("CONTENT_") else f"HTTP_{key}": value}
    for name, values in odd.COOKIES.items():
        for value in values:
            yield f"Cookie {name}", value, {"HTTP_COOKIE": f"{name}={value}"}


def test_headers_and_cookies(world: World) -> None:
    """Each goes to a few pages and a share of all others, so that each address sees some."""
    asker, every = Asker(world), every_address()
    always = [
        one for one in every if one.name in ("classifier:home", "api:me", "account_login", "admin:index")
    ]
    for number, (name, value, sent) in enumerate(headers()):
        for turn, address in enumerate([*always, *every[number % 97 :: 97]]):
            who = who_asks(address, turn + number)
            method = ("GET", "POST")[(turn + number) % 2]
            asker.send(who, method, where(address, world), f"{name}: {value}", **sent)
    assert not asker.defects, "\n".join(asker.defects)
