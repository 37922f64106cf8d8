"""Who may see what only operators are to see: numbers of the site, and why something is away."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest


def is_operator(request: HttpRequest) -> bool:
    """Whether the request carries `METRICS_TOKEN`; on a development site everyone is an operator.

    Addresses are no proof: behind a container's network or a proxy that sets no header all visitors come from
    inside.
    """
    if settings.DEBUG:
        return True
    expected, sent = f"Bearer {settings.METRICS_TOKEN}", request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(sent.encode(), expected.encode())
