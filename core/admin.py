"""What the admin pages of all apps share (who may edit, links, badges, reports), and the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext, ngettext_lazy

from core import mail
from core.errors import ExpectedError
from core.models import OutgoingEmail, OutgoingEmailQuerySet

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.utils.safestring import SafeString

    _Base = ModelAdmin[Any]  # these classes are mixed into the admins of all models
else:
    _Base = object

#: Of rows that an action refuses, so many are named.
NAMED_REFUSALS = 5
Row = TypeVar("Row", bound=Model)


class Counted(Protocol):
    """What `ngettext_lazy` returns: words that choose singular or plural when the number is put in."""

    def __mod__(self, count: int, /) -> str: ...


_MORE: Counted = ngettext_lazy("… and %d more was refused.", "… and %d more were refused.")


# --- Who may do what ----------------------------------------------------------------------------------------
class NeverEdited(_Base):
    """For rows that the site itself writes: staff view them, and delete them if they have the permission."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ViewOnly(NeverEdited):
    """For records of what happened: not even a superuser deletes one from its page."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DeletedWithItsParent(NeverEdited):
    """For rows that belong to another one: deleting that one, whose page asks here too, takes them along."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        match = request.resolver_match
        own_pages = f"{self.opts.app_label}_{self.opts.model_name}_"
        is_own_page = bool(match and (match.url_name or "").startswith(own_pages))
        return not is_own_page and super().has_delete_permission(request, obj)


# --- What pages show ----------------------------------------------------------------------------------------
class WithContext(_Base):
    """For pages whose templates show more than the rows themselves."""

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """What the list's template shows besides."""
        return {}

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """What the page of one row shows besides; `pk` is as the address has it, and may be anything."""
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **self.list_context(request)})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        context = {**(extra_context or {}), **self.page_context(request, object_id)}
        return super().change_view(request, object_id, form_url, context)


# --- What columns show --------------------------------------------------------------------------------------
def change_link(name: str, pk: object, text: str) -> SafeString:
    """A link to the admin page of a row; `name` is "app_model"."""
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text)


def badge(text: str, kind: str) -> SafeString:
    """A word in a coloured frame; `kind` is good, warn, bad or quiet."""
    return format_html('<span class="staff-badge staff-badge--{}">{}</span>', kind, text)


# --- What actions say ---------------------------------------------------------------------------------------
def perform(request: HttpRequest, action: Callable[[], str], to: str) -> HttpResponseRedirect:
    """Do `action`, which returns the words for success, tell staff how it went, and redirect to `to`."""
    try:
        messages.success(request, action())
    except ExpectedError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(to)


def perform_each(
    request: HttpRequest,
    rows: Iterable[Row],
    action: Callable[[Row], object],
    done: Counted,
    *,
    name: Callable[[Row], str] = str,
) -> int:
    """Do `action` with each row; tell staff how many were done and why others were not. Returns the number.

    `done` is made by `ngettext_lazy`, with %d for the number; `name` says of which row a refusal speaks.
    """
    count, refusals = 0, []
    for row in rows:
        try:
            action(row)
            count += 1
        except ExpectedError as error:
            refusals.append(f"{name(row)}: {error.message}")
    if count:
        messages.success(request, done % count)
    for words in refusals[:NAMED_REFUSALS]:
        messages.error(request, words)
    if len(refusals) > NAMED_REFUSALS:
        messages.error(request, _MORE % (len(refusals) - NAMED_REFUSALS))
    return count


# --- The outbox ---------------------------------------------------------------------------------------------
@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(NeverEdited, admin.ModelAdmin):  # type: ignore[type-arg]
    """E-mails that have not left, and why. Their text is not shown: it holds links that open accounts."""

    list_display = ("to", "subject", "status", "problem", "created", "attempts", "due")
    list_filter = ("status", "purpose")
    search_fields = ("to", "subject")
    fields = ("to", "subject", "purpose", "status", "problem", "created", "attempts", "due", "expires")
    readonly_fields = fields
    actions = ("try_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Who may change e-mails by their rights may have them tried again."""
        return request.user.has_perm("core.change_outgoingemail")

    @admin.action(description="Try to send again", permissions=["resend"])
    def try_again(self, request: HttpRequest, queryset: OutgoingEmailQuerySet) -> None:
        """For addresses and mail servers that work by now."""
        count = mail.try_again(queryset)
        words = ngettext("%d e-mail will be sent again.", "%d e-mails will be sent again.", count)
        messages.success(request, words % count)
