"""Showing and hiding cars in the admin: a question where they are many, and a way back from each."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from catalog.models import Variant
from core.admin_questions import ask, is_answered

#: More cars than these are asked about first.
MANY = 10
#: Of more cars than these no session keeps which they were.
MOST_KEPT = 20_000
_BATCH = 500
_SESSION_KEY = "catalog_shown_or_hidden"


class ShowsAndHides(admin.ModelAdmin):
    """The actions, and the page that takes the last one back."""

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Variant]) -> HttpResponse | None:
        """Show cars to visitors."""
        return self._change(request, queryset, shown=True)

    @admin.action(description="Unpublish", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Variant]) -> HttpResponse | None:
        """Take cars off the site; nothing is deleted."""
        return self._change(request, queryset, shown=False)

    def get_urls(self) -> list[URLPattern]:
        """With the page that takes the last change back."""
        undo = path("undo/", self.admin_site.admin_view(self.undo_view), name="catalog_variant_undo")
        return [undo, *super().get_urls()]

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Cars that the last change of this person showed are hidden again, or the other way round."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        back = reverse("admin:catalog_variant_changelist")
        last = request.session.get(_SESSION_KEY)
        if not last:
            messages.warning(request, "There is nothing to take back: it was done already, or is long ago.")
            return HttpResponseRedirect(back)
        shown, keys = bool(last["shown"]), cast("list[int]", last["cars"])
        if request.method == "POST":
            del request.session[_SESSION_KEY]
            count = _set(keys, shown=not shown)
            messages.success(request, _said(count, shown=not shown))
            return HttpResponseRedirect(back)
        what = "taken off the site" if shown else "shown"
        question = (
            f"The last change {'showed' if shown else 'hid'} {_cars(len(keys))}. They will be {what} again."
        )
        return ask(self, request, None, title="Undo", question=question, button="Undo", count=len(keys))

    def _change(self, request: HttpRequest, rows: QuerySet[Variant], *, shown: bool) -> HttpResponse | None:
        changed = rows.filter(is_published=not shown).order_by()
        count, all_of_them = changed.count(), rows.count()
        if count > MANY and not is_answered(request, count):
            return self._question(request, rows, count, all_of_them - count, shown=shown)
        keys = list(changed.values_list("pk", flat=True))
        _set(keys, shown=shown)
        said: Any = _said(count, shown=shown)
        if 0 < count <= MOST_KEPT:
            request.session[_SESSION_KEY] = {"shown": shown, "cars": keys}
            said = format_html('{} <a href="{}">Undo</a>', said, reverse("admin:catalog_variant_undo"))
        messages.success(request, said)
        return None

    def _question(
        self, request: HttpRequest, rows: QuerySet[Variant], count: int, other: int, *, shown: bool
    ) -> HttpResponse:
        what = f"Show {_cars(count)} to visitors?" if shown else f"Take {_cars(count)} off the site?"
        kept = (
            [f"{_cars(other)} of those chosen {'is' if other == 1 else 'are'} so already."] if other else []
        )
        undo = "You can undo it." if count <= MOST_KEPT else "These are too many to undo it afterwards."
        return ask(
            self,
            request,
            rows,
            title="Publish" if shown else "Unpublish",
            question=f"{what} {undo}",
            summary=kept,
            button="Yes, show them" if shown else "Yes, hide them",
            count=count,
        )


def _set(keys: list[int], *, shown: bool) -> int:
    """Show or hide the cars that are not so already; returns how many."""
    changed = 0
    for start in range(0, len(keys), _BATCH):
        cars = Variant.objects.filter(pk__in=keys[start : start + _BATCH], is_published=not shown)
        changed += cars.update(is_published=shown)
    return changed


def _cars(count: int) -> str:
    return ngettext("%d car", "%d cars", count) % count


def _said(count: int, *, shown: bool) -> str:
    if shown:
        return ngettext("%d car is published.", "%d cars are published.", count) % count
    return ngettext("%d car is no longer published.", "%d cars are no longer published.", count) % count
