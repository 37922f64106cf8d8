"""Crawls for staff: start one, watch it, stop it, resume it, have it repeated."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from core.admin import ViewOnly, WithContext, badge, perform
from scraper.exceptions import ScraperError
from scraper.forms import RunForm
from scraper.models import ScrapeRun
from scraper.runs import lifecycle, readiness, report, schedules
from scraper.sources import SOURCES

RUNS = "admin:scraper_scraperun_changelist"
_KINDS = {"done": "good", "stopped": "warn", "failed": "bad"}


def _page_of(pk: int) -> str:
    return reverse("admin:scraper_scraperun_change", args=[pk])


def _may_crawl(request: HttpRequest) -> bool:
    return request.user.has_perm("scraper.change_scraperun")


@admin.register(ScrapeRun)
class ScrapeRunAdmin(WithContext, ViewOnly, admin.ModelAdmin):
    """All runs, the newest first; the button above the list asks for another one."""

    list_display = (
        "__str__",
        "created",
        "state",
        "pages",
        "items",
        "new",
        "changed",
        "errors",
        "volume",
        "duration",
    )
    list_filter = ("source", "status", "dry_run")
    list_select_related = ("actor",)
    fields = ("source", "actor", "created", "started", "finished", "attempt", "dry_run", "options")
    readonly_fields = fields
    list_before_template = "scraper/admin/runs.html"
    change_form_outer_before_template = "scraper/admin/run.html"

    def get_urls(self) -> list[URLPattern]:
        """The buttons' addresses, before the admin's own."""
        wrap = self.admin_site.admin_view
        return [
            path("start/", wrap(self.start), name="scraper_scraperun_start"),
            path("<int:pk>/stop/", wrap(self.stop), name="scraper_scraperun_stop"),
            path("<int:pk>/resume/", wrap(self.resume), name="scraper_scraperun_resume"),
            path("<int:pk>/progress/", wrap(self.progress), name="scraper_scraperun_progress"),
            *super().get_urls(),
        ]

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """With the way to ask for a run, and what runs by itself."""
        return {"may_crawl": _may_crawl(request), "schedules": schedules.schedules()}

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """With its numbers, its log and its buttons."""
        run = ScrapeRun.objects.filter(pk=pk).first() if pk.isdecimal() else None
        return {"may_crawl": _may_crawl(request), **(shown(run) if run else {})}

    # --- Buttons --------------------------------------------------------------------------------------------
    def start(self, request: HttpRequest) -> HttpResponse:
        """Ask for a run now, or set how often the source is crawled: a page that keeps what was typed."""
        if not _may_crawl(request):
            raise PermissionDenied
        source = request.POST.get("source") or request.GET.get("source", "")
        if source not in SOURCES:
            return self._start_page(request, "", None)
        form = RunForm(source, request.POST if request.method == "POST" else None)
        if form.is_valid() and "check" not in request.POST:
            try:
                return self._asked(request, source, form)
            except ScraperError as error:
                form.add_error(None, error.message)
        return self._start_page(request, source, form)

    def _start_page(self, request: HttpRequest, source: str, form: RunForm | None) -> HttpResponse:
        checks = readiness.checks(source) if source else []
        if form and "check" in request.POST and form.is_valid():
            checks += readiness.sites(source, form.cleaned_data.get("addresses", []))
        context = {
            **self.admin_site.each_context(request),
            "title": "Crawl a source",
            "opts": self.opts,
            "sources": SOURCES.items(),
            "source": source,
            "form": form,
            "checks": checks,
        }
        return TemplateResponse(request, "scraper/admin/run_start.html", context)

    def _asked(self, request: HttpRequest, source: str, form: RunForm) -> HttpResponse:
        """Start it, or set its schedule. Raises ScraperError."""
        if "schedule" in request.POST:
            every = form.cleaned_data["every"]
            schedules.schedule_set(source=source, every=every, options=form.options())
            said = f"{source} is crawled every {every}." if every else f"{source} has no schedule any more."
            messages.success(request, said)
            return HttpResponseRedirect(reverse(RUNS))
        dry_run = form.cleaned_data["dry_run"]
        run = lifecycle.run_start(source=source, options=form.options(), dry_run=dry_run, actor=request.user)
        messages.success(request, f"{run} is waiting for a worker.")
        return HttpResponseRedirect(_page_of(run.pk))

    @method_decorator(require_POST)
    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a run: at once where it waits, else after the current page."""
        return self._act(request, pk, lambda run: lifecycle.run_stop(run=run), "is being stopped")

    @method_decorator(require_POST)
    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on with a run that was stopped or failed."""
        return self._act(request, pk, lambda run: lifecycle.run_resume(run=run), "will go on")

    def _act(
        self, request: HttpRequest, pk: int, act: Callable[[ScrapeRun], None], words: str
    ) -> HttpResponse:
        if not _may_crawl(request):
            raise PermissionDenied
        run = get_object_or_404(ScrapeRun, pk=pk)

        def action() -> str:
            act(run)
            return f"{run} {words}."

        return perform(request, action, _page_of(pk))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a run's page that changes."""
        run = get_object_or_404(ScrapeRun, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return TemplateResponse(request, "scraper/admin/run_progress.html", {"original": run, **shown(run)})

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="status", ordering="status")
    def state(self, run: ScrapeRun) -> str:
        return badge(run.get_status_display(), _KINDS.get(run.status, "quiet"))

    @admin.display(description="volume", ordering="bytes")
    def volume(self, run: ScrapeRun) -> str:
        return report.size(run.bytes)

    @admin.display(ordering="seconds")
    def duration(self, run: ScrapeRun) -> str:
        return str(run.duration)


def shown(run: ScrapeRun) -> dict[str, object]:
    """What a run's page shows besides its fields."""
    counts = {**report.counts(run), "volume": report.size(run.bytes), "duration": run.duration}
    return {
        "counts": counts,
        "log": "\n".join(report.last_lines(run)),
        "kind": _KINDS.get(run.status, "quiet"),
    }
