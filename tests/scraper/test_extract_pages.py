"""What a careful reader takes from pages in the layouts of real sites, and from pages that carry no car."""

from __future__ import annotations

import pytest

from scraper.extract import reasons
from scraper.extract.report import read
from tests.scraper.carless_pages import CARLESS_PAGES
from tests.scraper.more_pages import MORE_PAGES
from tests.scraper.odd_pages import ODD_PAGES
from tests.scraper.offer_pages import OFFER_PAGES
from tests.scraper.pages import PAGES, Expected
from tests.scraper.spec_pages import SPEC_PAGES
from tests.scraper.world_pages import WORLD_PAGES

ALL = PAGES | MORE_PAGES | ODD_PAGES | OFFER_PAGES | WORLD_PAGES | SPEC_PAGES | CARLESS_PAGES


@pytest.mark.parametrize(("url", "page", "expected"), ALL.values(), ids=ALL)
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
