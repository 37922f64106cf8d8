"""The two e-mails of an enquiry: what they say, that each leaves once, and that none is lost."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from core import mail as core_mail
from core.models import OutgoingEmail
from dealers import mails, services, tasks
from dealers.figures import figures
from dealers.models import Enquiry
from dealers.spam import form_token
from tests.carsite.admin_rows import act

HOSTILE = "<script>alert(1)</script> & “quotes”"


class Refusing(EmailBackend):
    """A mail server that fails for chosen recipients, `failures` times."""

    recipient = "isarcars@example.org"
    error: Exception = smtplib.SMTPServerDisconnected("gone")
    failures = 0

    def send_messages(self, messages: list[EmailMessage]) -> int:
        for message in messages:
            if Refusing.failures and Refusing.recipient in message.to[0]:
                Refusing.failures -= 1
                raise Refusing.error
        return super().send_messages(messages)


@pytest.fixture
def refusing(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.failures = 1
    Refusing.error = smtplib.SMTPServerDisconnected("gone")
    yield Refusing
    Refusing.failures = 0


def send(enquiry):
    """As a worker does that was woken for an enquiry's e-mails."""
    tasks.send_enquiry_mails(str(enquiry.pk))
    enquiry.refresh_from_db()


def to(address):
    return [message for message in mail.outbox if address in message.to[0]]


def test_the_dealer_learns_who_asks_what_about_which_car(enquiry, settings):
    settings.SITE_URL = "https://cars.example.org"
    mails.enquiry_mails_queue(enquiry=enquiry)
    send(enquiry)
    (sent,) = to("isarcars@example.org")
    assert sent.subject == "Ada Lovelace asks about the Audi A5 Coupe 2012"
    assert sent.reply_to == ["Ada Lovelace <ada@example.org>"]
    for part in (sent.body, sent.alternatives[0].content):
        for told in (
            "Is it still there?",
            "Audi A5 Coupe 2012, 75% sure",
            "+44 20 7946 0103",
            "ada@example.org",
        ):
            assert told in part
        assert f"https://cars.example.org/leads/{enquiry.pk}/?key=" in part
        assert f"https://cars.example.org{enquiry.variant.get_absolute_url()}" in part


@pytest.fixture
def confirmed(user):
    """The visitor's account has confirmed its address."""
    return EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def test_the_visitor_gets_a_copy_without_the_dealers_link(confirmed, enquiry):
    send(enquiry)
    (copy,) = to("ada@example.org")
    assert "Is it still there?" in copy.body
    assert copy.reply_to == ["Isarcars <isarcars@example.org>"]
    assert "/leads/" not in copy.body + copy.alternatives[0].content
    assert f"/enquiries/{enquiry.pk}/" in copy.body


def test_a_stranger_gets_nothing_of_what_was_typed(asked, user, other_user, confirmed, variant):
    """A guest's address, and one that is not the account's own, may be anybody's."""
    typed = {"message": "Buy at https://pills.example now!", "name": "Win at https://spam.example"}
    for sender, email in (
        (None, "ada@example.org"),
        (user, "victim@example.org"),
        (other_user, "ada@example.org"),
    ):
        enquiry, _ = services.enquiry_create(**asked | typed | {"email": email, "nonce": email}, user=sender)
        mail.outbox.clear()
        send(enquiry)
        (request,) = to(email)
        whole = request.message().as_string() + request.body + request.alternatives[0].content
        assert "pills" not in whole
        assert "spam.example" not in whole
        assert "confirm" in request.subject
        assert f"/enquiries/{enquiry.pk}/?key=" in request.body
        assert "pills.example" in to("isarcars@example.org")[0].body


