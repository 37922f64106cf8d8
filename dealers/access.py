"""Access to an enquiry without an account: by a signed link from an e-mail, or right after sending it.

The key of a link moves into the session at once, so that it is in no address of the pages that follow.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from dealers.exceptions import LinkExpired
from dealers.models import Enquiry

LINK_SECONDS = 30 * 24 * 3600
SESSION_KEY = "dealers_links"
LINKS_KEPT = 20
"""How many links of a side one session keeps; the oldest is dropped first."""


class Door(StrEnum):
    """What a key opens: the sender's or the dealer's side of an enquiry, or the confirmation of an address.

    A guest holds the sender's key as soon as the enquiry is sent; the third comes by the letter alone.
    """

    SENDER = "enquiry"
    LEAD = "lead"
    ADDRESS = "enquiry_confirm"


def key_of(enquiry: Enquiry, door: Door) -> str:
    """A key to one side of one enquiry, for 30 days; the dealer's is void once their address changes."""
    return _signer(enquiry, door).sign(enquiry.pk.hex)


def link_to(enquiry: Enquiry, door: Door) -> str:
    """The full address, with its key, for an e-mail."""
    path = reverse(f"dealers:{door}", args=[enquiry.pk])
    return f"{settings.SITE_URL}{path}?{urlencode({'key': key_of(enquiry, door)})}"


def remember(request: HttpRequest, enquiry: Enquiry, door: Door, key: str) -> bool:
    """Keeps a key in the session if it is right. Raises LinkExpired for one that was."""
    if not _is_right(enquiry, door, key):
        return False
    doors = request.session.get(SESSION_KEY, {})
    links = doors.get(door, {})
    links.pop(enquiry.pk.hex, None)
    doors[door] = dict([*links.items(), (enquiry.pk.hex, key)][-LINKS_KEPT:])
    request.session[SESSION_KEY] = doors
    return True


def is_open(request: HttpRequest, enquiry: Enquiry, door: Door) -> bool:
    """Whether this session holds a key that still fits."""
    key = request.session.get(SESSION_KEY, {}).get(door, {}).get(enquiry.pk.hex, "")
    try:
        return _is_right(enquiry, door, key)
    except LinkExpired:
        return False


def open_doors(request: HttpRequest, *doors: Door) -> list[UUID]:
    """The enquiries whose keys this session holds and which still fit."""
    held = {identifier for door in doors for identifier in request.session.get(SESSION_KEY, {}).get(door, {})}
    enquiries = Enquiry.objects.filter(pk__in=held).select_related("dealer") if held else []
    return [one.pk for one in enquiries if any(is_open(request, one, door) for door in doors)]


def _signer(enquiry: Enquiry, door: Door) -> signing.TimestampSigner:
    holder = enquiry.dealer.email if door == Door.LEAD else enquiry.email
    return signing.TimestampSigner(salt=f"dealers.{door}:{holder}")


def _is_right(enquiry: Enquiry, door: Door, key: str) -> bool:
    try:
        return _signer(enquiry, door).unsign(key, max_age=LINK_SECONDS) == enquiry.pk.hex
    except signing.SignatureExpired:
        raise LinkExpired from None
    except signing.BadSignature:
        return False
