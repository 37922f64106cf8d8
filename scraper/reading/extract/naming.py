"""Texts that name what a page is about: its headings and titles, and the steps of its breadcrumbs."""

from __future__ import annotations

from itertools import pairwise

from core.text import squash
from scraper.reading.cars import RawField
from scraper.reading.extract import subject
from scraper.reading.extract.limits import LONGEST_HEADING, MOST_CRUMBS
from scraper.reading.extract.nodes import Node
from scraper.reading.extract.page import Page
from scraper.reading.normalise.names import make_of, models
from scraper.reading.normalise.titles import title
from scraper.reading.vocabulary import fold

_LONGEST_MODEL = 25


def heads(page: Page) -> list[str]:
    """Texts that name what the page is about, the best first."""
    return [
        text
        for text in (*page.headings[:2], page.metas.get("og:title", "")[:LONGEST_HEADING], page.title)
        if text
    ]


def names_a_model(page: Page) -> bool:
    """Whether one of the heads names a model that is known."""
    return any(title(head).model for head in heads(page))


def breadcrumb_names(page: Page, tops: list[Node]) -> list[RawField]:
    """Make and model of the breadcrumbs: a heading may say no more than "Golf VII 1.6 TDI"."""
    crumbs = [crumb for crumb in subject.crumbs(page, tops)[:MOST_CRUMBS] if crumb]
    if not names_a_model(page) and (unlisted := _unlisted_model(page, crumbs)):
        return unlisted
    makes = {make for crumb in crumbs if (make := make_of(crumb))}
    if len(makes) != 1:
        return []
    make = makes.pop()
    head_keys = [squash(head) for head in heads(page)]
    models_said = [crumb for crumb in crumbs if squash(crumb) in models(make)]
    confirmed = [crumb for crumb in models_said if any(squash(crumb) in key for key in head_keys)]
    return [_field("make", make), *(_field("model", crumb) for crumb in confirmed[-1:])]


def _field(key: str, text: str) -> RawField:
    return RawField(key, "breadcrumb", text)


def _unlisted_model(page: Page, crumbs: list[str]) -> list[RawField]:
    """A model that no list knows.

    It is the step behind its make in breadcrumbs or address, where a heading says both so.
    """
    head_words = [head.split() for head in heads(page)]
    for make, step in (*pairwise(crumbs), *pairwise(subject.steps(page.url))):
        known = make_of(make)
        if not known or len(step) > _LONGEST_MODEL:
            continue
        if model := _as_a_head_spells_it(make, step, head_words):
            return [_field("make", known), _field("model", model)]
    return []


def _as_a_head_spells_it(make: str, step: str, head_words: list[list[str]]) -> str:
    """The model of a step as the first head that says make and model together spells it; else empty."""
    whole = fold(step if fold(step).startswith(f"{fold(make)} ") else f"{make} {step}").split()
    ahead, length = len(make.split()), len(whole)
    if length <= ahead:
        return ""
    for words in head_words:
        folded = [fold(word) for word in words]
        for start in range(len(words) - length + 1):
            if folded[start : start + length] == whole:
                return " ".join(words[start + ahead : start + length])
    return ""
