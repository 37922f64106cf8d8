"""Each end that a photo can come to has a screen of its own: live, helpful, accessible."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.screenshots import axe_violations, overflow
from tests.ml.tiny import write_tiny_bundle
from tests.services import Site, photo

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def site(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site whose bundle the tests may replace."""
    bundle = tmp_path_factory.mktemp("bundles") / "tiny"
    write_tiny_bundle(bundle)
    with Site(seeded_database, bundle) as running:
        yield running


@pytest.fixture
def page(visit: Callable[..., BrowserContext]) -> Page:
    return visit(**PHONE).new_page()


def send(page: Page, seed: int) -> None:
    """Choose a photo; ends on its page."""
    page.goto("/")
    page.set_input_files("#photos", {"name": "car.jpg", "mimeType": "image/jpeg", "buffer": photo(seed)})
    page.wait_for_url("**/identifications/*/")


@contextmanager
def standing_still(site: Site) -> Iterator[None]:
    """No photo is answered meanwhile."""
    os.kill(site.worker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.worker.pid, signal.SIGCONT)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def is_fine(page: Page) -> None:
    assert axe_violations(page) == []
    assert overflow(page) == []


@pytest.mark.parametrize(
    ("seed", "bundle", "said"),
    [
        (1, {"decision": "sure", "favourite": 30}, "AM General Hummer SUV 2000"),
        (2, {"decision": "unsure", "favourite": 30}, "AM General Hummer SUV 2000"),
        (3, {"decision": "unknown", "favourite": 30}, "Looks like an AM General Hummer"),
        (4, {"scene": "interior"}, "This is the inside of a car"),
        (5, {"scene": "other"}, "We see no car here"),
    ],
    ids=["sure", "not sure", "unknown", "interior", "not a car"],
)
def test_an_answer_has_a_screen_of_its_own(
    site: Site, page: Page, seed: int, bundle: dict, said: str
) -> None:
    write_tiny_bundle(site.bundle, version=f"tiny {seed}", **bundle)
    send(page, seed)
    expect(page.locator("#answer")).to_contain_text(f"tiny {seed}")
    expect(page.locator(".result-head[data-ended]")).to_contain_text(said)
    is_fine(page)


@pytest.mark.parametrize(
    "size", [(600, 1300), (1300, 600), (300, 1900)], ids=["upright", "wide", "very upright"]
)
def test_the_answer_comes_before_the_photo_and_is_seen_without_scrolling(
    site: Site, page: Page, size: tuple[int, int]
) -> None:
    write_tiny_bundle(site.bundle, version="tiny fold", decision="unsure", favourite=30)
    data = BytesIO()
    Image.new("RGB", size, (90, 120, size[0] % 250)).save(data, "JPEG")
    page.goto("/")
    page.set_input_files("#photos", {"name": "car.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()})
    page.wait_for_url("**/identifications/*/")
    expect(page.locator(".result-head[data-ended]")).to_be_visible()
    heading_box, photo_box = page.locator("h1").bounding_box(), page.locator(".heat img").bounding_box()
    assert heading_box
    assert photo_box
    assert heading_box["y"] + heading_box["height"] < photo_box["y"]
    assert photo_box["y"] + photo_box["height"] < 844, "what can be done next is below the fold"


def test_a_photo_without_a_car_is_named_all_the_same_if_one_asks(site: Site, page: Page) -> None:
    write_tiny_bundle(site.bundle, version="tiny tailgate", scene="interior", decision="sure", favourite=30)
    send(page, 9)
    page.get_by_role("button", name="Look at it as a car all the same").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("AM General Hummer SUV 2000")
    is_fine(page)


def test_a_photo_in_the_queue_says_so_and_its_answer_appears_without_reloading(
    site: Site, page: Page
) -> None:
    write_tiny_bundle(site.bundle, version="tiny live")
    with standing_still(site):
        send(page, 6)
        assert "in the queue" in heading(page)
        page.evaluate("document.body.dataset.seen = 'before'")
        is_fine(page)
    expect(page.locator(".result-head[data-ended]")).to_be_visible()
    assert page.evaluate("document.body.dataset.seen") == "before"
    expect(page).to_have_title(f"{heading(page)} · Carsite")
    assert "queue" not in heading(page)


def test_a_photo_that_failed_can_be_tried_again(site: Site, page: Page) -> None:
    write_tiny_bundle(site.bundle, version="tiny again")
    with standing_still(site):
        send(page, 7)
        newest = max((site.var / "media" / "photos").rglob("*.jpg"), key=lambda path: path.stat().st_mtime_ns)
        content = newest.read_bytes()
        newest.unlink()
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    is_fine(page)
    newest.write_bytes(content)
    retry.click()
    expect(page.locator(".result-head[data-ended]")).to_be_visible()


def test_a_file_that_is_no_photo_is_refused_where_it_was_chosen(page: Page) -> None:
    page.goto("/")
    page.set_input_files(
        "#photos", {"name": "car.jpg", "mimeType": "image/jpeg", "buffer": b"not a photo at all"}
    )
    expect(page.locator("#uploads")).to_contain_text("is not a photo")
    expect(page.locator("#uploads img")).to_have_count(0)  # it would be drawn torn
    assert page.url.endswith("/")
    is_fine(page)


def test_a_photo_says_when_the_model_is_away_and_waits(site: Site, page: Page) -> None:
    site.bundle.rename(site.bundle.with_name("away"))
    send(page, 8)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your photo is saved and waiting")
    is_fine(page)
    page.goto("/")
    expect(page.locator("main")).to_contain_text("is unavailable at the moment")
    is_fine(page)
