"""Documents lead where they say: every link of every Markdown file to a file or heading that is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)


def documents() -> list[Path]:
    """The Markdown files that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def anchors(path: Path) -> set[str]:
    """What a link may name after `#`, as renderers of Markdown make it from headings."""
    headings = _HEADING.findall(re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL))
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip()) for text in plain}


def links(path: Path) -> list[str]:
    """Targets of links within the project."""
    found = _LINK.findall(_CODE.sub("", path.read_text()))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def test_there_are_documents_with_links() -> None:
    assert sum(len(links(path)) for path in documents()) > 50


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if not other.exists() or (anchor and other.suffix == ".md" and anchor not in anchors(other)):
            broken.append(target)
    assert broken == []


def test_paths_that_documents_name_exist() -> None:
    """`catalog/specs.py` in a text is a promise too: files move, and documents must follow. NAME.py stands for any."""
    rooms = "accounts|carsite|catalog|classifier|core|dealers|docs|ml|ops|recipes|scraper|scripts|tests"
    named = re.compile(rf"(?<![\w/.])((?:{rooms})/[\w./-]+\.(?:py|toml|md|txt|html|css|js))(?![\w/])")
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in documents()
        if path.name != "CHANGELOG.md"
        for name in named.findall(path.read_text())
        if not re.search(r"[A-Z]{4}", Path(name).stem) and not (ROOT / name).exists()
    }
    assert missing == set()
