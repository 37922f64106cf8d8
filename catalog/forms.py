"""Forms of the admin: facts, read and written in the units that pages show."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.models import Spec
from catalog.specs import typed
from catalog.specs.vocabulary import SPECS, SpecKind

_ENDS = ("low", "high")


class FigureInput(forms.NumberInput):
    """A figure with its unit beside it."""

    unit = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The input and the unit."""
        return format_html(
            '{} <span class="staff-help">{}</span>', super().render(name, value, attrs, renderer), self.unit
        )


class SpecForm(forms.ModelForm):
    """A fact of a car. Figures are stored in SI units; here they stand in those that pages show.

    A figure that was not touched stays as it is to the last digit.
    """

    class Meta:
        model = Spec
        fields = [
            "variant",
            "key",
            "low",
            "high",
            "text",
            "currency",
            "raw",
            "record",
            "model_year",
            "note",
            "source",
            "retrieved",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = SPECS.get(self.instance.key)
        for name in _ENDS:
            if name in self.fields:
                widget = FigureInput(attrs={"step": "any"})
                widget.unit = _unit(kind, self.instance.currency) if kind else ""
                self.fields[name].widget = widget
                self.initial[name] = self._read(kind, getattr(self.instance, name))
        if "key" in self.fields:
            figures = [(one.key, one.label_with_unit) for one in SPECS.values()]
            self.fields["key"].choices = [("", "---------"), *figures]  # type: ignore[attr-defined]

    @staticmethod
    def _read(kind: SpecKind | None, value: float | None) -> float | None:
        if kind is None or value is None or kind.kind != "number":
            return value
        return typed.shown(kind, value)

    def clean(self) -> dict[str, Any]:
        """Figures in SI units, in order; none for a fact in words."""
        data = super().clean() or {}
        kind = SPECS.get(data.get("key") or self.instance.key)
        if kind is None:
            return data
        ends = [data.get(name) for name in _ENDS]
        if kind.kind == "text":
            if any(end is not None for end in ends):
                self.add_error("low", f"{kind.label} is a fact in words: write it into the text.")
            return data
        if data.get("low") is None and data.get("high") is not None:
            self.add_error("low", "Give the lower figure too; for a single one, the same twice or the first.")
        elif None not in ends and data["low"] > data["high"]:
            self.add_error("high", "The second figure must not be below the first.")
        elif data.get("low") is not None:
            data["low"], data["high"] = (self._si(kind, name, data) for name in _ENDS)
        return data

    def _si(self, kind: SpecKind, name: str, data: dict[str, Any]) -> float:
        value = data["low"] if data.get(name) is None else data[name]
        stored: float | None = getattr(self.instance, name)
        if stored is not None and kind.key == self.initial.get("key") and value == self.initial.get(name):
            return stored
        return typed.stored(kind, value)


def _unit(kind: SpecKind, currency: str) -> str:
    return kind.display_unit("metric")[0] or currency
