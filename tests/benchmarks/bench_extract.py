"""How many saved pages a second one core reads: extraction and normalising, nothing stored."""

from __future__ import annotations

import time
from pathlib import Path

from scraper.reading.extract import extract
from tests.scraper.carless_pages import CARLESS_PAGES
from tests.scraper.odd_pages import ODD_PAGES
from tests.scraper.offer_pages import OFFER_PAGES
from tests.scraper.pages import PAGES
from tests.scraper.spec_pages import SPEC_PAGES
from tests.scraper.world_pages import WORLD_PAGES

SAVED = Path(__file__).resolve().parents[3] / "shared" / "data" / "pages"
ROUNDS = 3
# Real pages are mostly menus, teasers and scripts: as many bytes as a page of a classified site has.
_MENU = (
    "<nav>"
    + "".join(f"<ul><li><a href='/cars/{n}'>Used cars in town {n}</a></li></ul>" for n in range(300))
    + "</nav>"
)
_PROSE = "".join(
    f"<div class='t{n}'><p>Paragraph {n} tells of the weather and <b>of roads</b>.</p></div>"
    for n in range(600)
)
_SCRIPT = (
    "<script>"
    + "!function(e,t){t.on('click',function(){e.track('menu',{open:!0,at:Date.now()})});var n=1;e.send(n)}(a,b);"
    * 800
    + "</script>"
)


def pages() -> list[tuple[str, bytes]]:
    """(address, page): the recorded layouts at real size, and the saved pages where they are there."""
    dressed = [
        (
            url,
            page.replace("</body>", f"{_PROSE}{_SCRIPT}</body>").replace("<body>", f"<body>{_MENU}").encode(),
        )
        for url, page, _ in (
            PAGES | OFFER_PAGES | WORLD_PAGES | SPEC_PAGES | ODD_PAGES | CARLESS_PAGES
        ).values()
    ]
    saved = [
        (f"https://www.{path.parent.name}/{path.name}", path.read_bytes())
        for path in sorted(SAVED.glob("*/*"))
    ]
    return dressed + saved


def rate(chosen: list[tuple[str, bytes]], rounds: int = ROUNDS) -> float:
    """Pages a second of processor time: what else the machine does is not counted."""
    for url, content in chosen[:3]:
        extract(content, url)  # the first page loads units and labels
    started = time.process_time()
    for _ in range(rounds):
        for url, content in chosen:
            extract(content, url)
    return rounds * len(chosen) / (time.process_time() - started)


def main() -> None:
    """Print the rate, goal ≥ 50."""
    chosen = pages()
    size = sum(len(content) for _, content in chosen) / len(chosen) / 1000
    print(f"\nSaved pages read on one core ({len(chosen)} pages of {size:.0f} kB), goal >= 50/s")
    print(f"  {'extract and normalise':46}{rate(chosen):>12.1f}")
