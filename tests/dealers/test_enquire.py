"""The form of an enquiry: prefilled, forgiving to people, closed to robots, and losing nothing that was typed."""

from __future__ import annotations

import re
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from dealers.models import Enquiry
from dealers.spam import MAX_SECONDS, form_token
from tests.dealers.conftest import HERE, MINE, PHOTO


def text_of(response):
    return response.content.decode()


def value_of(response, name):
    """What a field of the page holds."""
    text = text_of(response)
    if found := re.search(rf'<textarea name="{name}"[^>]*>\n?(.*?)</textarea>', text, re.DOTALL):
        return unescape(found[1])
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', text)
    return unescape(found[1]) if found else ""


def test_a_guest_asks_and_sees_the_enquiry_but_another_guest_does_not(
    client, ask_url, typed, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(ask_url, typed)
    enquiry = Enquiry.objects.get()
    assert answer.status_code == 302
    assert answer.url == enquiry.get_absolute_url()
    assert (enquiry.user, enquiry.name, enquiry.message) == (
        None,
        "Ada Lovelace",
        "Hello,\nis it still there?",
    )
    assert enquiry.consented
    assert woken == [enquiry.mail_to_dealer_id, enquiry.mail_to_visitor_id]
    assert "is it still there?" in text_of(client.get(answer.url))
    assert Client().get(answer.url).status_code == 404


def test_a_signed_in_visitor_finds_name_and_address_filled_in(client, user, ask_url, typed):
    user.name = "Ada Lovelace"
    user.save()
    client.force_login(user)
    page = client.get(ask_url)
    assert value_of(page, "name") == "Ada Lovelace"
    assert value_of(page, "email") == "ada@example.org"
    client.post(ask_url, typed)
    assert Enquiry.objects.get().user == user


def test_the_car_of_the_address_is_shown_and_stored(client, ask_url, typed, variant):
    url = f"{ask_url}?variant={variant.slug}"
    page = client.get(url)
    assert "I am interested in the Audi A5 Coupe 2012." in value_of(page, "message")
    assert variant.get_absolute_url() in text_of(page)
    client.post(url, typed)
    assert Enquiry.objects.get().variant == variant


def test_an_unpublished_or_unknown_car_is_left_out(client, ask_url, typed, variant):
    variant.is_published = False
    variant.save()
    page = client.get(f"{ask_url}?variant={variant.slug}")
    assert page.status_code == 200
    assert "A5 Coupe" not in text_of(page)
    assert client.get(f"{ask_url}?variant=no-such-car").status_code == 200


class TestEvidence:
    """The visitor's own photo."""

    @pytest.fixture
    def url(self, ask_url, variant):
        return f"{ask_url}?identification={MINE}"

    def test_is_shown_to_its_owner_and_brings_its_car(self, client, url, variant):
        page = client.get(url)
        assert "Audi A5 Coupe 2012, 75% sure" in text_of(page)
        assert 'src="/static/photo.jpg"' in text_of(page)
        assert "I am interested in the Audi A5 Coupe 2012." in value_of(page, "message")

    def test_goes_along_only_with_the_box_ticked(self, client, url, typed):
        client.post(url, typed)
        assert Enquiry.objects.get().evidence == "Audi A5 Coupe 2012, 75% sure"
        assert not Enquiry.objects.get().photo
        client.post(url, typed | {"send_photo": "on", "message": "Again, with photo"})
        assert Enquiry.objects.get(message="Again, with photo").photo.read() == PHOTO

    def test_of_another_user_is_neither_shown_nor_stored(self, client, url, typed, settings):
        settings.ENQUIRY_EVIDENCE = f"{HERE}.no_evidence"
        page = client.get(url)
        assert "75% sure" not in text_of(page)
        assert 'name="send_photo"' not in text_of(page)
        client.post(url, typed)
        enquiry = Enquiry.objects.get()
        assert (enquiry.evidence, enquiry.identification_id) == ("", None)

    def test_is_asked_for_with_the_guests_own_key(self, client, url, settings):
        settings.ENQUIRY_EVIDENCE = f"{HERE}.evidence_of_guest_k"
        assert "75% sure" not in text_of(client.get(url))
        session = client.session
        session["guest_key"] = "k"
        session.save()
        assert "75% sure" in text_of(client.get(url))

    def test_deleted_meanwhile_is_told_and_the_second_try_goes_without(self, client, url, typed, settings):
        settings.ENQUIRY_EVIDENCE = f"{HERE}.no_evidence"
        page = client.post(url, typed | {"send_photo": "on"})
        assert page.status_code == 400
        assert "no longer there" in text_of(page)
        assert value_of(page, "message").split() == typed["message"].split()
        assert not Enquiry.objects.exists()
        assert 'name="send_photo"' not in text_of(page)
        assert client.post(url, typed).status_code == 302


HOSTILE = "<script>alert('x')</script>"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("phone", "12345", "country code"),
        ("phone", "110", "country code"),
        ("phone", "tel:+49 89 1234567 <b>", "country code"),
        ("phone", "+999 123 456 789", "country code"),
        ("phone", "call me maybe", "country code"),
        ("phone", "+0 123 456 789", "country code"),
        ("phone", "+49 12345678901234567", "country code"),
        ("phone", "+49 89\r\nBcc: x@example.org", "country code"),
        ("name", "", "required"),
        ("name", "   ", "your name"),
        ("name", "Ada\r\nBcc: victim@example.org", "one line"),
        ("name", "Ada\u2028Bcc: victim@example.org", "one line"),
        ("name", "Ada\x00", "Null characters"),
        ("name", "A" * 121, "120"),
        ("email", "ada", "not an e-mail address"),
        ("email", "ada@example.org\nBcc: victim@example.org", "invisible character"),
        ("email", "ada@example.org, victim@example.org", "not an e-mail address"),
        ("email", "ada@exa\u200bmple.org", "invisible character"),
        ("email", "ada@-example.org", "not an e-mail address"),
        ("email", "ada@example..org", "not an e-mail address"),
        ("email", "a" * 250 + "@example.org", "too long"),
        ("message", "", "required"),
        ("message", "  \r\n ", "required"),
        ("message", "a\x00b", "Null characters"),
        ("message", "a\x08b", "control characters"),
        ("message", "x" * 102_400, "102,400 characters; 4,000 are allowed"),
        ("consent", "", "We need your consent"),
    ],
)
def test_bad_input_gets_a_clear_message_and_nothing_is_lost(client, ask_url, typed, field, value, message):
    page = client.post(ask_url, typed | {"phone": "+49 89 99998 101"} | {field: value})
    assert page.status_code == 400
    assert message in unescape(text_of(page))
    assert not Enquiry.objects.exists()
    kept = {
        "name": "Ada Lovelace",
        "email": "ada@example.org",
        "phone": "+49 89 99998 101",
        "message": typed["message"],
    }
    for name, expected in (kept | ({field: value} if field != "consent" else {})).items():
        assert value_of(page, name).split() == expected.replace("\x00", "\x00").split(), name
    assert client.post(ask_url, typed).status_code == 302


