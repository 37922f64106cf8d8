"""The buttons on the page of a staged car: publish, reject, correct, say which car it is, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from scraper.exceptions import NotPossibleNow, ScraperError
from scraper.forms import NamesForm, WhichCarForm
from scraper.models.staging import CatalogChange, StagedCar
from scraper.staging import curate
from scraper.staging.publish import change_undo, staged_publish


class Decision:
    """What the button that was pressed on the page of a staged car asks for."""

    def __init__(self, request: HttpRequest, row: StagedCar, form: NamesForm) -> None:
        self.request, self.row, self.form = request, row, form
        self.asked: dict[str, Any] = {"staged": row, "actor": request.user}

    def answer(self) -> HttpResponse | None:
        """Do it and redirect: to the next car once this one is decided. None where a form was invalid."""
        steps: dict[str, Callable[[], str]] = {
            "publish": self.publish,
            "reject": self.reject,
            "reopen": self.reopen,
            "map": self.map,
            "new_car": self.new_car,
            "split": self.split,
            "undo": self.undo,
            "correct": self.correct,
        }
        if "correct" in self.request.POST and not self.form.is_valid():
            return None
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
        """The selected facts; of a car without undecided facts, its name."""
        ticked = set(self.request.POST.getlist("fact"))
        if self.row.keys and not ticked:
            raise NotPossibleNow("Select the facts to publish, or reject the car.")
        change = staged_publish(**self.asked, keys=ticked if self.row.keys else None)
        return f"Published: {change}."

    def reject(self) -> str:
        curate.staged_reject(**self.asked, reason=self.request.POST.get("reason", ""))
        return f"{self.row} was rejected."

    def reopen(self) -> str:
        curate.staged_reopen(**self.asked)
        return "The car waits for a decision again."

    def map(self) -> str:
        """Match it with the car that was chosen or named."""
        which = WhichCarForm({"car": self.request.POST["map"] or self.request.POST.get("car", "")})
        if not which.is_valid():
            raise ScraperError(" ".join(str(error) for errors in which.errors.values() for error in errors))
        variant = which.cleaned_data["car"]
        curate.staged_map(**self.asked, variant=variant)
        return f"This car is now matched with {variant}."

    def new_car(self) -> str:
        """Say that it is none of the catalogue."""
        curate.staged_map(**self.asked, variant=None)
        return "It will be added to the catalogue as a new car."

    def split(self) -> str:
        """Make it a car of its own."""
        return f"{curate.staged_split(**self.asked)}."

    def undo(self) -> str:
        """The change that the button names."""
        pk = self.request.POST["undo"]
        change = get_object_or_404(CatalogChange, pk=pk if pk.isdecimal() else 0, cars__staged=self.row)
        change_undo(change=change, actor=self.request.user)
        return f"Undone: {change}."

    def correct(self) -> str:
        row = StagedCar.objects.get(pk=self.row.pk)  # the form has put its values into the other instance
        changed = curate.staged_edit(
            staged=row, actor=self.request.user, names=self.form.names(), values=self.form.values()
        )
        return f"Corrected: {', '.join(changed)}." if changed else "Nothing was changed."
