"""Dataset versions and training runs for staff: what is learned from, how far it is, and the buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from classifier.models import DatasetVersion, Feedback, TrainingRun
from classifier.training import datasets, runs
from core.admin import ViewOnly, WithContext, change_link, perform
from ml import packages
from ml.evaluation.tables import Table

RUNS = "admin:classifier_trainingrun_changelist"


def _may_train(request: HttpRequest) -> bool:
    return request.user.has_perm("classifier.add_trainingrun")


@admin.register(DatasetVersion)
class DatasetVersionAdmin(WithContext, ViewOnly, admin.ModelAdmin):
    """Immutable: a manifest is never edited, only followed by another one."""

    list_display = ("name", "created", "training", "validation", "confirmed", "changed", "actor")
    list_select_related = ("actor",)
    fields = ("name", "created", "actor", "file", "sha256")
    readonly_fields = fields
    change_form_outer_before_template = "classifier/admin/dataset.html"
    list_before_template = "classifier/admin/datasets.html"

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """With the button that makes another one."""
        return {"may_train": _may_train(request), "confirmed": Feedback.objects.confirmed().count()}

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """With its counts and what changed."""
        row = DatasetVersion.objects.filter(pk=pk).first() if pk.isdecimal() else None
        return {"tables": dataset_tables(row.summary) if row else []}

    @admin.display(description="version", ordering="number")
    def name(self, row: DatasetVersion) -> str:
        return f"Dataset {row.number}"

    @admin.display(description="to learn from")
    def training(self, row: DatasetVersion) -> int:
        return row.summary.get("training", 0)

    @admin.display(description="to judge by")
    def validation(self, row: DatasetVersion) -> int:
        return row.summary.get("validation", 0)

    @admin.display(description="from visitors")
    def confirmed(self, row: DatasetVersion) -> int:
        return row.summary.get("confirmed", 0)

    @admin.display(description="since the one before")
    def changed(self, row: DatasetVersion) -> str:
        changes = row.summary.get("changes", {})
        return ", ".join(f"{changes[name]} {name}" for name in datasets.CHANGES if changes.get(name))


def dataset_tables(summary: dict[str, Any]) -> list[Table]:
    """A dataset's counts, what was left out, and what changed."""
    names = ("photos", "training", "validation", "cars", "scenes", "base", "confirmed")
    counts = Table(
        "Photos", ("", "number"), [(name, str(summary[name])) for name in names if name in summary]
    )
    left_out = Table(
        "Left out",
        ("why", "photos"),
        [(why, str(count)) for why, count in summary.get("left_out", {}).items()],
    )
    changes = summary.get("changes", {})
    changed = Table(
        "Since the version before",
        ("", "photos"),
        [(name, str(changes.get(name, 0))) for name in datasets.CHANGES],
    )
    gained = Table(
        "Cars that gained most",
        ("car", "photos"),
        [(label, str(count)) for label, count in changes.get("gained", {}).items()],
    )
    missing = Table(
        "Named by the recipe, but not there", ("",), [(name,) for name in summary.get("missing", [])]
    )
    unknown = Table(
        "Folders of the recipe that are no car of the model, whether new or misspelt",
        ("",),
        [(name,) for name in summary.get("unknown", [])],
    )
    return [table for table in (counts, changed, gained, left_out, unknown, missing) if table.rows]


@admin.register(TrainingRun)
class TrainingRunAdmin(WithContext, ViewOnly, admin.ModelAdmin):
    """From confirmed photos to a candidate model, one run at a time, started by the button above the list."""

    list_display = ("__str__", "created", "status", "step", "done", "base", "made", "actor")
    list_filter = ("status", "only_dataset")
    list_select_related = ("base", "candidate", "actor")
    fields = (
        "status",
        "step",
        "done",
        "failure",
        "base",
        "dataset_page",
        "made",
        "recipe",
        "attempt",
        "actor",
        "created",
        "started",
        "finished",
    )
    readonly_fields = fields
    change_form_outer_before_template = "classifier/admin/run.html"
    list_before_template = "classifier/admin/runs.html"

    def get_urls(self) -> list[URLPattern]:
        """The buttons' addresses, before the admin's own."""
        wrap = self.admin_site.admin_view
        return [
            path("start/", wrap(self.start), name="classifier_trainingrun_start"),
            path("<int:pk>/cancel/", wrap(self.cancel), name="classifier_trainingrun_cancel"),
            path("<int:pk>/progress/", wrap(self.progress), name="classifier_trainingrun_progress"),
            *super().get_urls(),
        ]

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """With the run under way and the button that starts one."""
        return {
            "run": TrainingRun.objects.open().first(),
            "may_train": _may_train(request),
            "confirmed": Feedback.objects.confirmed().count(),
            "lacks_packages": bool(packages.missing()),
        }

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """With progress and the button that cancels."""
        return {"may_train": _may_train(request)}

    # --- Buttons --------------------------------------------------------------------------------------------
    @method_decorator(require_POST)
    def start(self, request: HttpRequest) -> HttpResponse:
        """Ask the trainer for a run; `dataset` alone makes a dataset version only."""
        if not _may_train(request):
            raise PermissionDenied

        def done() -> str:
            run = runs.run_start(actor=request.user, only_dataset="dataset" in request.POST)
            return f"Training run {run.pk} is waiting for the trainer."

        return perform(request, done, reverse(RUNS))

    @method_decorator(require_POST)
    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not _may_train(request):
            raise PermissionDenied
        run = get_object_or_404(TrainingRun, pk=pk)

        def done() -> str:
            runs.run_cancel(run=run)
            return f"Training run {run.pk} is being cancelled."

        return perform(request, done, reverse("admin:classifier_trainingrun_change", args=[pk]))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a run's page that changes."""
        run = get_object_or_404(TrainingRun, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return TemplateResponse(request, "classifier/admin/progress.html", {"run": run})

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="progress", ordering="progress")
    def done(self, run: TrainingRun) -> str:
        return f"{round(run.progress * 100)}%"

    @admin.display(description="candidate")
    def made(self, run: TrainingRun) -> str:
        """Leads to the model that came of it."""
        row = run.candidate
        return change_link("classifier_modelversion", row.pk, str(row)) if row else "–"

    @admin.display(description="dataset")
    def dataset_page(self, run: TrainingRun) -> str:
        """Leads to the photos that it learned from."""
        row = run.dataset
        return change_link("classifier_datasetversion", row.pk, str(row)) if row else "–"
