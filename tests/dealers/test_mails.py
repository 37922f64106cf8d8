"""The two letters of an enquiry: what they say, that each leaves once, and that none is lost."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery.exceptions import Retry
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from dealers import services, tasks
from dealers.exceptions import MailFailed
from dealers.models import Enquiry

HOSTILE = "<script>alert(1)</script> & “quotes”"


class Refusing(EmailBackend):
    """A mail server that fails for chosen recipients, `failures` times."""

    recipient = "isarcars@example.org"
    error: Exception = smtplib.SMTPServerDisconnected("gone")
    failures = 0

    def send_messages(self, messages: Any) -> int:
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
    """Runs the task as a worker does, so that its retry is one."""
    task = tasks.send_enquiry_mails
    task.push_request(id="1", args=[str(enquiry.pk)], kwargs={}, called_directly=False, retries=0)
    try:
        task.run(str(enquiry.pk))
    finally:
        task.pop_request()


def to(address):
    return [message for message in mail.outbox if address in message.to[0]]


def test_the_dealer_learns_who_asks_what_about_which_car(enquiry, settings):
    settings.SITE_URL = "https://cars.example.org"
    send(enquiry)
    (letter,) = to("isarcars@example.org")
    assert letter.subject == "Ada Lovelace asks about the Audi A5 Coupe 2012"
    assert letter.reply_to == ["Ada Lovelace <ada@example.org>"]
    for part in (letter.body, letter.alternatives[0].content):
        for told in (
            "Is it still there?",
            "Audi A5 Coupe 2012, 75% sure",
            "+44 20 7946 0103",
            "ada@example.org",
        ):
            assert told in part
        assert f"https://cars.example.org/leads/{enquiry.pk}/?key=" in part
        assert f"https://cars.example.org{enquiry.variant.get_absolute_url()}" in part


def test_the_visitor_gets_a_copy_without_the_dealers_link(enquiry):
    send(enquiry)
    (copy,) = to("ada@example.org")
    assert "Is it still there?" in copy.body
    assert copy.reply_to == ["Isarcars <isarcars@example.org>"]
    assert "/leads/" not in copy.body + copy.alternatives[0].content
    assert f"/enquiries/{enquiry.pk}/" in copy.body


def test_hostile_words_stay_words(letter):
    enquiry, _ = services.enquiry_create(**letter | {"message": HOSTILE, "name": "<b>Bobby</b>"})
    send(enquiry)
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert HOSTILE in sent.body
        html = sent.alternatives[0].content
        assert "<script" not in html
        assert "<b>Bobby" not in html
        assert "&lt;script&gt;" in html


def test_line_ends_in_a_name_add_no_header(letter):
    """The forms refuse them; should one get in by another way, the letter still leaves, with one line."""
    name = "Ada\r\nBcc: victim@example.org"
    enquiry, _ = services.enquiry_create(**letter | {"name": name})
    send(enquiry)
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert sent.recipients() == sent.to
        assert "Bcc" not in sent.message()


def test_each_letter_leaves_once_however_often_the_task_runs(enquiry):
    for _ in range(3):
        send(enquiry)
    assert len(mail.outbox) == 2
    enquiry.refresh_from_db()
    assert enquiry.dealer_mailed
    assert enquiry.visitor_mailed


def test_while_one_sender_holds_an_enquiry_another_sends_nothing(enquiry):
    assert services._claimed(enquiry.pk) is not None
    send(enquiry)
    assert mail.outbox == []


def test_a_sender_that_died_is_followed_by_another_after_its_lease(enquiry):
    services._claimed(enquiry.pk)
    with time_machine.travel(timezone.now() + services.MAIL_LEASE + timedelta(seconds=1)):
        send(enquiry)
    assert len(mail.outbox) == 2


def test_a_letter_sent_again_after_a_crash_carries_the_same_message_id(enquiry):
    """The honest limit: a process that dies between the mail server's yes and our note of it sends twice."""
    send(enquiry)
    Enquiry.objects.filter(pk=enquiry.pk).update(dealer_mailed=None, mail_due=timezone.now())
    send(enquiry)
    first, second = to("isarcars@example.org")
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert len(to("ada@example.org")) == 1


