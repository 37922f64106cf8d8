"""Parts of the admin that all apps share: how actions are reported, and who may delete what."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.translation import ngettext_lazy

from accounts.models import User
from core.admin import DeletedWithItsParent, NeverEdited, ViewOnly, perform, perform_each
from core.errors import ExpectedError
from scraper.models import ScrapeRun

DONE = ngettext_lazy("%d run was moved.", "%d runs were moved.")


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def said(request: HttpRequest) -> list[str]:
    return [f"{message.level_tag}: {message}" for message in get_messages(request)]


def runs(count: int) -> list[ScrapeRun]:
    return [ScrapeRun(pk=pk, source="one") for pk in range(1, count + 1)]


def refuse(row: ScrapeRun) -> None:
    raise ExpectedError("It is under way.")


@pytest.mark.parametrize(("count", "words"), [(1, "1 run was moved."), (2, "2 runs were moved.")])
def test_what_was_done_is_counted_in_the_right_number(request_: HttpRequest, count: int, words: str) -> None:
    assert perform_each(request_, runs(count), lambda row: None, DONE) == count
    assert said(request_) == [f"success: {words}"]


def test_refusals_are_named_and_many_are_counted(request_: HttpRequest) -> None:
    assert perform_each(request_, runs(6), refuse, DONE) == 0
    *named, rest = said(request_)
    assert named == [f"error: Run {pk} of one: It is under way." for pk in range(1, 6)]
    assert rest == "error: … and 1 more was refused."


def test_an_action_leads_on_whether_it_succeeds_or_is_refused(request_: HttpRequest) -> None:
    def refused() -> str:
        raise ExpectedError("Not now.")

    assert perform(request_, lambda: "Done.", "/next/").url == "/next/"
    assert perform(request_, refused, "/next/").url == "/next/"
    assert said(request_) == ["success: Done.", "error: Not now."]


def test_an_unexpected_error_is_not_hidden(request_: HttpRequest) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        perform(request_, broken, "/next/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "page", "may_delete"),
    [
        (NeverEdited, "scraper_scraperun_change", True),
        (ViewOnly, "scraper_scraperun_change", False),
        (DeletedWithItsParent, "scraper_scraperun_change", False),
        (DeletedWithItsParent, "catalog_source_delete", True),
    ],
)
def test_rows_are_deleted_where_that_is_right(
    request_: HttpRequest, staff_user: User, part: Any, page: str, may_delete: bool
) -> None:
    request_.user = staff_user
    request_.resolver_match = SimpleNamespace(url_name=page)  # type: ignore[assignment]
    page_of = type("PartAdmin", (part, admin.ModelAdmin), {})(ScrapeRun, admin.site)
    assert page_of.has_delete_permission(request_) is may_delete
    assert not page_of.has_add_permission(request_)
    assert not page_of.has_change_permission(request_)
