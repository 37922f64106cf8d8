"""The queue in which curators decide what is published: oldest first, each car beside what the catalogue has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from catalog.models import Variant
from catalog.specs.vocabulary import SPECS
from scraper.admin.parts import ReadOnly, badge, each
from scraper.exceptions import NotPossibleNow, ScraperError
from scraper.forms import NamesForm, WhichCarForm
from scraper.models.staging import CatalogChange, StagedCar
from scraper.staging import assess, curate
from scraper.staging.compare import Line
from scraper.staging.publish import change_undo, staged_publish

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
    """Where cars are on their way; at first only what waits is shown."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everything, or one state."""
        return [("all", "All"), *((str(value), str(label)) for value, label in Status.choices)]

    def choices(self, changelist: Any) -> Any:
        """The queue is the first choice, in place of Django's "All"."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "Waits for a decision",
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows of the choice."""
        if self.value() is None:
            return queryset.filter(status__in=StagedCar.PENDING)
        return queryset if self.value() == "all" else queryset.filter(status=self.value())


class FactFilter(admin.SimpleListFilter):
    """Cars of which a kind of fact waits."""

    title = "fact that waits"
    parameter_name = "fact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind of fact."""
        return [(spec.key, spec.label) for spec in SPECS.values()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows of the choice."""
        return queryset.with_field(self.value()) if self.value() in SPECS else queryset


@admin.register(StagedCar)
class StagedCarAdmin(ReadOnly, admin.ModelAdmin):
    """Cars that sources speak of."""

    list_display = ("car", "source", "state", "match_words", "waiting", "held_words", "since")
    list_display_links = ("car",)
    list_filter = (StateFilter, "source", "match", FactFilter, "make")
    list_per_page = 50
    search_fields = ("make", "model", "trim", "record")
    ordering = ("created", "pk")
    actions = ("approve", "reject")
    show_full_result_count = False

    class Media:
        css = {"all": ("scraper/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[StagedCar]:
        """Without what only the page of a car shows."""
        rows = super().get_queryset(request).select_related("source")
        return rows.defer("values", "unparsed", "photos") if _is_list(request) else rows

    def has_curate_permission(self, request: HttpRequest) -> bool:
        """Who may decide what is published."""
        return request.user.has_perm("scraper.curate_stagedcar")

    # --- Columns --------------------------------------------------------------------------------------------
    @admin.display(description="car", ordering="make")
    def car(self, row: StagedCar) -> str:
        """Its name."""
        return str(row)

    @admin.display(description="state", ordering="status")
    def state(self, row: StagedCar) -> str:
        """In colour and words."""
        return badge(row.get_status_display(), _COLOURS[Status(row.status)])

    @admin.display(description="which car", ordering="match")
    def match_words(self, row: StagedCar) -> str:
        """How it is known, and what makes it unsure."""
        if row.match != StagedCar.Match.PERSON:
            return row.get_match_display()
        return format_html("{} {}", badge(row.get_match_display(), "warn"), row.match_note)

    @admin.display(description="facts that wait")
    def waiting(self, row: StagedCar) -> str:
        """Their names."""
        names = [SPECS[key].label for key in row.keys]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") or "–"

    @admin.display(description="held")
    def held_words(self, row: StagedCar) -> str:
        """Why."""
        return "; ".join(f"{SPECS[key].label} {why}" for key, why in list(row.held.items())[:2]) or "–"

    @admin.display(description="waits since", ordering="created")
    def since(self, row: StagedCar) -> str:
        """The day it came."""
        return f"{row.created:%Y-%m-%d}"

    # --- Many at once ---------------------------------------------------------------------------------------
    @admin.action(description="Publish what is not held", permissions=["curate"])
    def approve(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> None:
        """Publish of each car what nothing speaks against."""

        def publish(row: StagedCar) -> None:
            passing = set(row.keys) - set(row.held)
            if row.held and not passing:
                raise NotPossibleNow("All that it says is held. Open it to see why.")
            staged_publish(staged=row, actor=request.user, keys=passing if row.held else None)

        _tell_of_gone(request, queryset)
        each(request, queryset, publish, "cars are published")

    @admin.action(description="Reject, with a reason", permissions=["curate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[StagedCar]) -> HttpResponse | None:
        """Ask why, then reject."""
        reason = request.POST.get("reason", "").strip()
        if not reason and queryset.exists():
            context = {
                **self.admin_site.each_context(request),
                "title": "Why are these rejected?",
                "opts": self.opts,
                "rows": queryset[:20],
                "count": queryset.count(),
                "ticked": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
                "across": request.POST.get("select_across", "0"),
                "asked": "asked" in request.POST,
            }
            return TemplateResponse(request, "scraper/admin/reject.html", context)
        _tell_of_gone(request, queryset)
        each(
            request,
            queryset,
            lambda row: curate.staged_reject(staged=row, actor=request.user, reason=reason),
            "cars are rejected",
        )
        return None

    # --- One car --------------------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
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
            answer = _Decision(request, row, form).answer()
            if answer is not None:
                return answer
            row = rows.get(pk=row.pk)  # a form that did not fit has put its values into the other one
        return TemplateResponse(
            request, "scraper/admin/staged_car.html", self._page(request, row, lines, form)
        )

    def _page(self, request: HttpRequest, row: StagedCar, lines: Any, form: NamesForm) -> dict[str, Any]:
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


class _Decision:
    """What the pressed button of a car's page asks for."""

    def __init__(self, request: HttpRequest, row: StagedCar, form: NamesForm) -> None:
        self.request, self.row, self.form = request, row, form
        self.asked: dict[str, Any] = {"staged": row, "actor": request.user}

    def answer(self) -> HttpResponse | None:
        """Does it, and leads on: to the next car once this one is decided. None where a form did not fit."""
        steps: dict[str, Callable[[], str]] = {
            "publish": self.publish,
            "reject": self.reject,
            "reopen": self.reopen,
            "map": self.map,
            "new_car": self.new_car,
            "split": self.split,
            "undo": self.undo,
        }
        if "correct" in self.request.POST:
            if not self.form.is_valid():
                return None
            steps["correct"] = self.correct
        step = next((name for name in steps if name in self.request.POST), "")
        if step:
            try:
                messages.success(self.request, steps[step]())
            except ScraperError as error:
                messages.error(self.request, error.message)
        return HttpResponseRedirect(self._next(step))

    def _next(self, step: str) -> str:
        here = StagedCar.objects.get(pk=self.row.pk)
        if step in ("publish", "reject") and not here.is_pending:
            following = StagedCar.objects.pending().exclude(pk=here.pk).first()
            return (
                following.get_absolute_url() if following else reverse("admin:scraper_stagedcar_changelist")
            )
        return here.get_absolute_url()

    def publish(self) -> str:
        """The ticked facts; all of a car without any."""
        ticked = set(self.request.POST.getlist("fact"))
        if self.row.keys and not ticked:
            raise NotPossibleNow("Tick the facts that are to be published, or reject the car.")
        change = staged_publish(**self.asked, keys=ticked if self.row.keys else None)
        return f"Published: {change}."

    def reject(self) -> str:
        """With the reason that was typed."""
        curate.staged_reject(**self.asked, reason=self.request.POST.get("reason", ""))
        return f"{self.row} is rejected."

    def reopen(self) -> str:
        """Back into the queue."""
        curate.staged_reopen(**self.asked)
        return "It waits for a decision again."

    def map(self) -> str:
        """To the car that was chosen or named."""
        which = WhichCarForm({"car": self.request.POST["map"] or self.request.POST.get("car", "")})
        if not which.is_valid():
            raise ScraperError(
                " ".join(error for errors in which.errors.values() for error in map(str, errors))
            )
        variant = which.cleaned_data["car"]
        curate.staged_map(**self.asked, variant=variant)
        return f"It is {variant}."

    def new_car(self) -> str:
        """To none of the catalogue."""
        curate.staged_map(**self.asked, variant=None)
        return "It will become a new car of the catalogue."

    def split(self) -> str:
        """Off the car that it was taken for."""
        return f"{curate.staged_split(**self.asked)}."

    def undo(self) -> str:
        """The change that the button names."""
        pk = self.request.POST["undo"]
        change = get_object_or_404(CatalogChange, pk=pk if pk.isdecimal() else 0, cars__staged=self.row)
        change_undo(change=change, actor=self.request.user)
        return f"Undone: {change}."

    def correct(self) -> str:
        """What was typed over."""
        row = StagedCar.objects.get(pk=self.row.pk)  # the form has put its values into the other one
        changed = curate.staged_edit(
            staged=row, actor=self.request.user, names=self.form.names(), values=self.form.values()
        )
        return f"Corrected: {', '.join(changed)}." if changed else "Nothing was changed."


def _tell_of_gone(request: HttpRequest, rows: QuerySet[StagedCar]) -> None:
    """Of ticked cars that left the list meanwhile, as another curator decided on them."""
    ticked = len(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))
    gone = 0 if request.POST.get("select_across") == "1" else ticked - rows.count()
    if gone > 0:
        messages.warning(
            request, f"{gone} of the ticked cars were decided on meanwhile. Nothing was changed there."
        )


def _besides(row: StagedCar, lines: Iterable[Line]) -> list[tuple[str, Mapping[str, Any], str]]:
    """What the source says and nobody can publish: its name, the value, and why where that is not plain."""
    shown = {line.key for line in lines} | {"make", "model", "trim", "year", "body_style"}
    why = {"price": "asked for a used car: no list price"}
    return [
        (value["key"].replace("_", " ").capitalize(), value, why.get(value["key"], ""))
        for value in row.values
        if value["key"] not in shown
    ]


def _is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and match.url_name and match.url_name.endswith("_changelist"))
