"""Format the style sheets of the site, or check them, with prettier and stylelint at their locked versions.

Usage: scripts/styles.py [--check]

Only who writes CSS needs Node. Where it is absent the check is left out and says so; in CI it fails.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "scripts" / "css"


def style_sheets() -> "list[str]":
    """All style sheets that are ours."""
    return sorted(str(path) for path in ROOT.glob("*/static/**/*.css"))


def prepare() -> None:
    """Install the tools beside their list, unless that is done."""
    stamp = TOOLS / "node_modules" / ".installed"
    lock = (TOOLS / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=TOOLS, check=True)
        stamp.write_text(lock)


def main() -> int:
    """Exit code 0 where every style sheet is as the tools want it."""
    if not shutil.which("npm"):
        print("carsite: there is no npm, so style sheets are not checked.", file=sys.stderr)
        return int("CI" in os.environ)
    prepare()
    checks_only = "--check" in sys.argv
    ways = (
        ["prettier", "--log-level", "warn", "--print-width", "110", "--check" if checks_only else "--write"],
        ["stylelint", *([] if checks_only else ["--fix"])],
    )
    codes = [
        subprocess.run(["npx", "--no-install", *way, *style_sheets()], cwd=TOOLS, check=False).returncode
        for way in ways
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
