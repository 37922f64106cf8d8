"""Forms whose token is stale: another tab signed in or out, or the page was open for very long.

Nothing that was typed is lost: the answer is a page with the same fields and a new token, which one click
sends. Only what one of our own pages sent is shown again, so that no other site gets its form that far.
Passwords are not shown again, and files can't be: browsers keep those for themselves.
"""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from core.same_origin import is_sent_from_here

_MESSAGE = (
    "This page was open while you signed in or out elsewhere, or for very long. Nothing was changed. "
    "Reload the page and send it again."
)
_SECRET = re.compile(r"passw|csrfmiddlewaretoken|secret", re.IGNORECASE)
#: What forms carry along and nobody types.
_CARRIED = {"guest", "next", "nonce", "seen", "shown", "token"}
#: A form of more fields than this is sent again as it is, but not listed: it is one of the admin's.
MOST_LISTED = 12


def failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form with a stale token (`CSRF_FAILURE_VIEW`): JSON for programs, else a page."""
    response: HttpResponse
    if request.path.startswith("/api/") or not request.accepts("text/html"):
        response = JsonResponse({"code": "stale_form", "message": _MESSAGE, "fields": {}}, status=403)
    else:
        is_ours = request.method == "POST" and is_sent_from_here(request)
        kept = _kept(request) if is_ours else []
        typed = [
            (name.replace("_", " ").capitalize(), value) for name, value in kept if _is_typed(name, value)
        ]
        context = {
            "is_ours": is_ours,
            "kept": kept,
            "typed": typed if len(typed) <= MOST_LISTED else [],
            "files": _files(request) if is_ours else [],
            "left_out": is_ours and any("passw" in name.lower() for name in request.POST),
            "target": request.get_full_path(),
            "back": _page_before(request),
        }
        response = render(request, "403_csrf.html", context, status=403)
    add_never_cache_headers(response)
    return response


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """All fields with their values, but for secrets."""
    return [
        (name, value) for name, values in request.POST.lists() if not _SECRET.search(name) for value in values
    ]


def _files(request: HttpRequest) -> list[str]:
    return [file.name or "" for name in request.FILES for file in request.FILES.getlist(name)]


def _is_typed(name: str, value: str) -> bool:
    """Whether a person would know it again: not what forms carry along, nor the value of a tick."""
    return (
        bool(value.strip())
        and name not in _CARRIED
        and value not in ("on", "1", "true")
        and not value.startswith("/")
    )


def _page_before(request: HttpRequest) -> str:
    """The page that the form was on; the first page where that is not known."""
    before = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    return before if url_has_allowed_host_and_scheme(before, allowed_hosts=hosts) else "/"


@require_safe
def token(request: HttpRequest) -> JsonResponse:
    """A fresh token for a script of a page that is older than the session. Other sites can't read it."""
    response = JsonResponse({"name": "csrfmiddlewaretoken", "token": get_token(request)})
    add_never_cache_headers(response)
    return response
