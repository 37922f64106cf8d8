"""The outbox: an e-mail leaves once, however often tried; none is lost; no error of mail escapes."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.mail import BadHeaderError
from django.core.mail.backends.locmem import EmailBackend
from django.dispatch import receiver
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from core import mail, tasks
from core.models import OutgoingEmail

pytestmark = pytest.mark.django_db

Status = OutgoingEmail.Status
REFUSED = smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"5.1.1 <ada@example.org> unknown")})
BUSY = smtplib.SMTPRecipientsRefused({"ada@example.org": (451, b"4.7.1 greylisted")})


class Backend(EmailBackend):
    """A mail server that raises `error`, as long as there is one."""

    error: Exception | None = None

    def send_messages(self, messages: Any) -> int:
        if Backend.error:
            raise Backend.error
        return super().send_messages(messages)


@pytest.fixture
def failing(settings: Settings) -> Any:
    """Has every attempt fail with the given error; None ends that."""
    settings.EMAIL_BACKEND = f"{__name__}.Backend"

    def fail(error: Exception | None) -> None:
        Backend.error = error

    yield fail
    Backend.error = None


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The e-mails for which a worker was woken."""
    ids: list[int] = []
    monkeypatch.setattr(tasks.send_email, "delay", ids.append)
    return ids


@pytest.fixture
def email() -> OutgoingEmail:
    return mail.queue(to="ada@example.org", subject="A subject", body="A body\n")