@pytest.mark.parametrize(
    ("phone", "stored"),
    [
        ("+49 89 1234567", "+49891234567"),
        ("089 1234567", "+49891234567"),
        ("(089) 12 34 567", "+49891234567"),
        ("089/1234567-0", "+498912345670"),
        ("+49 (0)89 1234567", "+49891234567"),
        ("+٤٩ ٨٩ ١٢٣٤٥٦٧", "+49891234567"),
        ("＋４９ ８９ １２３４５６７", "+49891234567"),
        ("tel:+49-89-1234567", "+49891234567"),
        ("0049 (89) 123-45.67", "+49891234567"),
        ("  +1  212 555 0143 ext. 12 ", "+12125550143;ext=12"),
        ("+1 (212) 555-0143 x12", "+12125550143;ext=12"),
        ("+442079460103", "+442079460103"),
        ("", ""),
    ],
)
def test_plausible_numbers_pass_as_people_write_them(client, ask_url, typed, phone, stored):
    client.post(ask_url, typed | {"phone": phone})
    assert Enquiry.objects.get().phone == stored


def test_script_tags_are_stored_as_text_and_shown_as_text(client, user, ask_url, typed):
    client.force_login(user)
    answer = client.post(ask_url, typed | {"name": HOSTILE, "message": HOSTILE})
    enquiry = Enquiry.objects.get()
    assert (enquiry.name, enquiry.message) == (HOSTILE, HOSTILE)
    enquiry.dealer.staff.add(user)
    for url in (answer.url, "/enquiries/", "/leads/", f"/leads/{enquiry.pk}/"):
        text = text_of(client.get(url))
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


