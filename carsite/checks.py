"""What `manage.py check --deploy` says of a site for others that Django can't know."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def fit_for_visitors(**_: Any) -> list[checks.CheckMessage]:
    """Letters that reach nobody, links that lead nowhere, and what plain http means."""
    return [*_letters(), *_addresses()]


def _letters() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        found.append(
            checks.Warning(
                f"EMAIL_URL is not set: no e-mail leaves this machine. Each becomes a file in "
                f"{settings.EMAIL_FILE_PATH}, so nobody can confirm an address or reset a password, and no "
                "dealer hears of an enquiry.",
                hint="Set EMAIL_URL=submission://USER:PASSWORD@HOST:587 and DEFAULT_FROM_EMAIL.",
                id="carsite.W001",
            )
        )
    elif settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        found.append(
            checks.Warning(
                f"E-mails come from {settings.DEFAULT_FROM_EMAIL}, which other mail servers refuse.",
                hint="Set DEFAULT_FROM_EMAIL to an address of your domain.",
                id="carsite.W002",
            )
        )
    return found


def _addresses() -> list[checks.CheckMessage]:
    parts = urlsplit(settings.SITE_URL)
    found: list[checks.CheckMessage] = []
    if parts.hostname in ("127.0.0.1", "localhost", None):
        found.append(
            checks.Warning(
                f"Links in e-mails begin with {settings.SITE_URL}, which is each reader's own machine.",
                hint="Set SITE_URL to the address by which visitors know the site.",
                id="carsite.W003",
            )
        )
    elif parts.scheme != ("https" if settings.HTTPS else "http"):
        found.append(
            checks.Warning(
                f"SITE_URL is {settings.SITE_URL} and HTTPS is {int(settings.HTTPS)}: "
                + (
                    "links in e-mails show readers' addresses to whoever listens before they are sent on."
                    if settings.HTTPS
                    else "links in e-mails lead where nothing answers."
                ),
                hint="Give both the same: https:// with HTTPS=1, http:// with HTTPS=0.",
                id="carsite.W004",
            )
        )
    if not settings.HTTPS:
        found.append(
            checks.Warning(
                "HTTPS is 0: passwords, session cookies and photos can be read by everyone on the way.",
                hint="Right for a home network that you trust; else put a proxy that speaks TLS in front and "
                "set HTTPS=1.",
                id="carsite.W005",
            )
        )
    return found
