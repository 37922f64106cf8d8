"""Every page in a real browser: no accessibility violation, nothing too wide, nothing blocked or broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from accounts.management.commands.create_demo_users import DEMO_USERS
from tests.e2e.screenshots import GUEST_ONLY, PAGES, faults_of_page, resolve, sign_in
from tests.services import Site

VISITOR, DEALER, _STAFF = ((address, password) for address, password, _ in DEMO_USERS)
DEALER_ONLY = {"leads", "lead"}


@pytest.fixture(scope="module")
def people(site: Site, browser: Browser, photos: list[Path]) -> Iterator[dict[str, BrowserContext]]:
    """Browsers of a guest, a visitor with an answered photo and an enquiry, and the dealer who got it."""
    contexts = {name: browser.new_context(base_url=site.url) for name in ("guest", "visitor", "dealer")}
    sign_in(contexts["visitor"], site.url, *VISITOR)
    sign_in(contexts["dealer"], site.url, *DEALER)
    page = contexts["visitor"].new_page()
    page.goto("/")
    page.set_input_files("#photos", photos[0])
    expect(page.locator(".result-head[data-ended]")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Ask a dealer about it").click()
    page.locator("a[href*='/demo-all-makes-munich/enquire/']").first.click()
    page.fill("textarea[name=message]", "Is it still for sale?")
    page.check("input[name=consent]")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/enquiries/"))
    page.close()
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_seen_and_used_by_every_visitor(
    site: Site, people: dict[str, BrowserContext], tmp_path: Path, name: str
) -> None:
    context = people["guest" if name in GUEST_ONLY else "dealer" if name in DEALER_ONLY else "visitor"]
    path = resolve(context, site.url, PAGES[name])
    assert path is not None, f"there is nothing that leads to {name}"
    assert list(faults_of_page(context, site.url + path, tmp_path / name)) == []
