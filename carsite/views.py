"""Pages of the site as a whole: preferences, about, health, and error pages."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import TemplateView
from prometheus_client import CONTENT_TYPE_LATEST

from carsite import __version__, about, reference, stale_forms
from carsite.context import THEMES, UNITS
from core import logs, outages
from core.same_origin import is_sent_from_here
from ops import health, metrics
from ops.operators import is_operator

_YEAR = 365 * 24 * 3600


# --- Preferences --------------------------------------------------------------------------------------------
# Pages of the catalogue are cached for many visitors (`shared_pages`) and so can hold no CSRF token. The
# headers by which browsers say where a form was sent from are enough here.
@csrf_exempt
@require_POST
def units(request: HttpRequest) -> HttpResponse:
    """Metric or imperial, kept in a cookie; back to the page in `next`."""
    return _preference(request, "units", UNITS)


@csrf_exempt
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device has it; kept in a cookie; back to the page in `next`."""
    return _preference(request, "theme", THEMES)


def _preference(request: HttpRequest, name: str, allowed: tuple[str, ...]) -> HttpResponse:
    if not is_sent_from_here(request):
        return stale_forms.failure(request)
    response = HttpResponseRedirect(_next(request))
    value = request.POST.get(name)
    if value in allowed:
        secure = request.is_secure()
        response.set_cookie(name, value, max_age=_YEAR, secure=secure, httponly=True, samesite="Lax")
    return response


def _next(request: HttpRequest) -> str:
    """The page to go back to, never one of another site."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        return target
    return resolve_url("classifier:home")


class AboutView(TemplateView):
    """What the site does, what it can't, and what it keeps."""

    template_name = "carsite/about.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Limits and figures along."""
        return super().get_context_data(**kwargs, **about.facts())


class ApiDocsView(TemplateView):
    """How programs use the site: in words, and as a reference of all they can ask."""

    template_name = "carsite/api.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The reference along."""
        return super().get_context_data(**kwargs, reference=reference.reference())


class ApiTryView(TemplateView):
    """Swagger UI on our schema, for trying requests out."""

    template_name = "carsite/api_try.html"


# --- Health -------------------------------------------------------------------------------------------------
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers, and in which version. It asks no other service."""
    response = HttpResponse(f"ok\ncarsite {__version__}\n", content_type="text/plain")
    add_never_cache_headers(response)
    return response


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The state of each service the site needs, with its response time. 503 only where no page can work."""
    report = health.report()
    if not is_operator(request):
        for check in report["checks"].values():
            check.pop("reason", None)
    response = JsonResponse(report, status=503 if report["status"] == "away" else 200)
    add_never_cache_headers(response)
    return response


@require_safe
def metrics_text(request: HttpRequest) -> HttpResponse:
    """Numbers for Prometheus; 404 for everyone without the token."""
    if not is_operator(request):
        raise Http404
    response = HttpResponse(metrics.render(), content_type=CONTENT_TYPE_LATEST)
    add_never_cache_headers(response)
    return response


# --- When something went wrong ------------------------------------------------------------------------------
_MESSAGES = {
    400: ("bad_request", "The request could not be understood. Check it against the documentation at /api/."),
    403: ("permission_denied", "You may not do this. Sign in with an account that may."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method. `Allow` names those it takes."),
    408: ("too_slow", "The request did not arrive in time, and nothing was saved. Send it again."),
    414: ("address_too_long", "The address is too long. Send what is in its query in the body."),
    413: ("too_large", "The request is larger than the site takes. Send less at once."),
    431: (
        "headers_too_large",
        "The headers of the request are too long. Send fewer cookies or shorter headers.",
    ),
    500: ("server_error", "Something went wrong on our side. It has been recorded; try again in a moment."),
    503: (
        "away",
        "Part of the site is unavailable at the moment. Your data are safe; try again in a minute.",
    ),
    507: (
        "storage_full",
        "There is no room for what you sent at the moment. It was not stored, and nothing else is lost. "
        "Please send it again in a few minutes.",
    ),
}


def _error(request: HttpRequest, status: int) -> HttpResponse:
    """JSON for programs, a page for people."""
    if request.path.startswith("/api/"):
        return _error_json(status)
    return render(request, f"{status}.html", status=status)


def words_for(status: int) -> tuple[str, str]:
    """Code and message of an error that nobody has worded."""
    if status in _MESSAGES:
        return _MESSAGES[status]
    name = HTTPStatus(status).phrase.lower() if status in {each.value for each in HTTPStatus} else "error"
    return name.replace(" ", "_"), f"The request was refused ({name}). See the documentation at /api/."


def _error_json(status: int) -> JsonResponse:
    code, message = words_for(status)
    return JsonResponse({"code": code, "message": message, "fields": {}}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the request was refused for its size."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFilesSent)
    return _error(request, 413 if too_large else 400)


def refused(request: HttpRequest, status: int) -> HttpResponse:
    """The answer to a request that the web server did not take. The page knows no visitor."""
    status = status if status in _MESSAGES else 400
    shown = 503 if status == HTTPStatus.INSUFFICIENT_STORAGE else status
    if request.path.startswith("/api/") or not request.accepts("text/html"):
        response = _error_json(status)
        response.status_code = shown
        return response
    status = shown
    return HttpResponse(render_to_string(f"{status}.html"), status=status)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _error(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where a service is away. Rendered without context processors: they may be what failed."""
    outage = outages.named(sys.exception())
    status = 503 if outage else 500
    if outage:
        request.outage = outage  # type: ignore[attr-defined]  # for the line in the log
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = _error_json(status)
    else:
        page = render_to_string(f"{status}.html", {"request_id": logs.request_id()})
        response = HttpResponse(page, status=status)
    if outage:
        response["Retry-After"] = str(outages.RETRY_SECONDS)
    add_never_cache_headers(response)
    return response