def test_the_link_in_the_request_confirms_the_address(asked, seller):
    enquiry, _ = services.enquiry_create(**asked)
    send(enquiry)
    leads = Client()
    leads.force_login(seller)
    assert "has not confirmed yet" in leads.get(f"/leads/{enquiry.pk}/").content.decode()
    key = to("ada@example.org")[0].body.partition("?key=")[2].split()[0]
    sender = Client()
    page = sender.get(f"/enquiries/{enquiry.pk}/?key={key}", follow=True).content.decode()
    assert "Is it still there?" in page
    assert "Yes, confirm my address" in page
    enquiry.refresh_from_db()
    assert not enquiry.email_confirmed, "a mail filter that opens links confirms nothing"
    page = sender.post(f"/enquiries/{enquiry.pk}/confirm/", follow=True).content.decode()
    assert "ada@example.org is confirmed" in page
    assert "Yes, confirm my address" not in page
    enquiry.refresh_from_db()
    assert enquiry.email_confirmed
    assert "has not confirmed yet" not in leads.get(f"/leads/{enquiry.pk}/").content.decode()


def test_who_only_sent_the_enquiry_cannot_confirm_its_address(client, dealer, typed):
    """The page right after sending is open to whoever sent it, and the address may be another's."""
    page = client.post(f"/dealers/{dealer.slug}/enquire/", typed, follow=True)
    enquiry = Enquiry.objects.get()
    assert "Your enquiry to" in page.content.decode()
    assert "Yes, confirm my address" not in page.content.decode()
    assert client.post(f"/enquiries/{enquiry.pk}/confirm/").status_code == 404
    enquiry.refresh_from_db()
    assert not enquiry.email_confirmed


def test_hostile_words_stay_words(asked, user, confirmed):
    typed = {"message": HOSTILE, "name": "<b>Bobby</b>"}
    enquiry, _ = services.enquiry_create(**asked | typed, user=user)
    send(enquiry)
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert HOSTILE in sent.body
        html = sent.alternatives[0].content
        assert "<script" not in html
        assert "<b>Bobby" not in html
        assert "&lt;script&gt;" in html


def test_line_ends_in_a_name_add_no_header(asked):
    """The forms refuse them; should one get in by another way, the e-mail still leaves, with one line."""
    name = "Ada\r\nBcc: victim@example.org"
    enquiry, _ = services.enquiry_create(**asked | {"name": name})
    send(enquiry)
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert sent.recipients() == sent.to
        assert "Bcc" not in sent.message()


def test_each_e_mail_leaves_once_however_often_the_task_runs(enquiry):
    for _ in range(3):
        send(enquiry)
    assert len(mail.outbox) == 2
    assert enquiry.dealer_mailed
    assert enquiry.visitor_mailed
    assert not OutgoingEmail.objects.exists()


def test_a_failing_mail_server_is_tried_again_and_the_other_e_mail_leaves_meanwhile(enquiry, refusing):
    send(enquiry)
    assert enquiry.dealer_mailed is None
    assert enquiry.visitor_mailed
    assert (len(to("ada@example.org")), len(to("isarcars@example.org"))) == (1, 0)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        send(enquiry)
    assert enquiry.dealer_mailed
    assert (len(to("ada@example.org")), len(to("isarcars@example.org"))) == (1, 1)


def test_the_dealers_e_mail_is_tried_for_some_twenty_hours(enquiry, refusing):
    refusing.failures = 99
    start = now = timezone.now()
    row = OutgoingEmail.objects.get(pk=enquiry.mail_to_dealer_id)
    waits = []
    while row.status == OutgoingEmail.Status.WAITING:
        with time_machine.travel(now, tick=False):
            send(enquiry)
        row.refresh_from_db()
        waits.append((row.due - now).total_seconds())
        end, now = now, row.due
    assert [round(wait) for wait in waits[:4]] == [60, 120, 240, 480]
    assert max(waits) <= 6 * 3600
    assert timedelta(hours=20) < end - start < timedelta(hours=21)


def test_an_address_that_is_refused_for_good_is_told_to_staff_and_mailed_again_when_it_changes(
    enquiry, refusing, client, admin_user
):
    refusing.error = smtplib.SMTPRecipientsRefused({"isarcars@example.org": (550, b"no such user")})
    send(enquiry)
    client.force_login(admin_user)
    page = client.get(f"/admin/dealers/enquiry/{enquiry.pk}/change/").content.decode()
    assert "550 no such user" in page
    dealer = enquiry.dealer
    dealer.email = "sales@isarcars.example"
    dealer.save()
    mails.enquiry_mails_queue(enquiry=enquiry)
    send(enquiry)
    (sent,) = to("sales@isarcars.example")
    key = sent.body.partition("?key=")[2].split()[0]
    assert client.get(f"/leads/{enquiry.pk}/?key={key}").status_code == 302
    assert len(to("ada@example.org")) == 1, "what has left is not sent again"


