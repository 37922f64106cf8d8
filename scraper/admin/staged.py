"""The queue of curators who decide what is published: oldest first, each car beside the catalogue's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import ngettext, ngettext_lazy

from catalog.models import Variant
from catalog.specs.vocabulary import SPECS
from core.admin import ViewOnly, badge, perform_each
from scraper.admin.decisions import Decision
from scraper.exceptions import NotPossibleNow
from scraper.forms import NamesForm, WhichCarForm
from scraper.models.querysets import StagedCarQuerySet
from scraper.models.staging import CatalogChange, StagedCar
from scraper.staging import assess, curate
from scraper.staging.compare import Line
from scraper.staging.publish import staged_publish
from scraper.staging.values import StagedValue

Status = StagedCar.Status
_COLOURS = {
    Status.NEW: "quiet",
    Status.CHANGED: "warn",
    Status.CONFLICT: "bad",
    Status.UNCHANGED: "quiet",
    Status.APPROVED: "good",
    Status.REJECTED: "bad",
}


class StateFilter(admin.SimpleListFilter):
    """By state; the list opens on the cars that wait for a decision."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("all", "All"), *((str(value), str(label)) for value, label in Status.choices)]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The queue is the first choice, in place of Django's "All"."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "Waiting for a decision",
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> QuerySet[StagedCar]:
        if self.value() is None:
            return queryset.filter(status__in=StagedCar.PENDING)
        return queryset if self.value() == "all" else queryset.filter(status=self.value())


class FactFilter(admin.SimpleListFilter):
    """Cars of which a fact of this kind waits for a decision."""

    title = "undecided fact"
    parameter_name = "fact"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(spec.key, spec.label) for spec in SPECS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> QuerySet[StagedCar]:
        key = self.value()
        return cast(StagedCarQuerySet, queryset).with_field(key) if key in SPECS else queryset


