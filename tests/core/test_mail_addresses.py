"""Letters to addresses in all alphabets, by a real mail server with SMTPUTF8 and by one without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from core import mail
from core.models import OutgoingEmail
from tests.servers.mail import Smtp

pytestmark = pytest.mark.django_db
Sender = Callable[..., "OutgoingEmail | None"]
#: Address → how a server that knows ASCII alone is told of it; None: it can't be.
ADDRESSES = {
    "post@münchen.example": "post@xn--mnchen-3ya.example",
    "post@straße.example": "post@xn--strae-oqa.example",
    "post@xn--mnchen-3ya.example": "post@xn--mnchen-3ya.example",
    "ada@example.org\u200b": "ada@example.org",
    "почта@пример.example": None,
    "用户@例子.example": None,
    "ädä@example.org": None,
    "o'hara+cars@sub.example.org": "o'hara+cars@sub.example.org",
}
NAMES = [
    "",
    "Ada Lovelace",
    'Ada "the first", Countess',
    "Адá 😀🚗",
    "李小龙",
    "a@b.c",
    "Ada <x@y.z>",
]


@pytest.fixture(params=[True, False], ids=["with SMTPUTF8", "ASCII alone"])
def server(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Smtp]:
    with Smtp(smtputf8=request.param) as smtp:
        settings.EMAIL_BACKEND = "core.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp.port
        yield smtp


def _sent(**fields: str) -> OutgoingEmail | None:
    """What is left in the outbox of an e-mail that was tried once."""
    email = mail.queue(subject="Grüße 🚗", body="Text: Ünïcödé\n", html="<p>Text</p>", **fields)
    mail.send(email_id=email.pk)
    return OutgoingEmail.objects.first()


@pytest.mark.parametrize("address", ADDRESSES, ids=str.encode)
def test_a_letter_leaves_where_a_server_can_write_to_the_address(server: Smtp, address: str) -> None:
    kept = _sent(to=address, to_name="Ada", reply_to="grace@example.org")
    if ADDRESSES[address] or server.smtputf8:
        assert kept is None
        (message,) = server.messages
        assert server.recipients == [ADDRESSES[address] or address]
        assert message["To"].addresses[0].addr_spec == server.recipients[0]
        assert message["Subject"] == "Grüße 🚗"
        assert "Ünïcödé" in message.get_body(("plain",)).get_content()
    else:
        assert server.messages == []
        assert kept
        assert kept.status == OutgoingEmail.Status.UNDELIVERABLE
        assert "can't write to this address" in kept.problem


@pytest.mark.parametrize("name", NAMES, ids=str.encode)
def test_names_arrive_as_they_are_and_add_no_receiver(server: Smtp, name: str) -> None:
    for address in ("ada@example.org", "用户@例子.example") if server.smtputf8 else ("ada@example.org",):
        assert _sent(to=address, to_name=name, reply_to=address, reply_to_name=name) is None
        message = server.messages[-1]
        for header in (message["To"], message["Reply-To"]):
            (mailbox,) = header.addresses
            assert mailbox.addr_spec == address
            assert mailbox.display_name == name


def test_an_answer_that_cannot_be_addressed_keeps_no_letter_back(server: Smtp) -> None:
    assert _sent(to="dealer@example.org", reply_to="用户@例子.example", reply_to_name="李") is None
    (message,) = server.messages
    assert ("Reply-To" in message) is server.smtputf8
