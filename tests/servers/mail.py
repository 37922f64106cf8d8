"""SMTP for tests."""

from __future__ import annotations

from email import message_from_bytes
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

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        """As parsed by the newer of Python's two parsers, which knows its bodies."""
        return message_from_bytes(envelope.content, policy=default_policy)  # type: ignore[return-value]

    def handle_message(self, message: Any) -> None:
        self.messages.append(message)


class Smtp:
    """A mail server in a thread of the test, at a real port; it keeps what arrives in `messages`."""

    name = "smtp"

    def __init__(self) -> None:
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

    def start(self) -> None:
        """Take mail."""
        self._controller = Controller(self._mailbox, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections; what has arrived is kept."""
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
