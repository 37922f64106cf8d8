"""How many photos one person or address may send. Counted in the shared cache, so all web processes count together."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from classifier.exceptions import QuotaExceeded


def client_address(request: HttpRequest) -> str:
    """The address of the client: of X-Forwarded-For only the part that our own proxies wrote.

    Of IPv6 the network of 64 bits, which is the least that one client has: within it, addresses cost nothing.
    """
    proxies = settings.TRUSTED_PROXIES
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    trusted = proxies and len(forwarded) >= proxies
    address = forwarded[-proxies] if trusted else request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def count_photo(request: HttpRequest) -> None:
    """Count one photo of the sender of `request`. Raises QuotaExceeded, with seconds to wait, past the quota."""
    if request.user.is_authenticated:
        key, limit, seconds = f"photos-of-{request.user.pk}", settings.UPLOADS_PER_DAY, 86_400
        what = f"{limit} photos a day"
        then = "Try again tomorrow."
    else:
        key, limit, seconds = f"photos-from-{client_address(request)}", settings.GUEST_UPLOADS_PER_HOUR, 3_600
        what = f"{limit} photos an hour without an account"
        then = "Sign in to send more, or try again in an hour."
    cache.add(key, 0, seconds)
    try:
        used = cache.incr(key)
    except ValueError:  # expired between the two calls
        used = 1
    if used > limit:
        raise QuotaExceeded(f"You have sent {what}, which is the most. {then}", retry_after=seconds)
