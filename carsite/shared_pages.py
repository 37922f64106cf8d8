"""A short-lived cache of whole pages for visitors without cookies.

A visitor without a session and without chosen units or theme gets a page of the catalogue or of dealers as it
was rendered for the last such visitor, for SHARED_PAGES_SECONDS. Pages are kept in the memory of each web
process, which needs no other service; CACHES["pages"] limits how many.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

from accounts import guessing
from core.people import guest_cookie

#: Views whose pages depend on nothing but their address and what a visitor's cookies say.
SHARED = {
    "about",
    "catalog:compare",
    "catalog:make",
    "catalog:make_list",
    "catalog:model",
    "catalog:variant",
    "catalog:variant_list",
    "dealers:detail",
    "dealers:list",
}


class SharedPagesMiddleware:
    """Answers from the cache and fills it. Comes before every middleware that reads or sets cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = _shared_view(request) if settings.SHARED_PAGES_SECONDS else None
        if match is None:
            return self.get_response(request)
        pages, key = caches["pages"], request.build_absolute_uri()
        if (kept := pages.get(key)) is not None:
            request.resolver_match = match  # for the log and the metrics
            return kept
        response = self.get_response(request)
        if _is_for_all(request, response):
            pages.set(key, response, settings.SHARED_PAGES_SECONDS)
        return response


def _shared_view(request: HttpRequest) -> ResolverMatch | None:
    """The view of a request that may be answered with a page made for another; None of one that may not."""
    # No page that is kept has a token in it, so that the cookie of the token makes no difference. Nor does
    # that of a browser in which somebody signed in once, nor a guest's key: no such page shows photos.
    unimportant = {settings.CSRF_COOKIE_NAME, guessing.cookie_name(), guest_cookie()}
    says_something = set(request.COOKIES) - unimportant
    if request.method != "GET" or says_something or "HX-Request" in request.headers:
        return None
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if match.view_name in SHARED else None


def _is_for_all(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a page was rendered without cookies and sets none, so that it holds no token and no message."""
    is_page = isinstance(response, HttpResponse) and response.status_code == 200
    return is_page and not request.COOKIES and not response.cookies
