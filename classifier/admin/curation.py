"""What people say of answers, and the queue in which a curator decides what the model learns from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import ngettext_lazy

from catalog.search.car_names import offered
from classifier.admin.parts import ShowsItsPhoto
from classifier.answers.wording import candidate_text, output_summary
from classifier.forms import variant_named
from classifier.models import CurationEvent, Feedback, ModelOutput
from classifier.training import curation
from core.admin import NeverEdited, ViewOnly, change_link, perform_each
from core.moments import moment

#: Photos of the queue on one page.
PAGE = 20


@dataclass(frozen=True)
class Item:
    """Feedback in the queue."""

    feedback: Feedback

    @property
    def said(self) -> str:
        """What the person says it is."""
        row = self.feedback
        if row.verdict == Feedback.Verdict.NOT_A_CAR:
            return "not a car"
        if row.variant or row.verdict != Feedback.Verdict.RIGHT:
            return str(row.variant or row.text or "another car")
        best = row.identification.best
        return str(best.variant or best.label) if best else "–"

    @property
    def answered(self) -> str:
        """What the model answered."""
        best = self.feedback.identification.best
        return candidate_text(best)

    @property
    def needs_car(self) -> bool:
        """Whether the curator has to say which car of the catalogue is meant."""
        verdicts = Feedback.Verdict
        return self.feedback.variant is None and self.feedback.verdict in (
            verdicts.NOT_LISTED,
            verdicts.OTHER_VARIANT,
        )

    @property
    def agreement(self) -> list[str]:
        """Who else says the same, in sentences."""
        row = self.feedback
        slug = row.variant.slug if row.variant else None
        best = row.identification.best
        shown = best.variant.slug if best and best.variant else None
        agrees = row.verdict == Feedback.Verdict.RIGHT or (slug is not None and slug == shown)
        lines = [f"the model {'agrees' if agrees else 'disagrees'}"]
        if others := getattr(row, "others", 0):
            lines.insert(
                0, f"{getattr(row, 'others_agree', 0)} of {others} others say the same of this photo"
            )
        return lines + [self._other_model(output, slug) for output in row.identification.outputs.all()]

    def _other_model(self, output: ModelOutput, slug: str | None) -> str:
        """What another model said, beside the car that the person means."""
        named = output.best["slug"] if output.best and not output.failure else None
        agrees = slug is not None and named == slug
        return f"{output.model_version} {'agrees' if agrees else f'says {output_summary(output)}'}"


_DONE = {
    "confirm": ngettext_lazy("%d photo was confirmed.", "%d photos were confirmed."),
    "reject": ngettext_lazy("%d photo was rejected.", "%d photos were rejected."),
    "undo": ngettext_lazy("%d decision was undone.", "%d decisions were undone."),
}


def _decide(request: HttpRequest) -> None:
    """Do what the pressed button says.

    On one photo, where "confirm", "reject" or "undo" holds its number, else on all that are ticked.
    """
    data = request.POST
    for what in ("confirm", "reject", "undo"):
        if (pk := data.get(what, "")).isdecimal():
            return _each(request, Feedback.objects.filter(pk=pk), what)
    ticked = [pk for pk in data.getlist("ticked") if pk.isdecimal()]
    if data.get("all") in ("confirm", "reject") and ticked:
        return _each(request, Feedback.objects.filter(pk__in=ticked), data["all"])
    messages.warning(request, "Select photos first.")
    return None


def _each(request: HttpRequest, rows: Iterable[Feedback], what: str) -> None:
    perform_each(request, rows, lambda row: _one(request, row, what), _DONE[what], name=_photo_name)


def _photo_name(row: Feedback) -> str:
    return f"Photo {str(row.identification_id)[:8]}"


def _one(request: HttpRequest, row: Feedback, what: str) -> None:
    # As the curator saw it: what its author has changed since is not decided on.
    row.updated = moment(request.POST.get(f"seen-{row.pk}", "")) or row.updated
    if what == "reject":
        return curation.feedback_reject(feedback=row, actor=request.user)
    if what == "undo":
        return curation.feedback_undo(feedback=row, actor=request.user)
    text = request.POST.get(f"car-{row.pk}", "").strip()
    variant = variant_named(text) if text else None
    if text and variant is None:
        names = offered(text, 3)
        like = f"It has {', '.join(f'“{name}”' for name in names)}." if names else "Add the car first."
        raise curation.NotPossibleNow(f"The catalogue has no “{text[:80]}”. {like}")
    return curation.feedback_confirm(feedback=row, actor=request.user, variant=variant)


@admin.register(Feedback)
class FeedbackAdmin(ShowsItsPhoto, NeverEdited, admin.ModelAdmin):
    """What people say of answers: where the model errs."""

    thumbnail_width = 96
    list_display = ("thumbnail", "updated", "verdict", "said", "answered", "author", "may_train", "curation")
    list_display_links = ("updated",)
    list_filter = ("verdict", "may_train", "curation")
    list_before_template = "classifier/admin/feedback.html"
    actions = ("confirm", "reject", "undo")
    list_select_related = ("author", "variant__model__make", "identification")
    search_fields = ("text", "author__email", "variant__search_text")
    date_hierarchy = "updated"
    fields = (
        "thumbnail",
        "photo_page",
        "answered",
        "verdict",
        "said",
        "author",
        "may_train",
        "curation",
        "confirmed_variant",
        "told",
        "created",
        "updated",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feedback]:
        """With what was answered."""
        return super().get_queryset(request).prefetch_related("identification__predictions")

    def has_curate_permission(self, request: HttpRequest) -> bool:
        """Who may decide what the model learns from."""
        return request.user.has_perm("classifier.curate_feedback")

    def get_urls(self) -> list[URLPattern]:
        """The queue's address, before the admin's own."""
        queue = self.admin_site.admin_view(self.queue)
        return [path("queue/", queue, name="classifier_feedback_queue"), *super().get_urls()]

    # --- The queue ------------------------------------------------------------------------------------------
    def queue(self, request: HttpRequest) -> HttpResponse:
        """What waits for a decision, a page at a time, and the latest decisions."""
        if not self.has_curate_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            _decide(request)
            return HttpResponseRedirect(reverse("admin:classifier_feedback_queue"))
        waiting = Feedback.objects.to_curate()
        context = {
            **self.admin_site.each_context(request),
            "title": "Photos for training",
            "opts": self.opts,
            "count": waiting.count(),
            "items": [Item(row) for row in waiting.with_evidence()[:PAGE]],
            "decided": Feedback.objects.decided().select_related("confirmed_variant__model__make")[:8],
        }
        return TemplateResponse(request, "classifier/admin/queue.html", context)

    @admin.action(description="Confirm for training", permissions=["curate"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        """Confirm what the people say."""
        _each(request, queryset, "confirm")

    @admin.action(description="Reject for training", permissions=["curate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        _each(request, queryset, "reject")

    @admin.action(description="Undo the decision", permissions=["curate"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> None:
        """Let them wait again."""
        _each(request, queryset, "undo")

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="the person says")
    def said(self, feedback: Feedback) -> str:
        """The car of the catalogue, or the person's own words."""
        return str(feedback.variant) if feedback.variant else feedback.text or "–"

    @admin.display(description="the model said")
    def answered(self, feedback: Feedback) -> str:
        return candidate_text(feedback.identification.best)


@admin.register(CurationEvent)
class CurationEventAdmin(ViewOnly, admin.ModelAdmin):
    """Who decided what, and when."""

    list_display = ("created", "action", "variant", "actor", "about")
    list_filter = ("action",)
    list_select_related = ("variant__model__make", "actor", "feedback")
    date_hierarchy = "created"
    fields = list_display
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They go with their photo, whose page asks here too, and never alone."""
        match = request.resolver_match
        alone = bool(match and (match.url_name or "").startswith("classifier_curationevent_"))
        return not alone and request.user.has_perm("classifier.delete_curationevent")

    @admin.display(description="feedback")
    def about(self, event: CurationEvent) -> str:
        """Leads to the feedback."""
        return change_link("classifier_feedback", event.feedback_id, str(event.feedback))
