"""Below /api/ every answer that is no success is JSON, whoever gives it: `{code, message, fields}`.

DRF's views see to that themselves (`core.api`). This is for all that answers before or instead of them: an
address without its last slash, an unknown one, a host that is not ours, a method that a page does not take,
and the pages of tracebacks that Django shows while DEBUG is on.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.utils.http import escape_leading_slashes

from carsite import views

_PREFIX = "/api/"
#: Headers that an answer loses with its body.
_OF_THE_BODY = ("Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "ETag")


class ApiErrorsMiddleware:
    """Puts JSON in place of pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith(_PREFIX) or response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return response
        if response.status_code == HTTPStatus.NOT_MODIFIED or "json" in response.get("Content-Type", ""):
            return response
        return _as_json(response)


def _as_json(response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    if status < HTTPStatus.BAD_REQUEST:
        code, message = "moved", f"This is at {response['Location']} now."
    else:
        code, message = views.words_for(status)
    answer = JsonResponse({"code": code, "message": message, "fields": {}}, status=status)
    for name, value in response.items():
        if name not in _OF_THE_BODY:
            answer[name] = value
    answer.cookies = response.cookies
    # `close` would end the request here; Django closes what the answer holds once it is sent.
    answer._resource_closers += response._resource_closers  # type: ignore[attr-defined]
    return answer


class CommonMiddleware(DjangoCommonMiddleware):
    """Django's, with a redirect to the address with a slash that loses no body and fails on no method."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """308 in place of 301, and of an error while DEBUG is on: the same request goes on there."""
        if response.status_code == HTTPStatus.NOT_FOUND and self.should_redirect_with_slash(request):
            answer = HttpResponse(status=HTTPStatus.MOVED_PERMANENTLY)
            if request.method not in ("GET", "HEAD"):
                answer.status_code = HTTPStatus.PERMANENT_REDIRECT
            answer["Location"] = escape_leading_slashes(request.get_full_path(force_append_slash=True))
            response = answer
        return super().process_response(request, response)
