"""What a visitor's photo showed, by the function that settings.ENQUIRY_EVIDENCE names.

This app knows nothing of identifications beyond their id and this shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.http import HttpRequest
from django.utils.module_loading import import_string

from core.people import guest_key


class Evidence(Protocol):
    """A recognised photo: `summary` for people, its file, its address on pages, and the car's slug or ""."""

    summary: str
    photo: File[bytes]
    photo_url: str
    variant_slug: str


def evidence_for(request: HttpRequest, identification_id: UUID | None) -> Evidence | None:
    """The evidence of an identification; None where there is none or it belongs to another visitor."""
    if identification_id is None:
        return None
    find: Callable[..., Evidence | None] = import_string(settings.ENQUIRY_EVIDENCE)
    return find(
        identification_id=identification_id,
        user=request.user,
        guest_key=guest_key(request),
    )