@pytest.fixture
def swept(
    woken: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Callable[[], list[int]]:
    """Runs the sweeper; returns for which e-mails it woke a worker."""

    def sweep() -> list[int]:
        woken.clear()
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep_outbox()
        return list(woken)

    return sweep


def after(**time: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=False)


# --- Leaving ------------------------------------------------------------------------------------------------
def test_e_mail_leaves_once(email: OutgoingEmail) -> None:
    tasks.send_email(email.pk)
    tasks.send_email(email.pk)
    assert [(m.to, m.subject, m.body) for m in django_mail.outbox] == [
        (["ada@example.org"], "A subject", "A body\n")
    ]
    assert not OutgoingEmail.objects.exists()


def test_everything_about_an_e_mail_is_kept() -> None:
    email = mail.queue(
        to="ada@münchen.example",
        to_name="Ada\r\nBcc: victim@example.org",
        reply_to="grace@example.org",
        reply_to_name="Grace Höpper",
        subject="Two\nlines " + 300 * "x",
        body="plain",
        html="<p>rich</p>",
        headers={"Message-ID": "<1@example.org>"},
    )
    assert mail.send(email_id=email.pk)
    (message,) = django_mail.outbox
    text = message.message().as_string()
    assert "xn--mnchen-3ya.example" in text
    assert "\nBcc:" not in text
    assert message.alternatives[0].content == "<p>rich</p>"
    assert message.extra_headers["Message-ID"] == "<1@example.org>"
    assert message.subject.startswith("Two lines xxx")
    assert len(message.subject) == 255
    assert "Reply-To: =?utf-8?" in text


def test_e_mail_that_a_worker_is_sending_is_left_alone(email: OutgoingEmail) -> None:
    assert OutgoingEmail.objects.claim(email.pk, timezone.now())
    assert mail.send(email_id=email.pk) is False
    assert not django_mail.outbox


def test_sender_that_died_is_followed_by_another_after_its_lease(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.claim(email.pk, timezone.now())
    with after(seconds=OutgoingEmail.LEASE.total_seconds() + 1):
        assert mail.send(email_id=email.pk)
    assert len(django_mail.outbox) == 1


def test_e_mail_sent_again_after_a_crash_carries_the_same_message_id(
    email: OutgoingEmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The honest limit: a process that dies between the mail server's yes and our note of it sends twice."""

    def die(self: OutgoingEmail) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(OutgoingEmail, "delete", die)
        with pytest.raises(KeyboardInterrupt):
            mail.send(email_id=email.pk)
    with after(minutes=3):
        mail.send(email_id=email.pk)
    first, second = django_mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_receivers_are_told_of_what_left(email: OutgoingEmail) -> None:
    told = []

    @receiver(mail.email_left)
    def listen(email: OutgoingEmail, **_: object) -> None:
        told.append(email.pk)

    @receiver(mail.email_left)
    def fail(**_: object) -> None:
        raise RuntimeError

    pk = email.pk
    try:
        assert mail.send(email_id=pk)
    finally:
        mail.email_left.disconnect(listen)
        mail.email_left.disconnect(fail)
    assert told == [pk]
    assert not OutgoingEmail.objects.exists(), "a listener that fails has nothing sent twice"


# --- Failing ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPSenderRefused(550, b"relay denied", "site@example.org"),
        smtplib.SMTPAuthenticationError(535, b"bad password"),
        smtplib.SMTPDataError(451, b"try later"),
        BUSY,
        ConnectionRefusedError(),
        TimeoutError(),
        ssl.SSLCertVerificationError("certificate has expired"),
        RuntimeError("a defect of a mail backend"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_waited_for(email: OutgoingEmail, failing: Any, error: Exception) -> None:
    failing(error)
    assert mail.send(email_id=email.pk) is False
    email.refresh_from_db()
    assert (email.status, email.attempts) == (Status.WAITING, 1)
    assert email.problem.startswith(type(error).__name__)
    failing(None)
    with after(minutes=2):
        assert mail.send(email_id=email.pk)


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        smtplib.SMTPDataError(554, b"refused"),
        UnicodeEncodeError("ascii", "ä", 0, 1, "no"),
        BadHeaderError("newlines"),
        ValueError("a bad address"),
        TypeError("no text"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_will_never_pass_is_not_tried_for_hours(
    email: OutgoingEmail, failing: Any, error: Exception, swept: Any
) -> None:
    failing(error)
    assert mail.send(email_id=email.pk) is False
    email.refresh_from_db()
    assert email.status == Status.UNDELIVERABLE
    assert email.problem.startswith(type(error).__name__)
    failing(None)
    with after(minutes=30):
        assert swept() == []
        assert mail.send(email_id=email.pk) is False


def test_recipient_that_cannot_be_written_is_undeliverable() -> None:
    email = mail.queue(to="ada@-.example", subject="", body="")
    assert mail.send(email_id=email.pk) is False
    email.refresh_from_db()
    assert email.status == Status.UNDELIVERABLE


def test_server_that_takes_nothing_has_not_taken_it(email: OutgoingEmail, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.base.BaseEmailBackend"
    assert mail.send(email_id=email.pk) is False
    assert OutgoingEmail.objects.get().attempts == 1


def test_neither_log_nor_admin_repeats_an_address(
    email: OutgoingEmail, failing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failing(REFUSED)
    mail.send(email_id=email.pk)
    email.refresh_from_db()
    assert "SMTPRecipientsRefused" in caplog.text
    assert "550 5.1.1" in email.problem
    assert "example.org" not in caplog.text + email.problem


@pytest.mark.parametrize(
    ("lifetime", "first", "longest", "span"),
    [
        (timedelta(hours=1), [60, 120, 240, 480, 960], timedelta(minutes=18), timedelta(minutes=55)),
        (timedelta(hours=21), [60, 120, 240, 480, 960], timedelta(hours=6), timedelta(hours=20)),
    ],
)
def test_waits_grow_until_the_e_mail_is_of_no_use(
    failing: Any, lifetime: timedelta, first: list[int], longest: timedelta, span: timedelta
) -> None:
    failing(TimeoutError())
    start = now = timezone.now()
    waits = []
    with time_machine.travel(now, tick=False) as clock:
        email = mail.queue(to="ada@example.org", subject="", body="", lifetime=lifetime)
        while True:
            mail.send(email_id=email.pk)
            email.refresh_from_db()
            if email.status == Status.UNDELIVERABLE:
                break
            waits.append(email.due - now)
            now = email.due
            clock.move_to(now)
    assert [wait.total_seconds() for wait in waits[:5]] == first
    assert max(waits) <= longest
    assert span < now - start < lifetime


# --- The sweeper --------------------------------------------------------------------------------------------
def test_sweeper_wakes_for_what_waits_too_long_and_not_for_what_is_being_sent(
    email: OutgoingEmail, swept: Any
) -> None:
    assert swept() == [], "its message is on its way"
    with after(minutes=2):
        claimed = mail.queue(to="c@example.org", subject="claimed", body="")
        OutgoingEmail.objects.claim(claimed.pk, timezone.now())
        assert swept() == [email.pk]


def test_sweeper_ends_what_is_too_old_and_later_forgets_it(
    email: OutgoingEmail, swept: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with after(minutes=61):
        assert swept() == []
        assert "1 e-mails are undeliverable" in caplog.text
        email.refresh_from_db()
        assert (email.status, email.problem) == (Status.UNDELIVERABLE, "No worker tried to send it in time.")
    with after(days=6):
        swept()
        assert OutgoingEmail.objects.exists()
    with after(days=8):
        swept()
        assert not OutgoingEmail.objects.exists()


def test_sweeper_takes_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch, swept: Any) -> None:
    monkeypatch.setattr(mail, "SWEEP_BATCH", 2)
    for number in range(3):
        mail.queue(to="ada@example.org", subject=str(number), body="")
    with after(minutes=5):
        assert len(swept()) == 2


def test_undeliverable_e_mail_is_tried_again_with_as_much_time_as_at_first(
    email: OutgoingEmail, failing: Any, swept: Any
) -> None:
    failing(REFUSED)
    mail.send(email_id=email.pk)
    failing(None)
    with after(hours=30):
        assert mail.try_again(OutgoingEmail.objects.all()) == 1
        assert mail.try_again(OutgoingEmail.objects.all()) == 0
        email.refresh_from_db()
        assert email.expires - timezone.now() == mail.LIFETIME
        assert mail.send(email_id=email.pk)
