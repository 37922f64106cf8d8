"""Photos and their answers for staff. What the model said is shown, never edited."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from classifier.admin.parts import ANSWERED_LATER, QUEUED_AGAIN, GoesWithItsPhoto, photo
from classifier.admin.waiting import WaitsAndFails
from classifier.answers.sweep import identification_retry
from classifier.answers.wording import candidate_text, output_summary, percent
from classifier.exceptions import ClassifierError
from classifier.models import Feedback, Identification, ModelOutput, Prediction
from classifier.photos.delete import identification_delete, identifications_delete
from classifier.training import backfill
from core.admin import NeverEdited, change_link


class PredictionInline(NeverEdited, admin.TabularInline):
    """The candidates of an answer."""

    model = Prediction
    extra = 0
    fields = ("rank", "label", "percent", "car")
    readonly_fields = fields
    verbose_name_plural = "predictions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        """With the names of the cars."""
        return super().get_queryset(request).select_related("variant__model__make").order_by("rank")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They go with their answer, never alone."""
        return False

    @admin.display(description="probability")
    def percent(self, prediction: Prediction) -> str:
        return percent(prediction.probability)

    @admin.display(description="car of the catalogue")
    def car(self, prediction: Prediction) -> str:
        """Leads to the car."""
        variant = prediction.variant
        return change_link("catalog_variant", variant.pk, str(variant)) if variant else "–"


class ModelOutputInline(NeverEdited, admin.TabularInline):
    """What other models said of the photo."""

    model = ModelOutput
    extra = 0
    fields = ("answered", "role", "model_version", "summary", "agrees", "failure")
    readonly_fields = fields
    verbose_name_plural = "outputs of other models"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelOutput]:
        """With the models' names."""
        return super().get_queryset(request).select_related("model_version")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They go with their photo, never alone."""
        return False

    @admin.display(description="it says")
    def summary(self, output: ModelOutput) -> str:
        return output_summary(output)


class FeedbackInline(NeverEdited, admin.StackedInline):
    """What a person says of the answer."""

    model = Feedback
    extra = 0
    fields = ("verdict", "variant", "text", "author", "may_train", "updated")
    readonly_fields = fields


@admin.register(Identification)
class IdentificationAdmin(NeverEdited, WaitsAndFails):
    """Photos: what came in, what was answered, what failed and why."""

    list_display = ("small", "created", "status", "answer", "decision", "scene", "who", "why")
    list_display_links = ("created",)
    list_filter = ("status", "decision", "scene", "failure", "model_version")
    list_select_related = ("owner",)
    search_fields = ("id", "owner__email", "predictions__label")
    date_hierarchy = "created"
    actions = ("retry", "look_again")
    inlines = (PredictionInline, ModelOutputInline, FeedbackInline)
    view_on_site = False  # the page is the owner's alone
    fieldsets = (
        (None, {"fields": ("photo_large", "status", "failure", "who", "on_site", "enquiries")}),
        (
            "Answer",
            {"fields": ("decision", "scene", "make_shares", "model_shares", "hints", "model_version")},
        ),
        ("Work", {"fields": ("attempt", "created", "enqueued", "started", "finished", "lease_until")}),
        ("File", {"fields": ("width", "height", "size", "sha256")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Identification]:
        """With the candidates, which the list shows."""
        return super().get_queryset(request).prefetch_related("predictions")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return tuple(flatten_fieldsets(self.fieldsets))

    def delete_model(self, request: HttpRequest, obj: Identification) -> None:
        """The stored files go with the rows."""
        identification_delete(identification=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Identification]) -> None:
        """The stored files go with the rows."""
        identifications_delete(rows=list(queryset))

    @admin.action(description="Try failed photos again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Identification]) -> None:
        """Queue failed photos again; the others are left as they are."""
        done, left = 0, 0
        for row in queryset:
            try:
                identification_retry(identification=row)
                done += 1
            except ClassifierError:
                left += 1
        messages.success(request, QUEUED_AGAIN % done)
        if left:
            text = ngettext(
                "%d photo has not failed and was left as it is.",
                "%d photos have not failed and were left as they are.",
                left,
            )
            messages.warning(request, text % left)

    @admin.action(description="Identify again with the active model", permissions=["retry"])
    def look_again(self, request: HttpRequest, queryset: QuerySet[Identification]) -> None:
        """Have the active model answer those anew that older ones answered; their answers are kept."""
        try:
            count = backfill.identifications_reidentify(rows=queryset)
        except ClassifierError as error:
            messages.error(request, error.message)
            return
        messages.success(request, ANSWERED_LATER % count)

    @admin.display(description="photo")
    def small(self, row: Identification) -> str:
        return photo(row.pk, 72)

    @admin.display(description="photo")
    def photo_large(self, row: Identification) -> str:
        return photo(row.pk, 320)

    @admin.display(description="best answer")
    def answer(self, row: Identification) -> str:
        """The likeliest candidate, with how sure the model is."""
        return candidate_text(row.best)

    @admin.display(description="from")
    def who(self, row: Identification) -> str:
        """Leads to the account."""
        return change_link("accounts_user", row.owner.pk, row.owner.email) if row.owner else "a guest"

    @admin.display(description="page")
    def on_site(self, row: Identification) -> str:
        """A link to the page, where the viewer owns the photo: no one else may open it."""
        return row.get_absolute_url()

    @admin.display(description="enquiries about it")
    def enquiries(self, row: Identification) -> str:
        """Leads to what was asked with this photo."""
        url = f"{reverse('admin:dealers_enquiry_changelist')}?identification_id={row.pk}"
        return format_html('<a href="{}">Show the enquiries</a>', url)

    @admin.display(description="makes")
    def make_shares(self, row: Identification) -> str:
        """Probabilities summed per make."""
        return ", ".join(f"{e['make']} {percent(e['probability'])}" for e in row.makes) or "–"

    @admin.display(description="models")
    def model_shares(self, row: Identification) -> str:
        """Probabilities summed per model."""
        return (
            ", ".join(f"{e['make']} {e['model']} {percent(e['probability'])}" for e in row.car_models) or "–"
        )


@admin.register(Prediction)
class PredictionAdmin(GoesWithItsPhoto, admin.ModelAdmin):
    """All candidates, across photos: how often is a car named, and how surely."""

    list_display = ("thumbnail", "label", "percent_column", "rank", "car", "photo_page")
    list_display_links = ("label",)
    list_filter = ("rank", "identification__decision")
    list_select_related = ("identification", "variant__model__make")
    search_fields = ("label", "identification__id")
    fields = ("thumbnail", "photo_page", "rank", "label", "percent_column", "car")
    readonly_fields = fields

    @admin.display(description="probability", ordering="probability")
    def percent_column(self, prediction: Prediction) -> str:
        return percent(prediction.probability)

    @admin.display(description="car of the catalogue")
    def car(self, prediction: Prediction) -> str:
        """Leads to the car."""
        variant = prediction.variant
        return change_link("catalog_variant", variant.pk, str(variant)) if variant else "–"
