"""Opens pages in a real browser, saves pictures of them, and says what is wrong with them.

    python -m tests.e2e.screenshots http://127.0.0.1:8000 OUT --email EMAIL --password PASSWORD [--page NAME=PATH …]

Each page is taken at phone and desktop width, light and dark. Said are: errors in the console, pages wider than a
window of 320 px, violations that axe-core finds, and pages that answer with an error. Exits with 1 where any is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from scripts.browser import chromium

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# A path, or where to find it: a page and the selector of a link on it.
PAGES: dict[str, str | tuple[str, str]] = {
    "home": "/",
    "about": "/about/",
    "cars": "/cars/",
    "cars-search": "/cars/?q=audi",
    "cars-none": "/cars/?q=zzzz",
    "makes": "/makes/",
    "make": ("/makes/", "main a[href^='/cars/']:not([href='/cars/'])"),
    "variant": ("/cars/", ".car-card a"),
    "variant-ranges": "/cars/hyundai/creta/hyundai-creta/",
    "compare": "/compare/",
    "dealers": "/dealers/",
    "dealer": ("/dealers/", "main a[href^='/dealers/']:not([href*='?']):not([href='/dealers/'])"),
    "enquire": ("/dealers/", "main a[href*='/enquire/']"),
    "photos": "/identifications/",
    "result": ("/identifications/", ".photo-grid a"),
    "enquiries": "/enquiries/",
    "enquiry": ("/enquiries/", "main a[href^='/enquiries/']"),
    "leads": "/leads/",
    "lead": ("/leads/", "main a[href^='/leads/']"),
    "account": "/account/",
    "login": "/accounts/login/",
    "signup": "/accounts/signup/",
    "reset": "/accounts/password/reset/",
    "api": "/api/",
}
GUEST_ONLY = {"login", "signup", "reset"}


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The system's Chromium where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands: rule, what it means, and where."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": AXE_TAGS}})
    return [
        f"{violation['id']}: {violation['help']} at {', '.join(str(node['target'][0]) for node in violation['nodes'][:4])}"
        for violation in results.response["violations"]
    ]


def overflow(page: Page, width: int = 320) -> list[str]:
    """What sticks out of a window of this width; leaves the window as it was."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 700})
    wide = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const scrolls = (e) => e && e !== document.body &&
                (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
            return [...document.body.querySelectorAll("*")]
                .filter((e) => e.getBoundingClientRect().right > width + 0.5 && !scrolls(e.parentElement))
                .slice(0, 4).map((e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className}`);
        }"""
    )
    if before:
        page.set_viewport_size(before)
    return [f"wider than {width} px: {', '.join(wide)}"] if wide else []


def listen(page: Page, findings: list[str]) -> None:
    """Collect errors of the console and of scripts from now on."""

    def on_console(message: ConsoleMessage) -> None:
        # A page that answers 404 is itself reported so by the browser; statuses are checked on their own.
        if message.type == "error" and "Failed to load resource" not in message.text:
            findings.append(f"console: {message.text}")

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left before it was loaded, as people do
            findings.append(f"not loaded: {request.url} {request.failure}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: findings.append(f"script: {error}"))
    page.on("requestfailed", on_failure)


def sign_in(context: BrowserContext, base: str, email: str, password: str) -> None:
    """Sign in on the site's own page."""
    page = context.new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.locator("main form button").last.click()
    page.wait_for_load_state()
    if "/login" in page.url:
        raise SystemExit(f"Signing in as {email} did not work.")
    page.close()


def resolve(context: BrowserContext, base: str, where: str | tuple[str, str]) -> str | None:
    """The path of a page; None where there is no such link (nothing in that list yet)."""
    if isinstance(where, str):
        return where
    listing, selector = where
    page = context.new_page()
    page.goto(base + listing)
    link = page.locator(selector).first
    href = link.get_attribute("href") if link.count() else None
    page.close()
    return urlsplit(href)._replace(scheme="", netloc="").geturl() if href else None


def faults_of_page(context: BrowserContext, url: str, target: Path) -> Iterator[tuple[str, str]]:
    """Open a page once for each size, keep its pictures beside `target`, and yield what is wrong with it."""
    for size, (width, height) in SIZES.items():
        findings: list[str] = []
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        listen(page, findings)
        response = page.goto(url)
        page.wait_for_load_state("networkidle")
        if response is None or not response.ok:
            findings.append(f"answered {response and response.status}")
        findings += overflow(page)
        yield from ((size, finding) for finding in findings)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.screenshot(path=f"{target}-{size}-{scheme}.png", full_page=True)
            yield from ((f"{size}, {scheme}", violation) for violation in axe_violations(page))
        page.close()


def walk(base: str, out: Path, pages: dict[str, str | tuple[str, str]], login: tuple[str, str] | None) -> int:
    """All pages at all sizes in both schemes; the number of findings."""
    out.mkdir(parents=True, exist_ok=True)
    total = 0
    with open_browser() as browser:
        guest, member = browser.new_context(), browser.new_context()
        if login:
            sign_in(member, base, *login)
        for name, where in pages.items():
            context = guest if name in GUEST_ONLY else member
            path = resolve(context, base, where)
            if path is None:
                print(f"{name}: nothing to show")
                continue
            for view, finding in faults_of_page(context, base + path, out / name):
                total += 1
                print(f"{name} ({view}): {finding}", flush=True)
    return total


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", help="address of the running site")
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--email")
    parser.add_argument("--password", default="")
    parser.add_argument("--page", action="append", metavar="NAME=PATH", help="only these pages")
    arguments = parser.parse_args()
    pages = dict(item.split("=", 1) for item in arguments.page) if arguments.page else PAGES
    login = (arguments.email, arguments.password) if arguments.email else None
    total = walk(arguments.base.rstrip("/"), arguments.out, pages, login)
    print(f"{total} findings. Pictures are in {arguments.out}.")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
