"""How a run ended, in words that are true: what was read, what was found, what could not be had and why."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import ngettext

from scraper.crawl.reasons import UNREAD
from scraper.models.runs import ScrapeRun

Status = ScrapeRun.Status
#: So many reasons are named in a sentence; the run's page lists them all.
_NAMED = 2

STOPPED = "It was stopped. It can be resumed."
DIED = "The process that crawls was stopped three times. See the log; it may lack memory."
#: A crawl's own word for its end → the state of the run, and what people read. That of a crawl which came
#: to its own end depends on what it read.
_ENDS = {
    "stopped": (Status.STOPPED, STOPPED),
    "refused": (
        Status.FAILED,
        "The site refused five requests in a row, so it was left alone. Ask its owner.",
    ),
    "pause": (Status.FAILED, "The site asked for a longer pause than a run waits. Resume it later."),
    "died": (Status.FAILED, DIED),
}


def ending(run: ScrapeRun, ended: str) -> tuple[str, str]:
    """The state of a run and the words for it, by its numbers and the crawl's own word for its end.

    A run that read nothing at all has failed, whyever.
    """
    if ended != "finished":
        return _ENDS.get(ended, (Status.FAILED, f"It ended by itself: {ended}."))
    unread = _counted(run.dropped, UNREAD)
    if not run.pages:
        return Status.FAILED, f"Nothing was read{_because(unread)}. See the log, then resume it."
    pages = ngettext("%d page was read", "%d pages were read", run.pages) % run.pages
    cars = ngettext("%d car was found", "%d cars were found", run.items) % run.items
    missed = sum(unread.values())
    if not run.items:
        others = {why: n for why, n in run.dropped.items() if not why.startswith(UNREAD)}
        plain = {why.removeprefix("page: ").removeprefix("list: "): n for why, n in others.items()}
        why = _because(plain | unread)
        return Status.DONE, f"{pages}, but no car was found{why}."
    if missed:
        pages_missed = ngettext("%d page", "%d pages", missed) % missed
        return Status.DONE, f"{pages} and {cars}, but {pages_missed} could not be had{_because(unread)}."
    return Status.DONE, f"Everything was read: {pages}, {cars}."


def _counted(dropped: Mapping[str, int], kind: str) -> dict[str, int]:
    return {why.removeprefix(kind): number for why, number in dropped.items() if why.startswith(kind)}


def _because(reasons: Mapping[str, int]) -> str:
    """ ": the reason (3), another (2) and others"; empty where there is none."""
    most = sorted(reasons, key=lambda why: -reasons[why])
    named = [f"{why[:60]} ({reasons[why]})" for why in most[:_NAMED]]
    return (": " + ", ".join(named) + (" and others" if len(most) > _NAMED else "")) if named else ""
