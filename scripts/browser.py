"""See that there is a Chromium for the tests in a real browser, and print nothing where there is.

Debian's own is taken first, then Playwright's; what is missing is installed where that is possible.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def chromium() -> str | None:
    """The path of a Chromium on this machine: CHROMIUM, the system's, or Playwright's own download."""
    for candidate in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"):
        if candidate and (found := shutil.which(candidate)):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> None:
    """Find one, or try in turn what can bring one."""
    if chromium():
        return
    print("Installing a browser for the tests ...", flush=True)
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        # First, as it also brings the libraries that a browser needs.
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "chromium"], *commands]
    for command in commands:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if chromium():
            return
    sys.exit(
        "carsite: the tests need a Chromium browser and none could be installed. Install the package "
        "`chromium` "
        "(Debian: apt-get install chromium, as root), or name one: make test CHROMIUM=/path/to/chromium"
    )


if __name__ == "__main__":
    main()
