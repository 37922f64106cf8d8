"""Many photos at once, forms that grew stale, and cars set aside: with a script and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.management.commands.create_demo_users import DEMO_USERS
from tests.e2e.screenshots import axe_violations, overflow, sign_in
from tests.ml.tiny import write_tiny_bundle
from tests.services import Site, photo

PHONE = {"viewport": {"width": 390, "height": 844}}
DEMO = DEMO_USERS[0][:2]
MOST = 20

Visit = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def site(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose model knows one car, and is certain of it."""
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle, favourite=30)
    with Site(seeded_database, bundle) as running:
        yield running


def member(site: Site, visit: Visit, *, script: bool = True) -> Page:
    context = visit(**PHONE, java_script_enabled=script)
    sign_in(context, site.url, *DEMO)
    return context.new_page()


def files(first: int, count: int) -> list[dict]:
    numbers = range(first, first + count)
    return [
        {"name": f"car-{number}.jpg", "mimeType": "image/jpeg", "buffer": photo(number)} for number in numbers
    ]


def test_of_22_photos_each_row_gets_its_answer_and_the_two_left_out_are_named_and_sent(
    site: Site, visit: Visit
) -> None:
    page = member(site, visit)
    page.goto("/")
    chosen = files(100, MOST + 2)
    chosen[3] = {"name": "text.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    page.set_input_files("#photos", chosen)
    more = page.locator("#uploads-more")
    expect(more).to_contain_text(re.compile(rf"Not sent yet: car-{100 + MOST}.jpg, car-{101 + MOST}.jpg"))
    expect(page.locator(".upload")).to_have_count(MOST)
    expect(page.locator(".upload-state strong")).to_have_count(MOST - 1, timeout=60_000)
    summary = page.locator("#uploads-summary")
    expect(summary).to_contain_text(f"{MOST - 1} photos: {MOST - 1} named. 1 photo not taken")
    assert axe_violations(page) == []
    assert overflow(page) == []
    more.get_by_role("button").click()
    expect(page.locator(".upload-state strong")).to_have_count(MOST + 1, timeout=30_000)
    expect(more).to_be_hidden()


def test_without_a_script_22_photos_have_a_page_that_names_the_two_left_out(site: Site, visit: Visit) -> None:
    page = member(site, visit, script=False)
    page.goto("/")
    page.set_input_files("#photos", files(200, MOST + 2))
    page.click("#send")
    expect(page.locator(".upload")).to_have_count(MOST)
    expect(page.locator(".lead")).to_have_text(f"{MOST} photos: {MOST} named.", timeout=60_000)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(f"car-{200 + MOST}.jpg: Not sent")
    expect(alert).to_contain_text(f"car-{201 + MOST}.jpg: Not sent")


def test_a_photo_is_sent_although_another_tab_signed_in(site: Site, visit: Visit) -> None:
    context = visit(**PHONE)
    page = context.new_page()
    page.goto("/")
    sign_in(context, site.url, *DEMO)  # in another tab: the token of the first one is stale
    page.set_input_files("#photos", files(300, 1))
    page.wait_for_url("**/identifications/*/")
    expect(page.locator(".result-head[data-ended]")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_stale_form_comes_back_with_what_was_typed(site: Site, visit: Visit, script: bool) -> None:
    context = visit(**PHONE, java_script_enabled=script)
    page = context.new_page()
    page.goto("/accounts/password/reset/")
    page.fill("input[name=email]", "vera@example.org")
    sign_in(context, site.url, *DEMO)
    page.locator("main form button").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please send it again")
    expect(page.locator("main")).to_contain_text("vera@example.org")
    assert axe_violations(page) == [] if script else True
    page.get_by_role("button", name="Send it again").click()
    expect(page).not_to_have_title(re.compile("send it again"))


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_ticks_go_along_over_pages_to_the_comparison(site: Site, visit: Visit, script: bool) -> None:
    page = visit(**PHONE, java_script_enabled=script).new_page()
    names = []
    for number, ticks in ((1, 2), (2, 1)):
        page.goto(f"/cars/?page={number}")
        for place in range(ticks):
            card = page.locator(".car-card").nth(place)
            names.append(card.locator("h3").inner_text())
            card.locator("input[type=checkbox]").check()
            if script:
                expect(page.locator(".tray-cars li")).to_have_count(len(names))
        if not script:
            page.get_by_role("button", name="Keep ticks").click()
    expect(page.locator(".tray-cars li")).to_have_count(3)
    page.get_by_role("button", name="Compare 3 cars").click()
    for name in names:
        expect(page.get_by_role("columnheader", name=name)).to_be_visible()


def test_a_full_comparison_says_so(site: Site, visit: Visit) -> None:
    page = visit(**PHONE).new_page()
    page.goto("/cars/")
    for place in range(4):
        page.locator(".car-card input[type=checkbox]").nth(place).check()
        expect(page.locator(".tray-cars li")).to_have_count(place + 1)
    expect(page.locator("#compare")).to_contain_text("Full: 4 cars at most")
    expect(page.locator(".car-card input[type=checkbox]").nth(5)).to_be_disabled()
    assert axe_violations(page) == []
    assert overflow(page) == []
    page.locator(".tray-cars button").first.click()
    expect(page.locator(".car-card input[type=checkbox]").nth(5)).to_be_enabled()
    expect(page.locator(".car-card input[type=checkbox]").first).not_to_be_checked()
