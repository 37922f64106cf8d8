"""The photo of an enquiry as an answer to a request whose sender may see it."""

from __future__ import annotations

from django.conf import settings
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from dealers.models import Enquiry


def photo_response(enquiry: Enquiry) -> HttpResponseBase:
    """The attached photo. Raises Http404 where there is none."""
    if not enquiry.photo:
        raise Http404
    try:
        file = enquiry.photo.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=_type(enquiry.photo.name or ""))
    response["Content-Disposition"] = "inline"  # instead of the stored file's name
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    patch_cache_control(response, private=True, max_age=settings.SIGNED_URL_SECONDS)
    return response


def _type(name: str) -> str:
    """By the suffix that `services` chose; never by what the file claims to be."""
    suffix = name.rpartition(".")[2]
    return {"png": "image/png", "webp": "image/webp"}.get(suffix, "image/jpeg")
