"""What the admin's pages of this app share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html

from scraper.exceptions import ScraperError


class ReadOnly:
    """Made by the site itself: to look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


def badge(text: str, kind: str) -> str:
    """A word in a coloured frame; `kind` is good, warn, bad or quiet."""
    return format_html('<span class="supply-badge supply-badge--{}">{}</span>', kind, text)


def each(request: HttpRequest, rows: Iterable[Any], decide: Callable[[Any], object], done: str) -> int:
    """Decide on each of the rows; say how many, and of each that was not possible why. Returns how many."""
    count, refused = 0, []
    for row in rows:
        try:
            decide(row)
            count += 1
        except ScraperError as error:
            refused.append(f"{row}: {error.message}")
    if count:
        messages.success(request, f"{count} {done}.")
    for words in refused[:5]:
        messages.error(request, words)
    if len(refused) > 5:
        messages.error(request, f"… and {len(refused) - 5} more.")
    return count
