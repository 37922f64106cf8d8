"""Forms of the admin: corrections of a staged car, choice of a car of the catalogue, and new crawls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms

from catalog.search.car_names import CarField
from catalog.specs import typed
from scraper.exceptions import ScrapeRefused
from scraper.models.staging import StagedCar
from scraper.runs import lifecycle
from scraper.runs.schedules import EVERY
from scraper.sources import ABOUT
from scraper.staging.compare import Line
from scraper.staging.values import Correction


class NamesForm(forms.ModelForm):
    """The names of a staged car, and its figures in the units that people read, each with two ends."""

    class Meta:
        model = StagedCar
        fields = ["make", "model", "trim", "body_style", "first_year", "last_year"]

    def __init__(self, *args: Any, lines: Iterable[Line] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {line.key: line for line in lines}
        for line in self.lines.values():
            self._add(line)

    def _add(self, line: Line) -> None:
        label, unit = line.kind.label, line.kind.display_unit("metric")[0] or line.value.get("currency", "")
        if line.kind.kind == "text":
            self.fields[line.key] = forms.CharField(
                label=label, required=False, max_length=200, initial=line.value.get("text", "")
            )
            return
        ends = _read(line)
        for end, words in (("low", "from"), ("high", "to")):
            name = ", ".join(part for part in (f"{label} {words}", unit) if part)
            self.fields[f"{line.key}-{end}"] = forms.FloatField(
                label=name,
                required=False,
                initial=ends[end == "high"],
                widget=forms.NumberInput({"step": "any"}),
            )

    def clean(self) -> dict[str, Any]:
        """Ranges and years have to be in order."""
        data = super().clean() or {}
        for key, line in self.lines.items():
            low, high = data.get(f"{key}-low"), data.get(f"{key}-high")
            if line.kind.kind == "number" and low is not None and high is not None and low > high:
                self.add_error(f"{key}-high", "The second figure must not be below the first.")
            if line.kind.unit == "m3/m" and 0 in (low, high):
                self.add_error(f"{key}-low", "A consumption is more than 0.")
        first, last = data.get("first_year"), data.get("last_year")
        if bool(first) != bool(last) or (first and last and first > last):
            self.add_error(
                "last_year", "Give both years, the first one first. For a single model year, enter it twice."
            )
        return data

    def names(self) -> dict[str, object]:
        """What `staged_edit` takes as names."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    def values(self) -> dict[str, Correction | None]:
        """What `staged_edit` takes as values: those that were changed."""
        changed: dict[str, Correction | None] = {}
        for key, line in self.lines.items():
            if not {key, f"{key}-low", f"{key}-high"} & set(self.changed_data):
                continue
            if line.kind.kind == "text":
                text = self.cleaned_data[key]
                changed[key] = {"text": text} if text else None
                continue
            ends = [self.cleaned_data[f"{key}-{end}"] for end in ("low", "high")]
            known = [end for end in ends if end is not None]
            if not known:
                changed[key] = None
                continue
            low, high = sorted(typed.stored(line.kind, end) for end in (known[0], known[-1]))
            changed[key] = {"low": low, "high": high}
        return changed


def _read(line: Line) -> tuple[float, float]:
    low = line.value["low"]
    first, last = sorted(typed.shown(line.kind, end) for end in (low, line.value.get("high", low)))
    return first, last


class WhichCarForm(forms.Form):
    """A car of the catalogue, by its address, its slug or its name."""

    car = CarField(label="Car of the catalogue")


class MergeForm(forms.Form):
    """Two cars of the catalogue, each as WhichCarForm takes it."""

    keep = CarField(label="Keep this car")
    gone = CarField(label="Merge this car into it", help_text="Its address will redirect to the other car.")

    def clean(self) -> dict[str, Any]:
        """A car can't be merged with itself."""
        data = super().clean() or {}
        if data.get("keep") and data.get("keep") == data.get("gone"):
            self.add_error("gone", "This is the same car. Name another one.")
        return data


class RunForm(forms.Form):
    """A crawl of one source, now or on a schedule: what that source can be asked for, and nothing else."""

    limit = forms.IntegerField(
        required=False, min_value=1, label="Most pages of cars", help_text="Leave empty to read them all."
    )
    make = forms.CharField(required=False, max_length=60, label="Only this make")
    addresses = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Start pages",
        help_text="One address a line, for sources that have no start page of their own.",
    )
    follow = forms.CharField(
        required=False,
        max_length=200,
        label="Pattern of car pages",
        help_text="A regular expression. Without it, cars are read from the start pages themselves.",
    )
    more = forms.CharField(required=False, max_length=200, label="Pattern of further list pages")
    replay = forms.BooleanField(
        required=False, label="Stored pages only", help_text="Nothing is requested from the site."
    )
    dry_run = forms.BooleanField(
        required=False, label="Dry run", help_text="Read and count, and stage nothing."
    )
    every = forms.ChoiceField(
        required=False,
        choices=[("", "never"), *((word, word) for word in EVERY)],
        label="Repeat every",
    )

    def __init__(self, source: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        about = ABOUT[source]
        if about.is_table:
            self.fields["limit"].label = "Most cars"
        if about.needs_addresses:
            self.fields["addresses"].required = True
        else:
            for name in ("addresses", "follow", "more"):
                del self.fields[name]

    def clean_addresses(self) -> list[str]:
        """Each the address of a page."""
        addresses: list[str] = self.cleaned_data["addresses"].split()
        for address in addresses:
            _asked(lifecycle.check_address, address)
        return addresses

    def clean_follow(self) -> str:
        """A pattern that can be read."""
        return _asked(lifecycle.check_pattern, self.cleaned_data["follow"])

    def clean_more(self) -> str:
        """A pattern that can be read."""
        return _asked(lifecycle.check_pattern, self.cleaned_data["more"])

    def options(self) -> dict[str, object]:
        """As `lifecycle.run_start` takes them."""
        words = self.cleaned_data
        kept = {name: words.get(name) for name in ("limit", "addresses", "follow", "more", "replay")}
        return kept | {"only": {"make": words["make"]} if words["make"] else {}}


def _asked(check: Callable[[str], None], text: str) -> str:
    """The text, if it can be asked for like this; else the refusal stands beside its field."""
    try:
        check(text)
    except ScrapeRefused as refusal:
        raise forms.ValidationError(refusal.message) from None
    return text