@admin.register(StagedCar)
class StagedCarAdmin(ViewOnly, admin.ModelAdmin):
    """Cars as sources describe them, next to what the catalogue has."""

    list_display = ("car", "source", "state", "match_words", "waiting", "held_words", "since")
    list_display_links = ("car",)
    list_filter = (StateFilter, "source", "match", FactFilter, "make")
    list_per_page = 50
    search_fields = ("make", "model", "trim", "record")
    ordering = ("created", "pk")
    actions = ("approve", "reject")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[StagedCar]:
        """Without what only the page of a car shows."""
        rows = super().get_queryset(request).select_related("source")
        return rows.defer("values", "unparsed", "photos") if _is_list(request) else rows

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scraper.curate_stagedcar")

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="car", ordering="make")
    def car(self, row: StagedCar) -> str:
        return str(row)

    @admin.display(description="state", ordering="status")
    def state(self, row: StagedCar) -> str:
        return badge(row.get_status_display(), _COLOURS[Status(row.status)])

    @admin.display(description="which car", ordering="match")
    def match_words(self, row: StagedCar) -> str:
        """How it is known, and what makes it unsure."""
        if row.match != StagedCar.Match.PERSON:
            return row.get_match_display()
        return format_html("{} {}", badge(row.get_match_display(), "warn"), row.match_note)

    @admin.display(description="undecided facts")
    def waiting(self, row: StagedCar) -> str:
        names = [SPECS[key].label for key in row.keys]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") or "–"

    @admin.display(description="held back")
    def held_words(self, row: StagedCar) -> str:
        return "; ".join(f"{SPECS[key].label} {why}" for key, why in list(row.held.items())[:2]) or "–"

    @admin.display(description="waiting since", ordering="created")
    def since(self, row: StagedCar) -> str:
        return f"{row.created:%Y-%m-%d}"

    # --- Actions on many cars -------------------------------------------------------------------------------
    @admin.action(description="Publish facts that are not held back", permissions=["curate"])
    def approve(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> None:
        """Publish of each car what nothing speaks against."""

        def publish(row: StagedCar) -> None:
            passing = set(row.keys) - set(row.held)
            if row.held and not passing:
                raise NotPossibleNow(
                    "Everything that its source says is held for review. Open the car to see why."
                )
            staged_publish(staged=row, actor=request.user, keys=passing if row.held else None)

        _tell_of_decided(request, queryset)
        done = ngettext_lazy("%d car was published.", "%d cars were published.")
        perform_each(request, queryset, publish, done)

    @admin.action(description="Reject with a reason", permissions=["curate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> HttpResponse | None:
        """Ask for the reason on a page of its own, then reject."""
        reason = request.POST.get("reason", "").strip()
        if not reason and queryset.exists():
            context = {
                **self.admin_site.each_context(request),
                "title": "Reject cars",
                "opts": self.opts,
                "rows": queryset[:20],
                "count": queryset.count(),
                "ticked": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
                "across": request.POST.get("select_across", "0"),
                "asked": "asked" in request.POST,
            }
            return TemplateResponse(request, "scraper/admin/reject.html", context)
        _tell_of_decided(request, queryset)

        def refuse(row: StagedCar) -> None:
            curate.staged_reject(staged=row, actor=request.user, reason=reason)

        done = ngettext_lazy("%d car was rejected.", "%d cars were rejected.")
        perform_each(request, queryset, refuse, done)
        return None

    # --- One car --------------------------------------------------------------------------------------------
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """The car beside the catalogue, and what to do with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = StagedCar.objects.with_names().select_related("opened_by", "run")
        row = get_object_or_404(rows, pk=object_id if object_id.isdecimal() else 0)
        lines = assess.lines_of(row, assess.published_facts([row.variant_id])[row.variant_id or 0])
        form = NamesForm(request.POST if "correct" in request.POST else None, instance=row, lines=lines)
        if request.method == "POST":
            if not self.has_curate_permission(request):
                raise PermissionDenied
            answer = Decision(request, row, form).answer()
            if answer is not None:
                return answer
            row = rows.get(pk=row.pk)  # the invalid form has put its values into the other instance
        return TemplateResponse(
            request, "scraper/admin/staged_car.html", self._page(request, row, lines, form)
        )

    def _page(
        self, request: HttpRequest, row: StagedCar, lines: list[Line], form: NamesForm
    ) -> dict[str, object]:
        may_curate = self.has_curate_permission(request)
        is_open = may_curate and row.is_pending
        candidates = Variant.objects.with_names().filter(pk__in=row.candidates) if is_open else []
        return {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "row": row,
            "colour": _COLOURS[Status(row.status)],
            "lines": [(line, row.held.get(line.key, "")) for line in lines],
            "besides": _besides(row, lines),
            "form": form,
            "which": WhichCarForm(),
            "candidates": candidates,
            "may_curate": may_curate,
            "is_open": is_open,
            "other": curate.staged_open(staged=row, actor=request.user) if is_open else "",
            "history": row.history.select_related("history_user").order_by("-pk")[:20],
            "changes": CatalogChange.objects.filter(cars__staged=row).select_related("actor", "undone_by")[
                :10
            ],
            "waiting": StagedCar.objects.pending().count(),
        }


def _tell_of_decided(request: HttpRequest, rows: QuerySet[StagedCar]) -> None:
    """Of selected cars that left the list because another curator decided on them in the meantime."""
    selected = len(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))
    count = 0 if request.POST.get("select_across") == "1" else selected - rows.count()
    if count > 0:
        text = ngettext(
            "%d of the selected cars was decided on by someone else meanwhile and was left as it is.",
            "%d of the selected cars were decided on by someone else meanwhile and were left as they are.",
            count,
        )
        messages.warning(request, text % count)


def _besides(row: StagedCar, lines: Iterable[Line]) -> list[tuple[str, StagedValue, str]]:
    """What the source says and can't be published: its name, the value, and why where that is not plain."""
    shown = {line.key for line in lines} | {"make", "model", "trim", "year", "body_style"}
    why = {"price": "asked for a used car, so it is not a list price"}
    return [
        (value["key"].replace("_", " ").capitalize(), value, why.get(value["key"], ""))
        for value in row.values
        if value["key"] not in shown
    ]


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and match.url_name and match.url_name.endswith("_changelist"))
