"""Model versions for staff: what each can do, which one answers, and the buttons that change it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from classifier.admin import cards
from classifier.admin.parts import ANSWERED_LATER, GoesWithItsPhoto
from classifier.answers.wording import candidate_text, output_summary
from classifier.models import Identification, ModelEvent, ModelOutput, ModelVersion
from classifier.training import backfill, registry
from core.admin import ViewOnly, WithContext, perform

LIST = "admin:classifier_modelversion_changelist"


def may_promote(request: HttpRequest) -> bool:
    """Whether the user may decide which model answers."""
    return request.user.has_perm("classifier.promote_modelversion")


@admin.register(ModelVersion)
class ModelVersionAdmin(WithContext, ViewOnly, admin.ModelAdmin):
    """Bundles that answered, answer or may answer. Deciding which does takes a permission of its own."""

    list_display = (
        "name",
        "version",
        "state",
        "answers",
        "created",
        "promoted",
        "promoted_by",
        "short_digest",
    )
    list_filter = ("state", "name")
    list_select_related = ("promoted_by",)
    search_fields = ("name", "version", "digest")
    fields = ("name", "version", "state", "where", "created", "promoted", "promoted_by", "digest")
    readonly_fields = fields
    change_form_outer_before_template = "classifier/admin/model.html"
    list_before_template = "classifier/admin/models.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        """With how many photos each answered."""
        return super().get_queryset(request).annotate(answer_count=Count("identifications"))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Bundles that lie on the server are added by name."""
        return request.user.has_perm("classifier.add_modelversion")

    def get_urls(self) -> list[URLPattern]:
        """The buttons' addresses, before the admin's own."""
        buttons = {
            "promote": self.promote,
            "shadow": self.shadow,
            "end-shadow": self.end_shadow,
            "look-again": self.look_again,
        }
        ours = [
            path(
                f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"classifier_modelversion_{name}"
            )
            for name, view in buttons.items()
        ]
        back = self.admin_site.admin_view(self.roll_back)
        return [
            path("roll-back/", back, name="classifier_modelversion_roll-back"),
            *ours,
            *super().get_urls(),
        ]

    # --- Pages ----------------------------------------------------------------------------------------------
    def list_context(self, request: HttpRequest) -> dict[str, object]:
        """With the button that goes back."""
        return self._deciding(request)

    def page_context(self, request: HttpRequest, pk: str) -> dict[str, object]:
        """With card, report, shadow run and history."""
        version = ModelVersion.objects.filter(pk=pk).first() if pk.isdecimal() else None
        page = self._page(version) if version and self.has_view_permission(request, version) else {}
        return {**page, **self._deciding(request)}

    def _deciding(self, request: HttpRequest) -> dict[str, object]:
        active = ModelVersion.objects.active()
        return {
            "active": active,
            "previous": registry.previous_of(active),
            "may_promote": may_promote(request),
        }

    def _page(self, version: ModelVersion) -> dict[str, object]:
        return {
            "tables": cards.tables(version.card),
            "comparison": cards.comparison(version.report),
            "bars": cards.reliability(version),
            "shadow_run": cards.shadow_run(version),
            "others": Identification.objects.answered_by_others(version.pk).count()
            if version.is_active
            else 0,
            "looking_again": Identification.objects.for_backfill().count() if version.is_active else 0,
            "model_events": version.events.select_related("actor", "previous")[:30],
        }

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Choose one of the bundles on the server that are not registered."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        found = {folder.name: folder for folder in registry.unregistered_bundles()}
        chosen = found.get(request.POST.get("bundle", ""))
        if request.method == "POST" and chosen:
            return perform(request, lambda: self._added(request, str(chosen)), reverse(LIST))
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a model",
            "opts": self.opts,
            "bundles": list(found),
            "folder": registry.models_folder(),
        }
        return TemplateResponse(request, "classifier/admin/add_model.html", context)

    def _added(self, request: HttpRequest, folder: str) -> str:
        row, _ = registry.version_add(path=folder, actor=request.user)
        return f"{row} is now a candidate."

    # --- Buttons --------------------------------------------------------------------------------------------
    def _decide(self, request: HttpRequest, what: Callable[[], str], to: str) -> HttpResponse:
        if not may_promote(request):
            raise PermissionDenied
        return perform(request, what, to)

    @method_decorator(require_POST)
    def promote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let this one answer from the next photo on."""
        version = get_object_or_404(ModelVersion, pk=pk)

        def done() -> str:
            registry.version_promote(version=version, seen=_seen(request), actor=request.user)
            return f"{version} is active from the next photo on."

        return self._decide(request, done, _page_of(version))

    @method_decorator(require_POST)
    def roll_back(self, request: HttpRequest) -> HttpResponse:
        """Let the one before answer again."""

        def done() -> str:
            return f"{registry.version_roll_back(seen=_seen(request), actor=request.user)} is active again."

        return self._decide(request, done, reverse(LIST))

    @method_decorator(require_POST)
    def shadow(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let this one answer too, unseen."""
        version = get_object_or_404(ModelVersion, pk=pk)

        def done() -> str:
            registry.shadow_start(version=version, actor=request.user)
            return f"{version} now answers live photos as well; visitors are not shown its answers."

        return self._decide(request, done, _page_of(version))

    @method_decorator(require_POST)
    def end_shadow(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the shadow run."""

        def done() -> str:
            registry.shadow_stop(actor=request.user)
            return "The shadow run has ended."

        return self._decide(request, done, reverse("admin:classifier_modelversion_change", args=[pk]))

    @method_decorator(require_POST)
    def look_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the active model answer photos anew that older ones answered."""

        def done() -> str:
            count = backfill.identifications_reidentify(rows=Identification.objects.all())
            return ANSWERED_LATER % count

        return self._decide(request, done, reverse("admin:classifier_modelversion_change", args=[pk]))

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="digest")
    def short_digest(self, version: ModelVersion) -> str:
        """Enough to tell two apart."""
        return version.digest[:12]

    @admin.display(description="photos answered", ordering="answer_count")
    def answers(self, version: ModelVersion) -> int:
        """Photos whose shown answer it gave."""
        return version.answer_count  # type: ignore[attr-defined]

    @admin.display(description="bundle")
    def where(self, version: ModelVersion) -> str:
        """Where its bundle lies."""
        return f"VAR_DIR/models/{version.folder}" if version.folder else "ships with the site"


