"""`python -m tests.security.browser_table`: which of the odd and hostile files a browser shows, and which the site takes.

Asks Chromium about each file, as an `<img>` would show it, and writes `browser.txt` beside this file, a line a file, and the
table of `docs/photos.md`. Run it again when files are added or the browser is a newer one; `test_odd_photos.py` holds the site
to what is written there.
"""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from core.images import PHOTO_LIMITS, ImageRefused, opened
from tests.security.hostile import hostile_files
from tests.security.odd import File, odd_files

RECORD = Path(__file__).with_name("browser.txt")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "photos.md"
BEGIN, END = "<!-- table: python -m tests.security.browser_table -->", "<!-- end of table -->"
CHROMIUM = "/usr/bin/chromium"
LOOK = """async (files) => Promise.all(files.map(async (file) => {
  const url = URL.createObjectURL(await (await fetch('data:application/octet-stream;base64,' + file)).blob());
  const image = new Image();
  image.src = url;
  try { await image.decode(); } catch { return ''; } finally { URL.revokeObjectURL(url); }
  const canvas = new OffscreenCanvas(8, 8), context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, 8, 8);
  context.drawImage(image, 0, 0, 8, 8);
  const pixels = context.getImageData(0, 0, 8, 8).data, mean = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) for (const band of [0, 1, 2]) mean[band] += pixels[at + band] / 64;
  return `${image.naturalWidth}x${image.naturalHeight} ${mean.map(Math.round).join(',')}`;
}))"""


class Row(NamedTuple):
    """A file: how a browser shows it (size and mean colour; empty where it does not), and the code it is refused with here."""

    name: str
    shown: str
    refused: str


def all_files() -> tuple[File, ...]:
    """The hostile ones under a family of their own."""
    return odd_files() + tuple((f"hostile/{_printable(name)}", data) for name, data in hostile_files())


def _printable(name: str) -> str:
    return name[:60].encode("unicode_escape").decode().replace("\t", "?")


def refusal_of(data: bytes) -> str:
    """The code with which the site refuses a file; empty where it takes it."""
    try:
        opened(data, limits=PHOTO_LIMITS, side=200)
    except ImageRefused as refusal:
        return refusal.code
    return ""


def recorded() -> list[Row]:
    """What was written last."""
    lines = RECORD.read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("\t")) for line in lines if not line.startswith("#")]


def table(rows: list[Row]) -> str:
    """How many files of each family are shown and taken, in Markdown."""
    families: dict[str, Counter[tuple[bool, bool]]] = {}
    for row in rows:
        families.setdefault(row.name.split("/")[0], Counter())[bool(row.shown), not row.refused] += 1
    head = "| family | files | shown and taken | shown, not taken | taken, not shown | neither |\n|---|---|---|---|---|---|\n"
    ways = ((True, True), (True, False), (False, True), (False, False))
    lines = [
        f"| {name} | {counts.total()} | {' | '.join(str(counts[way]) for way in ways)} |"
        for name, counts in [*families.items(), ("**all**", sum(families.values(), Counter()))]
    ]
    return head + "\n".join(lines) + "\n"


def _shown(files: tuple[File, ...]) -> tuple[str, list[str]]:
    """The browser's version, and how it shows each file."""
    from playwright.sync_api import sync_playwright

    answers: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for start in range(0, len(files), 20):
            part = [base64.b64encode(data).decode() for _, data in files[start : start + 20]]
            answers += page.evaluate(LOOK, part)
        version = browser.version
        browser.close()
    return version, answers


def main() -> None:
    """Ask, compare, write."""
    files = all_files()
    version, answers = _shown(files)
    rows = [Row(name, shown, refusal_of(data)) for (name, data), shown in zip(files, answers, strict=True)]
    head = (
        f"# {len(rows)} files in Chromium {version}: name, how it is shown, the code it is refused with here"
    )
    RECORD.write_text("\n".join([head, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    if PAGE.exists():
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
