"""Expected errors of the supply. Each has a stable `code`, an HTTP status and a message for people."""

from __future__ import annotations

from core.errors import ExpectedError


class ScraperError(ExpectedError):
    """Base of all expected errors of this app."""

    code = "scraper_error"


class NotPossibleNow(ScraperError):
    """The staged car or the change is not in a state in which this can be done; nothing was changed."""

    code = "not_possible_now"
    status = 409


class ScrapeRefused(ScraperError):
    """A crawl that can't be started, stopped or resumed as asked; nothing was changed."""

    code = "scrape_refused"
    status = 409


class LayoutChanged(ScraperError):
    """A source's pages yield far less than they used to."""

    code = "layout_changed"
    status = 502


class TableRefused(ScraperError):
    """The file is not the table, or can't be read; nothing was changed."""

    code = "table_refused"
    status = 422


class PictureRefused(ScraperError):
    """A picture of a source that may not be shown, or shows no car."""

    code = "picture_refused"
    status = 422
