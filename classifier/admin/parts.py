"""What the admin's pages of this app share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext_lazy

from core.admin import DeletedWithItsParent, change_link

if TYPE_CHECKING:
    from classifier.models import Identification

QUEUED_AGAIN = ngettext_lazy("%d photo is queued again.", "%d photos are queued again.")
ANSWERED_LATER = ngettext_lazy(
    "%d photo will be answered again once no visitor is waiting.",
    "%d photos will be answered again once no visitor is waiting.",
)


def photo(pk: int | UUID, width: int) -> str:
    """The stored thumbnail, leading to the photo itself.

    Only staff who may view identifications get the bytes.
    """
    url = reverse("classifier:photo", args=[pk])
    return format_html(
        '<a href="{0}"><img src="{0}?size=thumbnail" alt="The photo" width="{1}" loading="lazy"></a>',
        url,
        width,
    )


class OfAPhoto(Protocol):
    """A row that belongs to a photo."""

    identification: Identification
    identification_id: UUID


class ShowsItsPhoto:
    """Columns of rows that belong to a photo, by their `identification`."""

    thumbnail_width = 72

    @admin.display(description="photo")
    def thumbnail(self, row: OfAPhoto) -> str:
        return photo(row.identification_id, self.thumbnail_width)

    @admin.display(description="identification")
    def photo_page(self, row: OfAPhoto) -> str:
        """Leads to the photo with its whole answer."""
        of = row.identification
        return change_link("classifier_identification", of.pk, f"{of.created:%Y-%m-%d %H:%M}")


class GoesWithItsPhoto(ShowsItsPhoto, DeletedWithItsParent):
    """What the site made of a photo: it is deleted with the photo, and never alone."""
