"""The outbox for staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from core import mail
from core.models import OutgoingEmail, OutgoingEmailQuerySet


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(admin.ModelAdmin):
    """E-mails that have not left, and why. Their text is not shown: it holds links that open accounts."""

    list_display = ("to", "subject", "status", "problem", "created", "attempts", "due")
    list_filter = ("status", "purpose")
    search_fields = ("to", "subject")
    fields = ("to", "subject", "purpose", "status", "problem", "created", "attempts", "due", "expires")
    readonly_fields = fields
    actions = ("try_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The site writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They leave as they were written."""
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Who may change e-mails by their rights may have them tried again."""
        return request.user.has_perm("core.change_outgoingemail")

    @admin.action(description="Try to send again", permissions=["resend"])
    def try_again(self, request: HttpRequest, queryset: OutgoingEmailQuerySet) -> None:
        """For addresses and mail servers that work by now."""
        count = mail.try_again(queryset)
        words = ngettext("%d e-mail will be sent again.", "%d e-mails will be sent again.", count)
        messages.success(request, words % count)
