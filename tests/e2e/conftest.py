"""A whole site, as `make run` starts it, and a real browser that no test shares with the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.conftest import ROOT
from tests.e2e.screenshots import listen, open_browser
from tests.ml.tiny import write_tiny_bundle
from tests.services import Site

BUNDLE = ROOT / "ml" / "bundles" / "lite2"
CARS = ROOT.parent / "shared" / "data" / "stanford-cars"
PHOTOS = ROOT / "tests" / "photos"
#: Photos that the model has not seen, of cars that it knows well.
UNSEEN = ("Audi R8 Coupe 2012/00686.jpg", "MINI Cooper Roadster Convertible 2012/00633.jpg")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file in one xdist worker, as they share one site."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group(f"e2e {item.path.stem}"))


@pytest.fixture(scope="session")
def has_real_model() -> bool:
    """Whether a trained bundle and photos for it are here; without them a tiny bundle answers rendered photos."""
    card = BUNDLE / "bundle.json"
    return CARS.is_dir() and card.exists() and bool(json.loads(card.read_text())["metrics"])


@pytest.fixture(scope="session")
def photos(has_real_model: bool) -> list[Path]:
    """Two photos of cars."""
    if has_real_model:
        return [CARS / name for name in UNSEEN]
    return [PHOTOS / "sedan-front.jpg", PHOTOS / "hatchback-side.jpg"]


@pytest.fixture(scope="module")
def site(
    seeded_database: Path, has_real_model: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A running site with its catalogue and demonstration data."""
    bundle = None
    if not has_real_model:
        bundle = tmp_path_factory.mktemp("bundles") / "tiny"
        write_tiny_bundle(bundle, decision="sure", favourite=30)
    with Site(seeded_database, bundle, beat=True) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Closed after each module: while Playwright's sync API is open, Django takes this thread for an async one.
    with open_browser() as chromium:
        yield chromium


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens the site as another person; options are those of Playwright's contexts. Nothing may go wrong unseen."""
    contexts: list[BrowserContext] = []
    findings: list[str] = []

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(30_000)
        context.on("page", lambda page: listen(page, findings))
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()
    assert findings == []