def test_written_anew_it_has_the_same_message_id(enquiry):
    before = enquiry.mail_to_dealer.headers
    mails.enquiry_mails_queue(enquiry=enquiry)
    enquiry.refresh_from_db()
    assert enquiry.mail_to_dealer.headers == before
    assert OutgoingEmail.objects.count() == 2


def test_a_missing_enquiry_ends_quietly(db):
    tasks.send_enquiry_mails("11111111-1111-4111-8111-111111111111")
    assert mail.outbox == []


def test_nothing_is_sent_to_an_erased_person(enquiry, user):
    user.delete()
    send(enquiry)
    assert mail.outbox == []
    assert not OutgoingEmail.objects.exists()


def test_nothing_is_sent_about_a_deleted_enquiry(enquiry):
    services.enquiries_delete(enquiries=Enquiry.objects.all())
    assert not OutgoingEmail.objects.exists()


def test_figures_say_what_became_of_the_e_mails(asked, refusing):
    def states():
        counted = (one for one in figures() if one.name == "carsite_enquiries")
        return {one.labels["mails"]: one.value for one in counted if one.value}

    waiting, failing, lost, mailed = (
        services.enquiry_create(**asked | {"nonce": str(number)})[0] for number in range(4)
    )
    assert states() == {"waiting": 4}
    send(failing)
    send(mailed)
    assert states() == {"waiting": 2, "failing": 1, "mailed": 1}
    OutgoingEmail.objects.filter(pk=lost.mail_to_visitor_id).update(status="undeliverable")
    assert states() == {"waiting": 1, "failing": 1, "mailed": 1, "given up": 1}
    OutgoingEmail.objects.filter(pk=waiting.mail_to_dealer_id).delete()
    assert states() == {"failing": 1, "mailed": 1, "given up": 2}


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_away_the_enquiry_is_stored_and_the_visitor_told(ask_url, typed, monkeypatch):
    def away(*args: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr("core.tasks.send_email.delay", away)
    client = Client()
    page = client.post(ask_url, typed, follow=True)
    assert page.status_code == 200
    enquiry = Enquiry.objects.get()
    assert "We have received your enquiry" in page.content.decode()
    assert "we keep trying" in page.content.decode()
    send(enquiry)
    assert "The e-mail to the dealer was sent on" in client.get(enquiry.get_absolute_url()).content.decode()


def test_logs_name_no_one(enquiry, refusing, caplog):
    refusing.error = smtplib.SMTPRecipientsRefused({"isarcars@example.org": (550, b"no such user")})
    send(enquiry)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "example.org" not in caplog.text


def test_what_has_not_left_follows_the_dealer_to_another_address(enquiry, admin_client):
    dealer = enquiry.dealer
    path = f"/admin/dealers/dealer/{dealer.pk}/change/"
    form = admin_client.get(path).context["adminform"].form
    values = {name: "" if value is None else value for name, value in form.initial.items()}
    values |= {
        "email": "sales@isarcars.example",
        "makes": [make.pk for make in dealer.makes.all()],
        "staff": [person.pk for person in dealer.staff.all()],
    }
    assert admin_client.post(path, values).status_code == 302
    enquiry.refresh_from_db()
    assert enquiry.mail_to_dealer.to == "sales@isarcars.example"


def test_staff_have_the_e_mails_of_an_enquiry_sent_again(enquiry, admin_client):
    OutgoingEmail.objects.all().delete()
    page = act(admin_client, "mail_again", enquiry).content.decode()
    assert "2 e-mails will be sent." in page
    send(enquiry)
    assert len(mail.outbox) == 2


# --- What is given up ---------------------------------------------------------------------------------------
def test_everybody_is_told_of_an_e_mail_that_is_given_up(asked, seller, refusing, caplog):
    asked["dealer"].phone = "+498999998101"
    asked["dealer"].save()
    enquiry, _ = services.enquiry_create(**asked)
    refusing.error = smtplib.SMTPRecipientsRefused({"isarcars@example.org": (550, b"no such user")})
    send(enquiry)
    visitor, dealer = Client(), Client()
    key = to("ada@example.org")[0].body.partition("?key=")[2].split()[0]
    page = visitor.get(f"/enquiries/{enquiry.pk}/?key={key}", follow=True).content.decode()
    assert "could not send the e-mail to the dealer" in page
    assert "089 99998101" in page
    dealer.force_login(seller)
    assert (
        "could not be delivered to isarcars@example.org"
        in dealer.get(f"/leads/{enquiry.pk}/").content.decode()
    )
    assert f"the e-mail of enquiry {enquiry.pk} to the dealer is given up" in caplog.text
    states = {one.labels["mails"]: one.value for one in figures() if one.name == "carsite_enquiries"}
    assert states["given up"] == 1


def test_a_copy_that_is_given_up_is_told_to_both(user, confirmed, enquiry, seller, refusing):
    refusing.recipient = "ada@example.org"
    refusing.error = smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user")})
    send(enquiry)
    refusing.recipient = "isarcars@example.org"
    visitor, dealer = Client(), Client()
    visitor.force_login(user)
    dealer.force_login(seller)
    assert "could not be delivered" in visitor.get(enquiry.get_absolute_url()).content.decode()
    assert "takes no e-mail" in dealer.get(f"/leads/{enquiry.pk}/").content.decode()
    told = visitor.get(f"/api/v1/enquiries/{enquiry.pk}/").json()
    assert (told["dealer_mail"], told["visitor_mail"]) == ("sent", "given up")


def test_one_that_no_worker_took_in_time_is_told_as_well(asked, caplog):
    enquiry, _ = services.enquiry_create(**asked)
    with time_machine.travel(timezone.now() + timedelta(hours=22)):
        core_mail.sweep()
    assert f"the e-mail of enquiry {enquiry.pk} to the dealer is given up" in caplog.text
    assert Enquiry.objects.with_names().get(pk=enquiry.pk).dealer_mail == "given up"


# --- Ceilings -----------------------------------------------------------------------------------------------
def test_a_dealer_takes_so_many_enquiries_a_day_and_staff_are_told_once(
    client, ask_url, typed, settings, dealer, make_dealer, staff_user, rates
):
    settings.ENQUIRIES_PER_DEALER_DAY = 2
    rates(enquiry="99/hour")
    for number in range(2):
        assert (
            client.post(
                ask_url, typed | {"email": f"a{number}@example.org", "token": form_token()}
            ).status_code
            == 302
        )
    for number in range(3):
        page = client.post(ask_url, typed | {"email": f"b{number}@example.org", "token": form_token()})
        assert page.status_code == 429
        assert "is it still there?" in page.content.decode(), "what was typed stays"
        assert 0 < int(page["Retry-After"]) <= 86401
    (told,) = OutgoingEmail.objects.filter(purpose="notice")
    assert told.to == staff_user.email
    assert "2 enquiries to Isarcars" in told.body
    refused = {one.labels["of"]: one.value for one in figures() if one.name == "carsite_enquiries_refused"}
    assert refused == {"site": 0, "dealers": 1}
    client.force_login(staff_user)
    assert "No more enquiries to Isarcars for now" in client.get("/admin/dealers/enquiry/").content.decode()
    other = make_dealer("Spreecars", "Berlin DE")
    assert client.post(f"/dealers/{other.slug}/enquire/", typed).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=2)):
        assert client.post(ask_url, typed | {"token": form_token()}).status_code == 302


def test_the_site_has_a_ceiling_too(client, ask_url, typed, settings, make_dealer):
    settings.ENQUIRIES_PER_DAY = 1
    assert client.post(ask_url, typed).status_code == 302
    other = make_dealer("Spreecars", "Berlin DE")
    refused = client.post(f"/dealers/{other.slug}/enquire/", typed | {"token": form_token()})
    assert refused.status_code == 429
    assert {one.labels["of"]: one.value for one in figures() if one.name == "carsite_enquiries_refused"}[
        "site"
    ] == 1