def test_four_thousand_characters_with_line_ends_fit(client, ask_url, typed):
    """A browser counts a line end as one character and sends it as two."""
    message = "line\r\n" * 799 + "fin"
    assert client.post(ask_url, typed | {"message": message}).status_code == 302
    assert len(Enquiry.objects.get().message) <= 4000 < len(message)


class TestSpam:
    """What keeps robots out."""

    def test_the_trap_refuses_and_keeps_the_text(self, client, ask_url, typed):
        page = client.post(ask_url, typed | {"homepage": "https://spam.example"})
        assert page.status_code == 400
        assert "only robots" in text_of(page)
        assert value_of(page, "homepage") == ""
        assert value_of(page, "name") == "Ada Lovelace"
        assert not Enquiry.objects.exists()

    def test_a_form_that_came_filled_in_may_be_sent_at_once(self, client, ask_url, typed):
        token = value_of(client.get(ask_url), "token")
        assert client.post(ask_url, typed | {"token": token}).status_code == 302

    @pytest.mark.parametrize("token", ["", "invented", "a:b:c"])
    def test_a_missing_or_invented_token_is_refused_and_replaced(self, client, ask_url, typed, token):
        page = client.post(ask_url, typed | {"token": token})
        assert page.status_code == 400
        assert value_of(page, "token") not in ("", token)
        assert value_of(page, "name") == "Ada Lovelace"

    def test_a_page_open_for_days_gets_a_new_token_and_keeps_the_text(self, client, ask_url, typed):
        with time_machine.travel(timezone.now() - timezone.timedelta(seconds=MAX_SECONDS + 60)):
            old = form_token()
        page = client.post(ask_url, typed | {"token": old})
        assert page.status_code == 400
        assert value_of(page, "token") != old
        assert value_of(page, "name") == "Ada Lovelace"

    def test_without_a_csrf_token_nothing_is_taken(self, ask_url, typed):
        assert Client(enforce_csrf_checks=True).post(ask_url, typed).status_code == 403
        assert not Enquiry.objects.exists()


class TestTwice:
    """Double clicks and resent pages."""

    def test_the_same_form_again_is_one_enquiry(
        self, client, ask_url, typed, woken, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            first = client.post(ask_url, typed)
            second = client.post(ask_url, typed)
        assert first.url == second.url
        assert Enquiry.objects.count() == 1
        assert len(woken) == 2

    def test_the_same_form_with_other_words_is_not_swallowed(self, client, ask_url, typed):
        client.post(ask_url, typed)
        client.post(ask_url, typed | {"message": "And does it have a tow bar?"})
        assert Enquiry.objects.count() == 2

    def test_at_the_limit_a_double_click_still_leads_to_the_enquiry(
        self, client, ask_url, typed, settings, rates
    ):
        rates(enquiry="1/hour")
        assert client.post(ask_url, typed).status_code == 302
        assert client.post(ask_url, typed).status_code == 302
        assert client.post(ask_url, typed | {"message": "Another"}).status_code == 429


def test_past_the_limit_the_page_says_when_to_come_back_and_keeps_the_text(client, ask_url, typed):
    # One journey: between two of them the counters' clean-up would see today's time and forget all acts.
    with time_machine.travel("2026-03-01T12:15:00Z", tick=False) as clock:
        typed["token"] = form_token()
        for number in range(10):
            clock.move_to(f"2026-03-01T12:{20 + number}:00Z")
            assert client.post(ask_url, typed | {"message": f"{number}"}).status_code == 302
        clock.move_to("2026-03-01T12:40:00Z")
        page = client.post(ask_url, typed | {"message": "One too many"})
        assert page.status_code == 429
        assert page["Retry-After"] == "2400"
        assert "in 40 minutes" in text_of(page)
        assert value_of(page, "message") == "One too many"
        assert Enquiry.objects.count() == 10
        clock.move_to("2026-03-01T13:19:59Z")
        assert client.post(ask_url, typed | {"message": "One too many"}).status_code == 429
        clock.move_to("2026-03-01T13:20:01Z")
        assert client.post(ask_url, typed | {"message": "One too many"}).status_code == 302


def test_what_was_refused_for_its_content_does_not_count(client, ask_url, typed, rates):
    rates(enquiry="1/hour")
    for _ in range(3):
        assert client.post(ask_url, typed | {"phone": "1"}).status_code == 400
    assert client.post(ask_url, typed).status_code == 302
