"""Pictures of sources: which were taken, which were refused and why, whose source is gone."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import ngettext

from core.admin import badge
from scraper.models.pictures import SourcePhoto

State = SourcePhoto.State
_COLOURS = {State.PUBLISHED: "good", State.GONE: "bad", State.REFUSED: "warn"}


@admin.register(SourcePhoto)
class SourcePhotoAdmin(admin.ModelAdmin):
    """Staff state a licence and an author where a page does not, and have a picture taken again."""

    list_display = ("thumbnail", "staged", "state_badge", "scene", "licence", "credit", "reason", "taken")
    list_display_links = ("staged",)
    list_filter = ("state", "scene", "staged__source")
    list_select_related = ("staged", "photo__variant__make", "photo__variant__model__make")
    search_fields = ("staged__make", "staged__model", "licence", "credit")
    show_full_result_count = False
    actions = ("take_again",)
    fields = (
        "staged",
        "url",
        "credit",
        "licence",
        "state",
        "reason",
        "scene",
        "photo",
        "tries",
        "created",
        "taken",
    )
    readonly_fields = ("staged", "url", "state", "reason", "scene", "photo", "tries", "created", "taken")

    def has_add_permission(self, request: HttpRequest, obj: SourcePhoto | None = None) -> bool:
        """Only crawls add pictures."""
        return False

    @admin.display(description="photo")
    def thumbnail(self, row: SourcePhoto) -> str:
        if row.photo is None:
            return "–"
        return format_html(
            '<img src="{}" alt="{}" width="96" loading="lazy">', row.photo.get_absolute_url(), row.staged
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, row: SourcePhoto) -> str:
        return badge(row.get_state_display(), _COLOURS.get(State(row.state), "quiet"))

    @admin.action(description="Take again", permissions=["change"])
    def take_again(self, request: HttpRequest, queryset: QuerySet[SourcePhoto]) -> None:
        """Those that were refused or gone wait again; a worker takes them."""
        again = queryset.filter(state__in=(State.REFUSED, State.GONE))
        count = again.update(state=State.WAITING, tries=0, reason="")
        text = ngettext("%d picture will be fetched again.", "%d pictures will be fetched again.", count)
        messages.success(request, text % count)
