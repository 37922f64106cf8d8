"""SMTP for tests."""

from __future__ import annotations

from email import message_from_bytes, message_from_string
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from tests.services import free_port


class Mailbox(Message):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        """As parsed by the newer of Python's two parsers, which knows its bodies."""
        self.recipients += envelope.rcpt_tos
        message = message_from_bytes(envelope.content, policy=default_policy)
        if envelope.smtp_utf8:  # its headers are text as it is
            head = envelope.content.partition(b"\r\n\r\n")[0].decode()
            for name, value in message_from_string(head, policy=default_policy).items():
                del message[name]
                message[name] = value
        return message  # type: ignore[return-value]

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


class Smtp:
    """A mail server in a thread of the test, at a real port; it keeps what arrives in `messages`."""

    name = "smtp"

    def __init__(self, *, smtputf8: bool = True) -> None:
        """`smtputf8`: whether it takes addresses beyond ASCII."""
        self.smtputf8 = smtputf8
        self.port = free_port()
        self._mailbox = Mailbox()

    @property
    def url(self) -> str:
        """Its address, as the site's settings take it."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """What has arrived, oldest first."""
        return self._mailbox.messages

    @property
    def recipients(self) -> list[str]:
        """The addresses that it was told to deliver to."""
        return self._mailbox.recipients

    def start(self) -> None:
        """Take mail."""
        self._controller = Controller(
            self._mailbox, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=self.smtputf8
        )
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections; what has arrived is kept."""
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
