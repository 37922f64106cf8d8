"""Whether a crawl would come to something, said before it is asked for."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from django.conf import settings

from core import heartbeats
from scraper.contact import user_agent
from scraper.models.runs import ScrapeRun
from scraper.pictures.fetching import Fetcher, FetchFailed, FetchRefused
from scraper.runs import lifecycle
from scraper.sources import ABOUT

#: Start pages whose site is asked: each may take seconds to answer.
MOST_ASKED = 3


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is ("good", "warn" or "bad") and what that means, in words for staff."""

    name: str
    kind: str
    words: str


def checks(source: str) -> list[Check]:
    """What can be known of a crawl of this source without asking anybody."""
    found = [_contact(), _worker(), _other_run(source), _last_run(source)]
    if ABOUT[source].needs_browser:
        found.append(_browser())
    return [check for check in found if check]


def sites(source: str, addresses: list[str]) -> list[Check]:
    """Whether the first pages may be reached, and their robots.txt allows them. Asks the sites."""
    first = addresses or [ABOUT[source].first_page]
    return [_site(address) for address in list(filter(None, first))[:MOST_ASKED]]


def _site(address: str) -> Check:
    fetcher = Fetcher(user_agent(), private=settings.SCRAPE_PRIVATE_ADDRESSES, delay=0.0)
    try:
        fetcher.check_robots(address)
    except FetchRefused as refusal:
        return Check(address, "bad", f"It would not be read: {refusal.message}.")
    except FetchFailed as failure:
        return Check(
            address,
            "warn",
            f"It could not be asked from here just now: {failure.message}. The crawl will try.",
        )
    return Check(address, "good", "Its robots.txt allows it.")


def _contact() -> Check:
    if settings.SCRAPE_CONTACT:
        return Check("Contact", "good", f"Sites are told {settings.SCRAPE_CONTACT}.")
    return Check("Contact", "bad", lifecycle.NO_CONTACT)


def _worker() -> Check:
    seen = heartbeats.seen("worker")
    if seen:
        return Check("Worker", "good", "A worker gave a sign of life just now.")
    words = "it waits until one runs. Start one with manage.py worker."
    if seen is None:
        return Check("Worker", "warn", "Whether one runs can't be known, as the cache is away.")
    return Check("Worker", "warn", f"None gave a sign of life of late: a run can be asked for, but {words}")


def _other_run(source: str) -> Check | None:
    other = ScrapeRun.objects.open().filter(source=source).first()
    words = f"{other} is {other.get_status_display().lower()}. Wait for its end, or stop it." if other else ""
    return Check("Other run", "bad", words) if other else None


def _last_run(source: str) -> Check | None:
    last = ScrapeRun.objects.filter(source=source, is_open=False).order_by("-pk").first()
    kind = "good" if last and last.status == ScrapeRun.Status.DONE else "warn"
    return Check("Last run", kind, f"{last}: {last.ended}") if last and last.ended else None


def _browser() -> Check:
    """The worker's own, where it runs on this machine."""
    if settings.SCRAPE_SOCKET:
        return Check("Browser", "good", "The crawler's own.")
    found = settings.SCRAPE_BROWSER or shutil.which("chromium") or shutil.which("google-chrome")
    if found and shutil.which(found):
        return Check("Browser", "good", found)
    where = f"{found} is none" if found else "None was found on this machine"
    return Check(
        "Browser",
        "warn",
        f"{where}. The pages of this source need one: install Chromium where the worker runs, or set "
        "SCRAPE_BROWSER to its path.",
    )
