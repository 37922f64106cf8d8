"""What waits and what failed, for staff: one page that says for how long, and buttons that try again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from classifier.admin.parts import QUEUED_AGAIN
from classifier.answers import engine
from classifier.answers.queue_status import queue
from classifier.answers.sweep import identification_retry
from classifier.answers.wording import failure
from classifier.exceptions import NotPossibleNow
from classifier.models import Identification
from core.admin import WithContext, perform

#: So many are queued again by one press of the button; more would keep the page waiting.
MOST = 500


class WaitsAndFails(WithContext, admin.ModelAdmin):
    """The part of the identifications' admin that is about the queue."""

    list_before_template = "classifier/admin/failures.html"
    change_form_outer_before_template = "classifier/admin/failed.html"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who may change identifications may have them tried again."""
        return request.user.has_perm("classifier.change_identification")

    def get_urls(self) -> list[URLPattern]:
        """The page and the buttons' addresses, before the admin's own."""
        view = self.admin_site.admin_view
        return [
            path("waiting/", view(self.waiting), name="classifier_identification_waiting"),
            path("retry-all/", view(self.retry_all), name="classifier_identification_retry-all"),
            path("<uuid:pk>/retry/", view(self.retry_one), name="classifier_identification_retry"),
            *super().get_urls(),
        ]

    def waiting(self, request: HttpRequest) -> HttpResponse:
        """What waits, for how long, and how fast it moves."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Queue of photos",
            "opts": self.opts,
            "queue": queue(),
            "away": engine.is_away(),
        }
        return TemplateResponse(request, "classifier/admin/waiting.html", context)

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """With how many failed."""
        failed = Identification.objects.filter(status=Identification.Status.FAILED)
        return {"failed": failed.count(), "may_retry": self.has_retry_permission(request), "most": MOST}

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """With the button, where it failed."""
        return {"may_retry": self.has_retry_permission(request)}

    @method_decorator(require_POST)
    def retry_one(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Queue a failed photo again."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Identification, pk=pk)
        return perform(request, lambda: self._tried([row]), self._list())

    @method_decorator(require_POST)
    def retry_all(self, request: HttpRequest) -> HttpResponse:
        """Queue all failed photos again, those that failed first at first."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        failed = Identification.objects.filter(status=Identification.Status.FAILED).order_by("finished")
        return perform(request, lambda: self._tried(list(failed[:MOST])), self._list())

    def _list(self) -> str:
        return f"{reverse('admin:classifier_identification_changelist')}?status__exact=failed"

    def _tried(self, rows: list[Identification]) -> str:
        done = 0
        for row in rows:
            try:
                identification_retry(identification=row)
            except NotPossibleNow:
                if len(rows) == 1:
                    raise
            else:
                done += 1
        return QUEUED_AGAIN % done

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """With the buttons for those who may press them."""
        columns = super().get_list_display(request)
        if not self.has_retry_permission(request):
            return list(columns)
        return ["why_and_again" if name == "why" else name for name in columns]

    @admin.display(description="why it failed")
    def why(self, row: Identification) -> str:
        """The reason in words."""
        return failure(row) if row.status == Identification.Status.FAILED else "–"

    @admin.display(description="why it failed")
    def why_and_again(self, row: Identification) -> str:
        """The reason in words, and the button."""
        if row.status != Identification.Status.FAILED:
            return "–"
        return format_html(
            '<p>{}</p><button class="staff-button" type="submit" formaction="{}">Try again</button>',
            failure(row),
            reverse("admin:classifier_identification_retry", args=[row.pk]),
        )
