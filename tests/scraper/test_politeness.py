"""The rules by which sites are asked, for pages of crawls and for single files alike."""

from __future__ import annotations

import http.client
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from scraper.crawl.politeness import MAX_REFUSALS, Backoff, Pause, retry_after, robots_txt
from scraper.pictures.fetching import Fetcher, FetchFailed

RULES = b"User-agent: *\nDisallow: /private/\n"


@pytest.mark.parametrize(
    ("status", "of_files", "is_shut"),
    [
        (0, False, True), (500, False, True), (503, True, True), (401, False, True), (403, False, True),
        (429, False, True), (403, True, False), (404, False, False), (410, True, False), (301, False, False),
    ],
)  # fmt: skip
def test_a_robots_txt_that_can_not_be_had_shuts_the_site_or_allows_everything(
    status: int, of_files: bool, is_shut: bool
) -> None:
    rules = robots_txt(status, RULES, of_files=of_files)
    assert rules == (b"User-agent: *\nDisallow: /\n" if is_shut else b"")


def test_a_robots_txt_that_is_there_counts() -> None:
    assert robots_txt(200, RULES) == RULES


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (" 120 ", 120.0), ("", None), ("soon", None)])
def test_the_time_that_a_site_names_is_read(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_a_date_is_the_seconds_until_then_and_never_less_than_none() -> None:
    ahead = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after(ahead) == pytest.approx(90, abs=2)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_pauses_double_as_long_as_a_site_names_no_time() -> None:
    backoff = Backoff(1.0)
    pauses = [backoff.after("a.example", 503, tried=tried) for tried in range(8)]
    assert [pause.seconds for pause in pauses if pause] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.after("a.example", 200) is None
    assert backoff.after("a.example", 404) is None
    assert backoff.after("a.example", 503, header="9", tried=3) == Pause(9.0)


def test_a_host_that_refuses_again_and_again_is_left_and_others_are_not() -> None:
    backoff = Backoff(1.0)
    for _ in range(MAX_REFUSALS - 1):
        pause = backoff.after("a.example", 403)
        assert pause
        assert pause.leave == ""
    assert backoff.after("b.example", 403) == Pause(1.0)
    last = backoff.after("a.example", 429)
    assert last
    assert last.leave == "refused"


def test_an_answer_between_refusals_begins_the_count_anew() -> None:
    backoff = Backoff(1.0)
    for status in (403, 403, 403, 403, 200, 403):
        pause = backoff.after("a.example", status)
    assert pause == Pause(1.0)


def test_a_pause_that_is_too_long_is_a_reason_to_leave() -> None:
    pause = Backoff(1.0).after("a.example", 429, header="3600")
    assert pause
    assert pause.leave == "pause"
    assert "3600" in pause.words


# --- Single files ---------------------------------------------------------------------------------------------
class _Site:
    """Answers of one host, in place of its sockets."""

    def __init__(self, **headers: str) -> None:
        self.headers, self.asked = headers, list[str]()

    def answer(self, method: str, target: str, **_: object) -> None:
        self.asked.append(target)

    def response(self) -> Any:
        return self

    @property
    def status(self) -> int:
        return 404 if self.asked[-1] == "/robots.txt" else 429

    def getheader(self, name: str, default: str = "") -> str:
        return self.headers.get(name.replace("-", "_"), default) if self.status == 429 else default

    def read1(self, size: int) -> bytes:
        return b""


@pytest.mark.parametrize(
    ("after", "asked", "words"), [("400", 2, "left alone"), ("100", 2, "a pause of"), ("2", 6, "429")]
)
def test_a_file_is_not_asked_for_while_its_host_wants_to_be_left_alone(
    monkeypatch: pytest.MonkeyPatch, after: str, asked: int, words: str
) -> None:
    site, slept = _Site(Retry_After=after), list[float]()
    monkeypatch.setattr(http.client.HTTPConnection, "request", site.answer)
    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", site.response)
    monkeypatch.setattr(http.client.HTTPConnection, "close", lambda self: None)
    url = "http://127.0.0.1:81/a.jpg"
    fetcher = Fetcher("CarsiteBot/1.0", private=["127.0.0.1:81"], delay=0, sleep=slept.append)
    for _ in range(5):
        with pytest.raises(FetchFailed) as failure:
            fetcher.get(url, page="http://127.0.0.1:81/page")
    assert len(site.asked) == asked
    assert words in str(failure.value)
    assert sum(seconds > 1 for seconds in slept) == (4 if after == "2" else 0)
