"""Values that nothing can hold, and that no field had a word for: a bad request, and no defect.

Fields check what they take. But ids in hidden fields, filters in addresses and addresses to go back to reach
Django and the database unchecked: a number beyond 64 bits, a word where a key is expected, half an address of
IPv6. What they raise then is known by its type or its words.
"""

from __future__ import annotations

import logging

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from carsite import views

logger = logging.getLogger(__name__)
#: How errors about a value begin, in Django, in `urllib.parse` and in the database's driver.
_WORDS = (
    "Field '",
    "Invalid IPv6 URL",
    "netloc ",
    "A string literal cannot contain NUL",
    "PostgreSQL text fields",
)


def is_odd_input(error: Exception) -> bool:
    """Whether an error says that a value can't be what it was sent as."""
    if isinstance(error, OverflowError | DataError | IncorrectLookupParameters):
        return True
    return isinstance(error, ValueError) and str(error).startswith(_WORDS)


class OddInputMiddleware(MiddlewareMixin):
    """400 in place of 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not is_odd_input(exception):
            return None
        logger.warning("odd input: %s", type(exception).__name__)
        return views.bad_request(request, exception)
