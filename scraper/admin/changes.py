"""Changes of the catalogue and their undoing, merges of duplicates, and rules of automatic publishing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import ngettext_lazy

from catalog.models import CarModel, Spec, Variant
from catalog.specs import typed
from catalog.specs.vocabulary import SPECS
from core.admin import ViewOnly, perform, perform_each
from scraper.forms import MergeForm
from scraper.models.staging import ApprovalRule, CatalogChange, ChangedCar
from scraper.staging import curate, duplicates
from scraper.staging.publish import change_undo


class ChangedCarInline(ViewOnly, admin.TabularInline):
    """The cars of a change."""

    model = ChangedCar
    extra = 0
    fields = readonly_fields = ("variant", "source", "is_new", "facts")
    verbose_name_plural = "cars"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangedCar]:
        """With names; of a change by rule, that may hold hundreds, the first."""
        rows = super().get_queryset(request).select_related("variant__model__make", "source")
        pk = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        first = ChangedCar.objects.filter(change=pk).values_list("pk", flat=True)[:50] if pk else []
        return rows.filter(pk__in=list(first))

    @admin.display(description="facts")
    def facts(self, car: ChangedCar) -> str:
        """What came, and what was replaced."""
        keys = [*car.added, *car.before]
        return ", ".join(SPECS[key].label for key in keys) or "–"


@admin.register(CatalogChange)
class CatalogChangeAdmin(ViewOnly, admin.ModelAdmin):
    """Every change of the catalogue by crawls, sheets and curators."""

    list_display = ("created", "kind", "summary", "actor", "undone", "undone_by")
    list_display_links = ("created",)
    list_filter = ("kind", ("undone", admin.EmptyFieldListFilter))
    list_select_related = ("actor", "undone_by")
    list_before_template = "scraper/admin/changes.html"
    search_fields = ("summary",)
    date_hierarchy = "created"
    show_full_result_count = False
    actions = ("undo",)
    inlines = (ChangedCarInline,)
    fields = readonly_fields = ("created", "kind", "summary", "actor", "undone", "undone_by")

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scraper.curate_stagedcar")

    def get_urls(self) -> list[URLPattern]:
        """The merge page's address, before the admin's own."""
        merge = self.admin_site.admin_view(self.merge)
        return [path("merge/", merge, name="scraper_catalogchange_merge"), *super().get_urls()]

    @admin.action(description="Undo", permissions=["curate"])
    def undo(self, request: HttpRequest, queryset: QuerySet[CatalogChange]) -> None:
        """The latest first, so that changes of one car are taken back in their order."""
        rows = queryset.order_by("-pk")
        done = ngettext_lazy("%d change was undone.", "%d changes were undone.")
        perform_each(request, rows, lambda row: change_undo(change=row, actor=request.user), done)

    # --- Merging --------------------------------------------------------------------------------------------
    def merge(self, request: HttpRequest) -> HttpResponse:
        """Show two entries side by side and merge them; suggest entries that look the same."""
        if not self.has_curate_permission(request):
            raise PermissionDenied
        asked = request.POST or request.GET
        form = MergeForm(asked if asked.get("keep") else None, initial=asked)
        sides = []
        if form.is_bound and form.is_valid():
            keep, gone = form.cleaned_data["keep"], form.cleaned_data["gone"]
            if request.method == "POST":
                return self._merged(request, keep, gone)
            sides = [_side(keep), _side(gone)]
        elif request.method == "POST" and (pair := _models(request)):
            return self._merged(request, *pair)
        context = {
            **self.admin_site.each_context(request),
            "title": "Merge duplicates",
            "opts": self.opts,
            "form": form,
            "sides": sides,
            "alike_cars": duplicates.alike_cars(),
            "alike_models": duplicates.alike_models(),
        }
        return TemplateResponse(request, "scraper/admin/merge.html", context)

    def _merged(
        self, request: HttpRequest, keep: Variant | CarModel, gone: Variant | CarModel
    ) -> HttpResponse:
        text = f"{gone} was merged into {keep}; its old address redirects there."

        def merge() -> str:
            curate.duplicates_merge(keep=keep, gone=gone, actor=request.user)
            return text  # made before: afterwards one of the two is gone

        return perform(request, merge, reverse("admin:scraper_catalogchange_changelist"))


def _side(variant: Variant) -> dict[str, object]:
    """What a person wants to see of a car before it is merged."""
    facts = Spec.objects.filter(variant=variant).select_related("source").order_by("key", "source__rank")
    return {"car": variant, "facts": facts, "photos": variant.photos.count()}


def _models(request: HttpRequest) -> tuple[CarModel, CarModel] | None:
    """The two models that a button of the list of duplicates names."""
    pks = [pk for pk in request.POST.get("models", "").split(",") if pk.isdecimal()]
    found = CarModel.objects.select_related("make").in_bulk(pks)
    ordered = [found[int(pk)] for pk in pks if int(pk) in found]
    return (ordered[0], ordered[1]) if len(ordered) == 2 else None


class RuleForm(forms.ModelForm):
    """A rule. Bounds are of one kind of fact, and are read and written in the units that pages show."""

    class Meta:
        model = ApprovalRule
        fields = ["source", "key", "low", "high", "max_change", "new_cars", "is_active"]
        help_texts = {
            "low": "In the unit shown in brackets after the fact.",
            "high": "In the same unit.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        figures = [(kind.key, kind.label_with_unit) for kind in SPECS.values()]
        if key := self.fields.get("key"):  # none for staff who may only view
            key.choices = [("", "All facts without a rule of their own"), *figures]  # type: ignore[attr-defined]
        if self.instance.key:
            self.initial["low"], self.initial["high"] = bounds_read(self.instance)

    def clean(self) -> dict[str, Any]:
        """Bounds of everything would be bounds of nothing."""
        data = super().clean() or {}
        ends = [data.get("low"), data.get("high")]
        kind = SPECS.get(data.get("key") or "")
        if data.get("new_cars") and kind:
            self.add_error("new_cars", "Only the rule for all facts can add cars.")
        if ends == [None, None]:
            return data
        if kind is None or kind.kind == "text":
            self.add_error("key", "Only a fact with a number can have bounds.")
        elif None not in ends and ends[0] > ends[1]:  # type: ignore[operator]  # neither is None
            self.add_error("high", "The upper bound must not be below the lower one.")
        else:
            data["low"], data["high"] = (None if end is None else typed.stored(kind, end) for end in ends)
        return data


def bounds_read(rule: ApprovalRule) -> list[float | None]:
    """The bounds of a rule in the unit that pages show."""
    kind = SPECS[rule.key]
    return [None if end is None else typed.shown(kind, end) for end in (rule.low, rule.high)]


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(admin.ModelAdmin):
    """Facts that pass without a person."""

    form = RuleForm
    list_display = ("__str__", "source", "bounds", "percent", "new_cars", "is_active")
    list_filter = ("is_active", "source")
    list_select_related = ("source",)
    autocomplete_fields = ("source",)

    @admin.display(description="bounds")
    def bounds(self, rule: ApprovalRule) -> str:
        if not rule.key or (rule.low is None and rule.high is None):
            return "–"
        low, high = ("" if end is None else f"{end:g}" for end in bounds_read(rule))
        words = f"{low}–{high}" if low and high else f"from {low}" if low else f"to {high}"
        return f"{words} {SPECS[rule.key].display_unit('metric')[0]}".strip()

    @admin.display(description="largest change", ordering="max_change")
    def percent(self, rule: ApprovalRule) -> str:
        return f"{rule.max_change * 100:.0f}%"
