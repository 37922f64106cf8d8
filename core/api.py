"""What all of the API shares: pages, throttles and one shape of errors, `{code, message, fields}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from core import limits
from core.errors import ExpectedError

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Pagination(PageNumberPagination):
    """`?page=2&page_size=20`."""

    page_size_query_param = "page_size"
    max_page_size = 200


class ScopedThrottle(BaseThrottle):
    """What one client may ask for of a view whose `throttle_scope` names a limit (see `core.limits`)."""

    _wait: int | None = None

    def scope_of(self, view: APIView) -> str | None:
        """The name of the limit, if there is one."""
        return getattr(view, "throttle_scope", None)

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request, unless the limit is used up."""
        try:
            if scope := self.scope_of(view):
                limits.spend(scope, limits.sender_of(request))
        except limits.LimitReached as reached:
            self._wait = reached.retry_after
            return False
        return True

    def wait(self) -> float | None:
        """Seconds until the next request is taken."""
        return self._wait


class BurstThrottle(ScopedThrottle):
    """What one client may ask for in a minute, whatever it asks for."""

    def scope_of(self, view: APIView) -> str:
        """The same limit for all views."""
        return "burst"


def _messages(detail: object, name: str = "") -> dict[str, list[str]]:
    """DRF's nested error details, flattened to {field: [messages]}; a field in a field is "outer.inner"."""
    if isinstance(detail, dict):
        parts = detail.items()
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = dict(enumerate(detail)).items()
    else:
        texts = [str(item) for item in (detail if isinstance(detail, list) else [detail])]
        return {name or "non_field_errors": texts}
    fields: dict[str, list[str]] = {}
    for inner, value in parts:
        fields |= _messages(value, f"{name}.{inner}" if name else str(inner)) if value else {}
    return fields


def exception_handler(error: Exception, context: dict[str, object]) -> Response | None:
    """Any expected error as `{code, message, fields}`.

    Whatever neither the apps nor DRF expect is a defect and goes on to Django, which logs it and answers 500.
    """
    if isinstance(error, ExpectedError):
        return _expected(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    # Not above: REST_FRAMEWORK names this module, and `rest_framework.views` reads it when it is imported.
    from rest_framework.views import exception_handler as drf_exception_handler

    response: Response | None = drf_exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    if isinstance(error, exceptions.ValidationError):
        fields = _messages(error.detail)
        message = "Some of the data are missing or wrong: see `fields`."
        response.data = {"code": "invalid", "message": message, "fields": fields}
    else:
        response.data = {"code": error.get_codes(), "message": str(error.detail), "fields": {}}
    return response


def _expected(error: ExpectedError) -> Response:
    body = {"code": error.code, "message": error.message, "fields": error.fields}
    response = Response(body, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response
