"""Pages that are the same for everybody who has said nothing of themselves, made once a minute in place of
each time.

A visitor without session, units and colours of their own gets a page of the catalogue or of dealers as
somebody like them got it just before. It is kept in each web process's own memory: no service is asked for
it, none has to be there, and however many addresses somebody makes up, it holds no more than
`CACHES["pages"]` says.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve

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
    """Answers from what is kept; keeps what may be. Stands outside of all that reads or sets cookies."""

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
    # No page that is kept has a token in it, so that the cookie of the token makes no difference.
    says_something = set(request.COOKIES) - {settings.CSRF_COOKIE_NAME}
    if request.method != "GET" or says_something or "HX-Request" in request.headers:
        return None
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if match.view_name in SHARED else None


def _is_for_all(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a page was made for somebody without any cookie and gave them none: no token, no session, no
    message.
    """
    is_page = isinstance(response, HttpResponse) and response.status_code == 200
    return is_page and not request.COOKIES and not response.cookies
