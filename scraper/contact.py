"""How the owners of sites that we read can reach us."""

from __future__ import annotations

from django.conf import settings


def user_agent() -> str:
    """What every request to another site says of us: name, site, and the contact that the settings give."""
    contact = f"; {settings.SCRAPE_CONTACT}" if settings.SCRAPE_CONTACT else ""
    return f"CarsiteBot/1.0 (+{settings.SITE_URL}/about/{contact})"
