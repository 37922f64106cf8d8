"""A guest's photos have one owner, however they are sent: at once, from two tabs, with the cookies gone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from classifier.models import Identification
from core.people import guest_cookie
from tests.classifier.conftest import other_photo
from tests.conftest import PASSWORD


def key_in(page: str) -> str:
    """The guest's key in the form for photos."""
    found = re.search(r'name="guest" value="([^"]*)"', page)
    assert found
    return found[1]


def upload(browser: Client, seed: int, **more: str) -> str:
    """Send a photo as the page's script does; returns its address."""
    file = SimpleUploadedFile("car.jpg", other_photo(seed), "image/jpeg")
    answer = browser.post(
        reverse("classifier:identify"), {"photos": file, **more}, headers={"accept": "application/json"}
    )
    assert answer.status_code == 202, answer.content
    return str(answer.json()["url"])


def same_cookies(browser: Client) -> Client:
    """Another request of the same browser that is on its way at the same time: no answer has come yet."""
    other = Client()
    for name, morsel in browser.cookies.items():
        other.cookies[name] = morsel.value
    return other


@pytest.mark.django_db(transaction=True)
def test_first_photos_that_are_sent_at_once_are_all_seen() -> None:
    browser = Client()
    browser.get(reverse("classifier:home"))
    senders = [same_cookies(browser) for _ in range(3)]

    def send(number: int) -> str:
        try:
            return upload(senders[number], number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        addresses = list(pool.map(send, range(3)))
    for sender in senders:  # whichever answer's cookies the browser keeps
        assert [sender.get(address).status_code for address in addresses] == [200] * 3


@pytest.mark.django_db
def test_two_tabs_are_one_guest() -> None:
    """Both were opened before either had a cookie; the browser keeps the later one's."""
    browser = Client()
    first = Client().get(reverse("classifier:home")).content.decode()
    second = browser.get(reverse("classifier:home")).content.decode()
    assert key_in(first) != key_in(second)
    addresses = [upload(browser, 1, guest=key_in(first)), upload(browser, 2, guest=key_in(second))]
    assert [browser.get(address).status_code for address in addresses] == [200, 200]


@pytest.mark.django_db
def test_photos_sent_after_the_cookies_were_cleared_have_one_owner_and_are_seen() -> None:
    browser = Client()
    key = key_in(browser.get(reverse("classifier:home")).content.decode())
    senders = [Client() for _ in range(3)]
    addresses = [upload(sender, number, guest=key) for number, sender in enumerate(senders)]
    for sender in senders:
        assert sender.cookies[guest_cookie()].value == key
        assert [sender.get(address).status_code for address in addresses] == [200] * 3


@pytest.mark.django_db
def test_first_photo_without_a_page_works() -> None:
    browser = Client()
    address = upload(browser, 1)
    assert browser.get(address).status_code == 200
    assert Client().get(address).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x", "\x00" * 43, "a" * 44, "../" * 20])
def test_key_that_is_none_finds_nothing_and_is_replaced(key: str) -> None:
    browser = Client()
    browser.cookies[guest_cookie()] = key
    upload(browser, 1, guest=key)
    assert len(browser.cookies[guest_cookie()].value) == 43
    assert Identification.objects.get().guest_key == browser.cookies[guest_cookie()].value


@pytest.mark.django_db
def test_session_of_an_earlier_version_keeps_its_photos() -> None:
    browser = Client()
    session = browser.session
    session["guest_key"] = "k" * 43
    session.save()
    browser.cookies["sessionid"] = session.session_key
    row = Identification.objects.get(pk=upload(browser, 1).strip("/").split("/")[-1])
    assert row.guest_key == "k" * 43


@pytest.mark.django_db
def test_photos_follow_into_the_account_and_the_key_finds_them_no_more(user: User) -> None:
    browser = Client()
    page = browser.get(reverse("classifier:home")).content.decode()
    address = upload(browser, 1)
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert browser.get(address).status_code == 200
    browser.post(reverse("account_logout"))
    assert browser.get(address).status_code == 404
    assert key_in(browser.get(reverse("classifier:home")).content.decode()) == key_in(page)
