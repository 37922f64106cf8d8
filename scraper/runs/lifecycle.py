"""Runs of the crawl: asked for by command, admin or schedule, worked off one for each source at a time.

`run_work` is called by a worker of the queue `scrape`, or by the command itself. A run whose worker was
killed goes on without asking the site for a page again; an ended one can be resumed the same way.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from core import mail, processes
from core.people import Person, account_id
from core.queue import enqueue_on_commit
from scraper.exceptions import LayoutChanged, ScrapeRefused
from scraper.models.runs import ScrapeRun
from scraper.runs import process
from scraper.runs.endings import DIED, STOPPED, ending
from scraper.runs.process import LEASE, Crawl, Lost, Show
from scraper.sources import ABOUT, SOURCES

logger = logging.getLogger(__name__)
Status = ScrapeRun.Status
NO_CONTACT = (
    "No site is crawled anonymously: set SCRAPE_CONTACT to an e-mail address or a page "
    "by which a site's owner reaches you."
)


# --- Asking -------------------------------------------------------------------------------------------------
def run_start(
    *,
    source: str,
    options: Mapping[str, object] | None = None,
    dry_run: bool = False,
    actor: Person | None = None,
    enqueue: bool = True,
    private: tuple[str, ...] = (),
) -> ScrapeRun:
    """Ask for a crawl. Options: limit, only, addresses, follow, more, replay. Raises ScrapeRefused.

    Without `enqueue` no worker is called: the caller works it off itself, `private` addresses included.
    """
    options = {name: value for name, value in (options or {}).items() if value}
    check(source, options, private)
    try:
        with transaction.atomic():
            run = ScrapeRun.objects.create(
                source=source, options=options, dry_run=dry_run, actor_id=account_id(actor)
            )
            if enqueue:
                _enqueue(run.pk)
    except IntegrityError:
        other = ScrapeRun.objects.open().get(source=source)
        state = other.get_status_display().lower()
        raise ScrapeRefused(
            f"Run {other.pk} of {source} is {state}. Wait for its end, stop it, or resume it."
        ) from None
    return run


def check(source: str, options: dict[str, Any], private: tuple[str, ...] = ()) -> None:
    """Whether a crawl can be asked for like this. Raises ScrapeRefused."""
    if source not in SOURCES:
        raise ScrapeRefused(f"There is no source {source}. There are: {', '.join(SOURCES)}.")
    addresses = options.get("addresses", [])
    if ABOUT[source].needs_addresses and not addresses:
        raise ScrapeRefused(f"{source} begins nowhere by itself: name the addresses of its first pages.")
    for address in addresses:
        check_address(address)
    for name in ("follow", "more"):
        check_pattern(options.get(name, ""))
    known = {*settings.SCRAPE_PRIVATE_ADDRESSES, *private}
    is_at_home = addresses and all(urlsplit(address).netloc in known for address in addresses)
    if not settings.SCRAPE_CONTACT and not is_at_home:
        raise ScrapeRefused(NO_CONTACT)


def check_address(address: str) -> None:
    """Whether it can be an address of a page. Raises ScrapeRefused."""
    try:
        parts = urlsplit(address)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_one = False
    if not is_one:
        raise ScrapeRefused(f"{address} is no address of a page. It has to begin with https://.")


def check_pattern(pattern: str) -> None:
    """Whether it is a regular expression. Raises ScrapeRefused."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ScrapeRefused(f"The pattern {pattern!r} can't be read: {error}.") from None


def _enqueue(pk: int) -> None:
    enqueue_on_commit("scraper.tasks.scrape", pk)


def run_stop(*, run: ScrapeRun) -> None:
    """End a run: at once if it waits, else after the current page. Raises ScrapeRefused if it has ended."""
    waiting = ScrapeRun.objects.filter(pk=run.pk, status=Status.QUEUED)
    if waiting.update(status=Status.STOPPED, is_open=False, finished=timezone.now(), ended=STOPPED):
        return
    if not ScrapeRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(stop_requested=True):
        raise ScrapeRefused("This run has ended already.")


