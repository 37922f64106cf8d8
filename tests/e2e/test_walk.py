"""The main job, as a person does it: from a photo on the road to a dealer's inbox."""

from __future__ import annotations

import base64
import email
import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.management.commands.create_demo_users import DEMO_USERS
from dealers.seed import DEMO_STAFF_DEALER, DEMO_STAFF_EMAIL
from tests.services import Site, wait_for

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
ANSWERED = ".result-head[data-ended]"
NEWCOMERS = ("vera@example.org", "walt@example.org", "owner@example.org", "stranger@example.org")
PASSWORDS = dict.fromkeys(NEWCOMERS, "a long way to Tipperary") | {who: word for who, word, _ in DEMO_USERS}

Visit = Callable[..., BrowserContext]


def send_form(page: Page) -> None:
    page.locator("main form button[type=submit], main form button:not([type])").last.click()


def sign_up(site: Site, page: Page, address: str) -> None:
    """Make an account, and confirm the address by the link in the mail."""
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", address)
    page.fill("input[name=password1]", PASSWORDS[address])
    send_form(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    [confirmation] = wait_for(
        lambda: [mail for mail in mails(site) if address in str(mail["To"])], what="the mail"
    )
    page.goto(re.search(r"http://\S+/confirm-email/\S+", confirmation.get_content())[0])
    send_form(page)
    expect(page).not_to_have_url(re.compile("confirm-email"))
    sign_in(page, address)


def sign_in(page: Page, address: str) -> None:
    """Sign in, where that is not done yet."""
    page.goto("/accounts/login/")
    if "/login" not in page.url:
        return
    page.fill("input[name=login]", address)
    page.fill("input[name=password]", PASSWORDS[address])
    send_form(page)
    expect(page).not_to_have_url(re.compile("login"))


def drop(page: Page, photo: Path) -> None:
    """Drop a file on the page, as from the desktop."""
    data = page.evaluate_handle(
        """([name, content]) => {
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, { type: "image/jpeg" }));
            return data;
        }""",
        [photo.name, base64.b64encode(photo.read_bytes()).decode()],
    )
    page.dispatch_event("main", "drop", {"dataTransfer": data})


def identify_dropped(page: Page, photo: Path) -> None:
    page.goto("/")
    drop(page, photo)


def identify_by_form(page: Page, photo: Path) -> None:
    page.goto("/")
    page.set_input_files("#photos", photo)
    page.click("#send")


def mails(site: Site) -> list[EmailMessage]:
    """Every e-mail that has been sent so far."""
    texts = [path.read_bytes() for path in sorted((site.var / "mail").glob("*"))]
    parts = [part for text in texts for part in re.split(rb"\n-{79}\n", text) if part.strip()]
    return [email.message_from_bytes(part, policy=email.policy.default) for part in parts]


def is_copy_for(mail: EmailMessage, address: str) -> bool:
    return address in str(mail["To"]) and mail["Subject"].startswith("Your enquiry to")


def ask_a_dealer(page: Page, name: str) -> None:
    """From the answer to an enquiry to the demonstration dealer near Munich."""
    page.get_by_role("link", name="Ask a dealer about it").click()
    page.fill("input[name=near]", "Munich")
    page.get_by_role("button", name="Find dealers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("near Munich")
    page.locator(f"a[href^='/dealers/{DEMO_STAFF_DEALER}/enquire/']").click()
    expect(page.locator("main form")).to_contain_text("Recognised as")
    page.fill("input[name=name]", name)
    page.fill("textarea[name=message]", "Is it still for sale? <script>alert(1)</script>")
    page.check("input[name=consent]")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your enquiry to")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_visitor_goes_from_a_photo_to_a_dealers_inbox(
    site: Site, visit: Visit, photos: list[Path], has_real_model: bool, script: bool
) -> None:
    photo = photos[0] if script else photos[1]
    name, address = ("Vera With", "vera@example.org") if script else ("Walt Without", "walt@example.org")
    page = visit(**(PHONE if script else DESKTOP), java_script_enabled=script).new_page()
    sign_up(site, page, address)

    (identify_dropped if script else identify_by_form)(page, photo)
    page.wait_for_url(re.compile(r"/identifications/[0-9a-f-]{36}/"))
    expect(page.locator(ANSWERED)).to_contain_text("sure")
    answer_url = page.url
    specs = page.get_by_role("link", name="Specs of the")
    if has_real_model:
        assert photo.parent.name.split()[0] in specs.inner_text(), "the answer is another make"
    specs.click()
    expect(page.locator("main")).to_contain_text("Fuel")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.goto(answer_url)
    ask_a_dealer(page, name)
    enquiries = wait_for(lambda: [mail for mail in mails(site) if name in mail["Subject"]], what="the e-mail")
    assert len(enquiries) == 1
    assert "All Makes Munich" in str(enquiries[0]["To"])
    assert address in str(enquiries[0]["Reply-To"])
    assert "<script>" not in enquiries[0].get_body(("html",)).get_content()
    wait_for(lambda: [mail for mail in mails(site) if is_copy_for(mail, address)], what="the visitor's copy")
    page.goto("/enquiries/")
    expect(page.locator("main")).to_contain_text("to All Makes Munich")

    dealer = visit(**DESKTOP).new_page()
    sign_in(dealer, DEMO_STAFF_EMAIL)
    dealer.goto("/leads/")
    dealer.get_by_role("link", name=name).click()
    expect(dealer.locator("main")).to_contain_text("<script>alert(1)</script>")
    dealer.get_by_role("button", name=re.compile("contacted|taken", re.IGNORECASE)).first.click()
    page.goto("/enquiries/")
    page.locator("main a[href^='/enquiries/']").first.click()
    expect(page.locator("main")).to_contain_text("The dealer has contacted you")


def test_another_person_sees_none_of_it(site: Site, visit: Visit, photos: list[Path]) -> None:
    page = visit(**PHONE).new_page()
    sign_up(site, page, "owner@example.org")
    identify_dropped(page, photos[0])
    page.wait_for_url(re.compile(r"/identifications/[0-9a-f-]{36}/"))
    expect(page.locator(ANSWERED)).to_be_visible()
    photo_url = page.locator(".heat img").get_attribute("src")
    assert page.request.get(photo_url).status == 200
    stranger = visit(**PHONE).new_page()
    sign_up(site, stranger, "stranger@example.org")
    assert stranger.request.get(page.url).status == 404
    assert stranger.request.get(photo_url).status == 404
    stranger.goto("/identifications/")
    assert stranger.locator(".photo-grid a").count() == 0


def test_a_browser_lets_addresses_of_all_alphabets_through(visit: Visit) -> None:
    address, page = "वेरा@उदाहरण.example", visit().new_page()
    page.goto("/dealers/demo-all-makes-munich/enquire/")
    page.fill("input[name=name]", "वेरा")
    page.fill("input[name=email]", address)
    page.fill("textarea[name=message]", "Is it still there?")
    page.check("input[name=consent]")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your enquiry to")
    expect(page.locator("main")).to_contain_text(address)
    page.goto("/accounts/signup/")
    page.fill("input[name=email]", address)
    page.fill("input[name=password1]", "a long way to Tipperary")
    send_form(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