def _seen(request: HttpRequest) -> int | None:
    """The model that was active on the page whose button was pressed."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() else None


def _page_of(version: ModelVersion) -> str:
    return reverse("admin:classifier_modelversion_change", args=[version.pk])


@admin.register(ModelEvent)
class ModelEventAdmin(ViewOnly, admin.ModelAdmin):
    """Who promoted what, and when."""

    list_display = ("created", "action", "model_version", "previous", "actor")
    list_filter = ("action",)
    list_select_related = ("model_version", "previous", "actor")
    date_hierarchy = "created"
    fields = list_display
    readonly_fields = fields


@admin.register(ModelOutput)
class ModelOutputAdmin(GoesWithItsPhoto, admin.ModelAdmin):
    """What models said of photos besides the answers that are shown: earlier answers, shadow runs."""

    list_display = ("thumbnail", "answered", "role", "model_version", "says", "agrees", "shown", "failure")
    list_display_links = ("answered",)
    list_filter = ("role", "agrees", "model_version")
    list_select_related = ("model_version", "identification__model_version")
    search_fields = ("identification__id",)
    fields = (
        "thumbnail",
        "photo_page",
        "answered",
        "role",
        "model_version",
        "says",
        "agrees",
        "shown",
        "failure",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelOutput]:
        """With what was shown."""
        return super().get_queryset(request).prefetch_related("identification__predictions")

    @admin.display(description="it says")
    def says(self, output: ModelOutput) -> str:
        return output_summary(output)

    @admin.display(description="shown is")
    def shown(self, output: ModelOutput) -> str:
        """The answer that people see."""
        return candidate_text(output.identification.best)
