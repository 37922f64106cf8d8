"""The parts of the design in a real browser: no violation, nothing too wide, nothing blocked, in light and dark."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import ROOT
from tests.e2e.screenshots import faults_of_page, open_browser, overflow
from tests.services import free_port, wait_for

pytestmark = pytest.mark.e2e
OPTIONS = ("--noreload", "--skip-checks", "--settings", "tests.e2e.styleguide_settings")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The style guide, served by a process of its own."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "django", "runserver", str(port), *OPTIONS],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("guide"))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def answers() -> bool:
            assert server.poll() is None, "The style guide did not start."
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_for(answers, what="the style guide")
        yield f"http://127.0.0.1:{port}/styleguide/"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def test_each_part_can_be_seen_and_used(guide: str, chromium: Browser, tmp_path: Path) -> None:
    context = chromium.new_context()
    assert list(faults_of_page(context, guide, tmp_path / "guide")) == []
    assert len(list(tmp_path.glob("guide-*.png"))) == 4


@pytest.mark.parametrize("status", [404, 500])
def test_error_pages_can_be_seen_and_used(guide: str, chromium: Browser, tmp_path: Path, status: int) -> None:
    found = {
        finding
        for _, finding in faults_of_page(chromium.new_context(), f"{guide}{status}/", tmp_path / "error")
    }
    assert found == {f"answered {status}"}


def test_what_sticks_out_is_found(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<main><div class=wide>x</div></main>")
    assert overflow(page) == []
    page.add_style_tag(content=".wide { width: 900px }")
    assert overflow(page) == ["wider than 320 px: div.wide"]


def test_menu_opens_and_closes_by_keyboard_without_a_script(guide: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(guide)
    link = page.get_by_role("link", name="My photos")
    assert not link.is_visible()
    page.get_by_role("button", name="Menu").press("Enter")
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()


def test_chosen_colours_win_over_those_of_the_device(guide: str, chromium: Browser) -> None:
    page = chromium.new_context(color_scheme="light").new_page()
    page.goto(guide)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert page.url == guide
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    assert page.evaluate(ground) != light