def run_resume(*, run: ScrapeRun, enqueue: bool = True) -> None:
    """Queue a run again that did not come to its end; it goes on where it was. Raises ScrapeRefused.

    A run that is being worked on stays with its worker, unless that was a process of this machine and has
    ended.
    """
    rows = ScrapeRun.objects.filter(pk=run.pk, status__in=[Status.STOPPED, Status.FAILED])
    if run.status == Status.RUNNING and processes.lives(run.worker) is False:
        rows = ScrapeRun.objects.held_as(run)
    try:
        with transaction.atomic():
            resumed = rows.update(
                status=Status.QUEUED,
                is_open=True,
                stop_requested=False,
                attempt=0,
                ended="",
                finished=None,
                enqueued=timezone.now(),
            )
            if not resumed:
                raise ScrapeRefused("Only a run that was stopped or failed can be resumed.")
            if enqueue:
                _enqueue(run.pk)
    except IntegrityError:
        raise ScrapeRefused(f"Another run of {run.source} is under way.") from None


# --- Working ------------------------------------------------------------------------------------------------
def run_work(
    *, run_id: int, show: Show = lambda run: None, private: tuple[str, ...] = (), **fields: Any
) -> bool:
    """Claim a run and bring it to its end. Returns whether it was this call's to do.

    `show` is told how far it is, about once a second; `fields` are those of Job, such as `delay`.
    Not a transaction: it takes as long as the site does, and what was found is staged as it comes.
    """
    run = ScrapeRun.objects.claim(run_id, lease=LEASE)
    if run is None:
        return False
    logger.info("scrape run %s of %s: attempt %s", run.pk, run.source, run.attempt)
    try:
        ended = Crawl(run, process.job_of(run, private=private, **fields), show).follow()
    except Lost:
        logger.warning("scrape run %s was taken over by another worker", run.pk)
        return False
    except LayoutChanged as alarm:
        _end(run, Status.FAILED, alarm.message)
        _tell_staff(run, alarm.message)
    except OSError as error:
        _end(run, Status.FAILED, f"The disk or a file failed: {error}. Make room and resume it.")
    except Exception as error:
        logger.exception("scrape run %s", run.pk)
        _end(run, Status.FAILED, f"An unexpected error: {type(error).__name__}: {error}")
    else:
        _end(run, *ending(run, ended))
    return True


def _end(run: ScrapeRun, status: str, words: str) -> None:
    """Only while it is still this attempt's."""
    ScrapeRun.objects.held_as(run).update(
        status=status, is_open=False, ended=words[:200], finished=timezone.now(), lease_until=None
    )


def _tell_staff(run: ScrapeRun, words: str) -> None:
    """By e-mail, staff who may start and stop runs."""
    body = render_to_string(
        "scraper/email/alarm.txt",
        {"run": run, "words": words, "url": f"{settings.SITE_URL}/{settings.ADMIN_PATH}/"},
    )
    for person in get_user_model().objects.filter(is_staff=True, is_active=True):
        if person.has_perm("scraper.change_scraperun"):
            mail.queue(to=person.email, subject=f"The layout of {run.source} has changed", body=body)


def runs_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Requeue runs whose worker fell silent, give up those that lost too many, wake workers for the rest."""
    now = now or timezone.now()
    silent = ScrapeRun.objects.lost(now, lease=LEASE)
    stopped = silent.filter(stop_requested=True).update(
        status=Status.STOPPED, is_open=False, finished=now, ended=STOPPED
    )
    failed = silent.worn_out().update(status=Status.FAILED, is_open=False, finished=now, ended=DIED)
    requeued = silent.requeue()
    woken = ScrapeRun.objects.wake_lost(now, queue="scrape", send=_enqueue)
    done = {"stopped": stopped, "failed": failed, "requeued": requeued, "woken": woken}
    logger.log(logging.INFO if any(done.values()) else logging.DEBUG, "scrape runs swept: %s", done)
    return done
