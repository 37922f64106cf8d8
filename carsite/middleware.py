"""The outermost middlewares: the id of a request, its log line and metrics, and its client's address."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from carsite import views
from core import logs, outages
from ops import metrics

logger = logging.getLogger("carsite.requests")
#: Views that are requested all the time by machines; logged at DEBUG only.
_NOISE = {"static", "healthz", "readyz", "metrics"}
HEADER = "X-Request-ID"
#: Set by the web server (`ops.server`), never by a header: the status with which it refuses the request.
REFUSED = "carsite.refused"


class RequestLogMiddleware:
    """Gives each request an id, and writes its log line.

    The id is the one in `X-Request-ID`, where a proxy or client sends a sane one; the response returns it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with logs.bound(request_id=logs.sane_id(request.headers.get(HEADER))):
            started = time.perf_counter()
            response = self.get_response(request)
            response[HEADER] = logs.request_id()
            self._note(request, response, time.perf_counter() - started)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """With DEBUG on, too, an outage gets the site's own page; a defect gets Django's."""
        return views.server_error(request) if outages.named(exception) else None

    def _note(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        match = request.resolver_match
        view = view_of(request)
        metrics.request_done(view, request.method or "", response.status_code, seconds)
        fields = {
            "method": request.method,
            "view": view,
            "status": response.status_code,
            "ms": round(1000 * seconds, 1),
        }
        if match and "pk" in match.kwargs:
            fields["id"] = str(match.kwargs["pk"])
        if outage := getattr(request, "outage", ""):
            fields["error"] = outage
        logger.log(_level(view, response.status_code), "request", extra={"fields": fields})


class RefusedMiddleware:
    """Words the answer to a request that the web server has refused: too large, too slow, not HTTP."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if status := request.META.get(REFUSED):
            response = views.refused(request, status)
            response["Content-Length"] = str(len(response.content))
            return response
        return self.get_response(request)


class ClientAddressMiddleware:
    """Sets REMOTE_ADDR to the client's address. All code that counts by address reads that and nothing else.

    It is what the nearest proxy that we trust saw. Each proxy appends what it saw to X-Forwarded-For: the
    last TRUSTED_PROXIES entries are ours; what stands further left was sent by the client and may be
    invented.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = request.META.get("REMOTE_ADDR", "")
        if proxies := settings.TRUSTED_PROXIES:
            seen = [entry.strip() for entry in request.headers.get("X-Forwarded-For", "").split(",")]
            address = (len(seen) >= proxies and seen[-proxies]) or address
        request.META["REMOTE_ADDR"] = _of_one_client(address)
        return self.get_response(request)


def _of_one_client(address: str) -> str:
    """The address that stands for a client. Of IPv6 it is the first of the network of 64 bits.

    A client has at least such a network to itself, so that counting by single addresses would limit no one.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False).network_address)


class NulCharacterMiddleware:
    """Replaces NUL in paths and queries by U+FFFD: PostgreSQL fails on text with NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "%EF%BF%BD")
        request.path_info = request.path_info.replace("\0", "\ufffd")
        return self.get_response(request)


def view_of(request: HttpRequest) -> str:
    """The view's name: addresses are too many to count by, and some hold keys of mailed links."""
    if match := request.resolver_match:
        return match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def _level(view: str, status: int) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.DEBUG if view in _NOISE else logging.INFO
