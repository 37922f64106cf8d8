"""Whether a page of this site sent a request, for forms on pages that many visitors share."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest


def is_sent_from_here(request: HttpRequest) -> bool:
    """Whether a page of this site sent the form.

    Fetch Metadata says so; browsers leave it out where the connection is not encrypted: there, Origin does.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
    except ValueError:  # brackets that hold no address
        return False
