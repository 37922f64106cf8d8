"""What stands on every page is true on every page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from dealers import services
from dealers.models import Dealer, Enquiry
from tests.dealers.conftest import FakeEvidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(dealers_seed: None, user: User) -> Enquiry:
    """With a photo that the visitor sent along."""
    more = {"evidence": FakeEvidence(), "send_photo": True, "user": user, "phone": ""}
    asked = {"name": "Ada", "email": "ada@example.org", "message": "Is it there?", "nonce": "1"}
    return services.enquiry_create(dealer=Dealer.objects.all()[0], **asked, **more)[0]


def _footer(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200, url
    (footer,) = re.findall(r"<footer.*?</footer>", page.content.decode(), re.DOTALL)
    return footer


def test_no_page_says_that_nobody_else_sees_a_photo(
    lead: Enquiry, user: User, staff_user: User, other_user: User
) -> None:
    lead.dealer.staff.add(other_user)
    urls = {
        None: [
            "/",
            "/cars/",
            "/makes/",
            "/dealers/",
            "/about/",
            reverse("dealers:enquire", args=[lead.dealer.slug]),
        ],
        user: ["/", "/enquiries/", lead.get_absolute_url()],
        other_user: ["/leads/", f"/leads/{lead.pk}/"],
        staff_user: [f"/leads/{lead.pk}/"],
    }
    for reader, pages in urls.items():
        client = Client()
        if reader:
            client.force_login(reader)
        for url in pages:
            said = " ".join(_footer(client, url).split())
            assert "only you" not in said.lower(), url
            assert "you alone" not in said, url
            for who in ("seen by you", "staff", "a dealer sees one only if you attach it"):
                assert who.lower() in said.lower(), (url, who)
