"""What staff say of a crawl that they ask for."""

from __future__ import annotations

from typing import Any

from django import forms

from scraper.runs.schedules import EVERY
from scraper.sources import SOURCES


class RunForm(forms.Form):
    """A crawl, now or on a schedule."""

    source = forms.ChoiceField(choices=list(SOURCES.items()))
    limit = forms.IntegerField(
        required=False, min_value=1, label="Most pages of cars", help_text="Empty: all that there are."
    )
    make = forms.CharField(required=False, max_length=60, label="Only this make")
    addresses = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Addresses of first pages",
        help_text="One a line, for sources that begin nowhere by themselves.",
    )
    follow = forms.CharField(
        required=False,
        max_length=200,
        label="Pattern of cars' pages",
        help_text="A regular expression; without it the first pages themselves are read for cars.",
    )
    more = forms.CharField(required=False, max_length=200, label="Pattern of further lists")
    replay = forms.BooleanField(
        required=False, label="From kept pages only", help_text="The site is not touched."
    )
    dry_run = forms.BooleanField(required=False, label="Only count", help_text="Nothing is staged.")
    every = forms.ChoiceField(
        required=False,
        choices=[("", "never"), *((word, word) for word in EVERY)],
        label="On a schedule, every",
    )

    def clean_addresses(self) -> list[str]:
        """One a line."""
        return self.cleaned_data["addresses"].split()

    def options(self) -> dict[str, Any]:
        """As `runs.run_start` takes them."""
        words = self.cleaned_data
        kept = {name: words[name] for name in ("limit", "addresses", "follow", "more", "replay")}
        return kept | {"only": {"make": words["make"]} if words["make"] else {}}