@pytest.mark.parametrize(
    "error", [smtplib.SMTPServerDisconnected("x"), ConnectionRefusedError(), TimeoutError()]
)
def test_a_failing_mail_server_is_tried_again_and_the_other_letter_leaves_meanwhile(enquiry, refusing, error):
    refusing.error = error
    with pytest.raises(Retry) as caught:
        send(enquiry)
    assert caught.value.when == services.MAIL_BACKOFF_SECONDS
    assert len(to("ada@example.org")) == 1
    assert to("isarcars@example.org") == []
    with time_machine.travel(timezone.now() + timedelta(seconds=services.MAIL_BACKOFF_SECONDS + 1)):
        send(enquiry)
    assert len(to("isarcars@example.org")) == 1
    assert len(to("ada@example.org")) == 1


def test_waits_grow_and_long_ones_are_left_to_the_sweeper(enquiry, refusing):
    refusing.failures = 99
    waits = []
    now = timezone.now()
    for _ in range(services.MAIL_ATTEMPTS):
        with time_machine.travel(now), pytest.raises(MailFailed) as caught:
            services.enquiry_mail(enquiry_id=enquiry.pk)
        waits.append(caught.value.retry_after)
        now += timedelta(seconds=caught.value.retry_after + 1)
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == services.MAIL_BACKOFF_MAX_SECONDS
    assert sum(waits[:-1]) > 12 * 3600
    with time_machine.travel(now):
        assert services.mails_sweep() == 0


def test_another_error_is_not_a_mail_servers_and_is_not_retried(enquiry, refusing):
    refusing.error = ValueError("a defect")
    with pytest.raises(ValueError, match="defect"):
        send(enquiry)
    assert mail.outbox == []


def test_a_missing_enquiry_ends_quietly(db):
    tasks.send_enquiry_mails.run("11111111-1111-4111-8111-111111111111")
    assert mail.outbox == []


def test_no_letter_is_sent_to_an_erased_person(enquiry, user):
    user.delete()
    send(enquiry)
    assert mail.outbox == []


def test_the_sweeper_rings_only_for_what_waits_too_long(
    enquiry, letter, bells, django_capture_on_commit_callbacks
):
    sent, _ = services.enquiry_create(**letter | {"nonce": "sent"})
    send(sent)

    def sweep():
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep_mails.run()
        swept, bells[:] = list(bells), []
        return swept

    bells.clear()
    assert sweep() == []
    with time_machine.travel(timezone.now() + services.SWEEP_PATIENCE + timedelta(seconds=1)):
        assert sweep() == [str(enquiry.pk)]
        services._claimed(enquiry.pk)
        assert sweep() == []


def test_the_sweeper_takes_a_batch_at_a_time(letter, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(services, "SWEEP_BATCH", 2)
    for number in range(3):
        services.enquiry_create(**letter | {"nonce": str(number)})
    with time_machine.travel(timezone.now() + timedelta(minutes=5)), django_assert_max_num_queries(1):
        assert services.mails_sweep() == 2


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_away_the_enquiry_is_stored_and_the_visitor_told(ask_url, typed, monkeypatch):
    def away(*args: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr("dealers.tasks.send_enquiry_mails.delay", away)
    client = Client()
    page = client.post(ask_url, typed, follow=True)
    assert page.status_code == 200
    enquiry = Enquiry.objects.get()
    assert "Your enquiry is stored" in page.content.decode()
    assert "we keep trying" in page.content.decode()
    send(enquiry)
    assert "The e-mail to the dealer left on" in client.get(enquiry.get_absolute_url()).content.decode()


def test_logs_name_nobody(enquiry, refusing, caplog):
    refusing.error = smtplib.SMTPRecipientsRefused({"isarcars@example.org": (550, b"no such user")})
    with pytest.raises(Retry):
        send(enquiry)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "example.org" not in caplog.text
