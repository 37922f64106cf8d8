"""What every template may use."""

from __future__ import annotations

from django.http import HttpRequest

from carsite import __version__
from core import logs

UNITS = ("metric", "imperial")
THEMES = ("auto", "light", "dark")

_SECTIONS = {
    "classifier:home": "identify",
    "classifier:identify": "identify",
    "classifier": "photos",
    "catalog": "cars",
    "dealers:enquiry_list": "enquiries",
    "dealers:enquiry": "enquiries",
    "dealers:lead_list": "leads",
    "dealers:lead": "leads",
    "dealers": "dealers",
    "accounts": "account",
}


def site(request: HttpRequest) -> dict[str, object]:
    """What every page knows of its request.

    `units` and `theme` are as the visitor chose them; with them go the `section` that the page belongs to,
    the id of the request and the `version` of the site.
    """
    return {
        "units": _choice(request, "units", UNITS),
        "theme": _choice(request, "theme", THEMES),
        "section": _section(request),
        "request_id": logs.request_id(),
        "version": __version__,
    }


def _choice(request: HttpRequest, cookie: str, allowed: tuple[str, ...]) -> str:
    """A preference from its cookie; the first one allowed where there is none, or nonsense."""
    value = request.COOKIES.get(cookie)
    return value if value in allowed else allowed[0]


def _section(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None or match.view_name is None:
        return ""
    return _SECTIONS.get(match.view_name) or _SECTIONS.get(match.namespace) or ""
