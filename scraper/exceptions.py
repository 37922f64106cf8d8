"""Expected errors of the supply: a stable `code`, an HTTP status and a message for people."""

from __future__ import annotations


class ScraperError(Exception):
    """Base of all expected errors of the supply."""

    code = "scraper_error"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotPossibleNow(ScraperError):
    """The staged car or the change is not in a state in which this can be done; nothing was changed."""

    code = "not_possible_now"
    status = 409


class ScrapeRefused(ScraperError):
    """A crawl that can't be started, stopped or resumed as asked; nothing was changed."""

    code = "scrape_refused"
    status = 409
