"""Every address of the site, and what becomes of a request to it, in one word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.core.cache import cache
from django.db import connection, reset_queries, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from core import limits
from tests.security.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Tables whose rows say nothing of what a request did: every visitor gets a session.
_ASIDE = ('"django_session"',)


@dataclass(frozen=True)
class Address:
    """An address of the site: as people read it, its name, and what answers it."""

    route: str
    name: str
    view: Callable[..., object]


def every_address() -> list[Address]:
    """All patterns of the resolver, those of API routers and the admin among them."""
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(
    patterns: Sequence[URLPattern | URLResolver], before: str, spaces: tuple[str, ...]
) -> Iterator[Address]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, route, (*spaces, *filter(None, [one.namespace])))
        elif isinstance(one, URLPattern):
            yield Address(_readable(route), ":".join([*spaces, one.name or ""]), one.callback)


def _readable(route: str) -> str:
    return simplify_regex(route) if "^" in route else f"/{route}"


def outcome(world: World, who: str, method: str, path: str, data: Any, kind: str = "form") -> str:
    """What becomes of one request, which leaves nothing behind.

    `see`: answered, with what is the user's own. `ok`: answered without. `did`: something was written. `go`: led
    elsewhere. `in`: led to the sign-in. Else the status. A request that is refused and writes all the same is told.
    """
    cache.clear()
    limits.forget_all()
    reset_queries()  # Django keeps the last 9,000 and warns beyond
    options: dict[str, Any] = {} if path.startswith("/api/") else {"headers": {"accept": "text/html"}}
    if kind == "json":
        options |= {"content_type": "application/json"}
    if kind == "form" and method != "POST":
        data = b""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        response = getattr(world.client(who), method.lower())(path, data, **options)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    wrote = any(_writes(query["sql"]) for query in queries)
    shown = any(secret in body for secret in world.secrets if secret not in path.encode())
    return _word(response, wrote=wrote, shown=shown)


def _writes(sql: str) -> bool:
    return sql.startswith(("INSERT", "UPDATE", "DELETE")) and not any(table in sql for table in _ASIDE)


def _word(response: HttpResponse, *, wrote: bool, shown: bool) -> str:
    status, target = response.status_code, response.headers.get("Location", "")
    is_gate = 300 <= status < 400 and "/login/" in target
    if status >= 400:
        return str(status) + ("!wrote" if wrote else "") + ("!shown" if shown else "")
    if wrote:
        return "did"
    if is_gate:
        return "in"
    if status >= 300:
        return "go"
    return "see" if shown else "ok"
