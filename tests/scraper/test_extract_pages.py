"""What a careful reader takes from pages in the layouts of real sites, and from pages that carry no car."""

from __future__ import annotations

import pytest

from scraper.extract import reasons
from scraper.extract.report import read
from tests.scraper.more_pages import MORE_PAGES
from tests.scraper.pages import PAGES, Expected


@pytest.mark.parametrize(("url", "page", "expected"), (PAGES | MORE_PAGES).values(), ids=PAGES | MORE_PAGES)
def test_a_page_gives_what_it_states_and_nothing_else(url: str, page: str, expected: Expected):
    found = read(page.encode(), "page", url)
    if expected is None:
        assert found["items"] == []
        assert found["reason"] in reasons.ALL
        return
    assert found["reason"] == ""
    (item,) = found["items"]
    said = {key: item[key]["value"] if key in item else None for key in expected}
    assert said == expected
    assert all(field["raw"] for field in item.values())
