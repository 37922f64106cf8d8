"""Django's SMTP backend, for addresses in all alphabets too.

A domain is written in ASCII (IDNA 2008). The part before the @ can't be: a letter to `用户@例子.example`
takes a mail server that knows SMTPUTF8 (RFC 6531). Where it does not, AddressNotUsable says so: nothing is
sent then.
"""

from __future__ import annotations

from email import message_from_bytes, policy
from email.headerregistry import Address
from email.utils import formataddr, parseaddr
from smtplib import SMTP
from typing import cast

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

from core.addresses import AddressNotUsable, ascii_email, normalise_email


class EmailBackend(DjangoBackend):
    """Sends each message as plainly as its addresses allow."""

    def _send(self, email_message: EmailMessage) -> bool:
        """Send one message. Raises what `smtplib` does, and AddressNotUsable."""
        recipients = [parseaddr(mailbox)[1] for mailbox in email_message.recipients()]
        if not recipients:
            return False
        connection = cast("SMTP", self.connection)
        connection.ehlo_or_helo_if_needed()
        options: list[str] = []
        if not all(map(is_plain, [*recipients, *email_message.reply_to])):
            if connection.has_extn("smtputf8"):
                options = ["SMTPUTF8", "BODY=8BITMIME"]
            else:
                recipients = [ascii_email(address) for address in recipients]
                # An answer can go to no address that this server can't write. The text names it as well.
                email_message.reply_to = [mailbox for mailbox in email_message.reply_to if is_plain(mailbox)]
        content = _in_utf8(email_message) if options else _plain(email_message)
        sender = parseaddr(email_message.from_email)[1]
        connection.sendmail(sender, recipients, content, mail_options=options)
        return True


def mailbox(name: str, address: str) -> str:
    """`Ada Lovelace <ada@example.org>` for a header, in ASCII where that can be. Raises AddressNotUsable."""
    address = normalise_email(address)
    try:
        return formataddr((name, ascii_email(address)))
    except AddressNotUsable:
        local, _, domain = address.rpartition("@")
        return str(Address(name, username=local, domain=domain))


def is_plain(mailbox: str) -> bool:
    """Whether each mail server can write to it."""
    return parseaddr(mailbox)[1].isascii()


def _plain(email_message: EmailMessage) -> bytes:
    return email_message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's messages


def _in_utf8(email_message: EmailMessage) -> bytes:
    """The message with the addresses in its headers as they are; Django would encode them wrongly."""
    headers = {"To": email_message.to, "Reply-To": email_message.reply_to}
    email_message.to, email_message.reply_to = [], []
    message = message_from_bytes(email_message.message().as_bytes(), policy=policy.SMTPUTF8)
    for name, mailboxes in headers.items():
        del message[name]
        if mailboxes:
            message[name] = ", ".join(mailboxes)
    email_message.to, email_message.reply_to = headers["To"], headers["Reply-To"]
    return message.as_bytes(policy=policy.SMTPUTF8)
