"""What people may say of an answer."""

from __future__ import annotations

from typing import Any, TypedDict

from django import forms

from catalog.models import Variant
from catalog.search.car_names import CarInput, named
from catalog.search.criteria import Criteria
from classifier.models import Feedback, Identification
from core.text import fold

_LISTED = "variant:"


class Said(TypedDict):
    """What a person says of an answer."""

    verdict: str
    variant: Variant | None
    text: str
    may_train: bool


class FeedbackForm(forms.Form):
    """Right, one of the other candidates, another car in one's own words, or no car at all."""

    choice = forms.ChoiceField(label="What does the photo show?", widget=forms.RadioSelect)
    text = forms.CharField(
        label="Which car is it?",
        max_length=200,
        required=False,
        help_text="Make, model and year as far as you know, such as Audi A5 Coupe 2012.",
        widget=CarInput,
    )
    may_train = forms.BooleanField(
        label="My photo may be used to train better models",
        required=False,
        help_text="Only if you tick this; you can take it back by deleting the photo.",
    )

    def __init__(self, *args: Any, identification: Identification, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = {
            f"{_LISTED}{p.variant.slug}": p.variant for p in identification.predictions.all() if p.variant
        }
        choices = [(key, str(variant)) for key, variant in self.candidates.items()]
        if choices and identification.scene == Identification.Scene.EXTERIOR:
            choices[0] = ("right", f"Yes: {choices[0][1]}")
        choices += [("other", "Another car"), ("not_a_car", "Not a car")]
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, object]:
        """Ask for the name where "another car" is chosen."""
        data = super().clean() or {}
        if data.get("choice") == "other" and not data.get("text"):
            self.add_error("text", "Say which car it is, as far as you know.")
        return data

    def verdict(self) -> Said:
        """The answers as `feedback_record` takes them."""
        choice, text = self.cleaned_data["choice"], self.cleaned_data["text"]
        may_train: bool = self.cleaned_data["may_train"]
        verdicts = Feedback.Verdict
        if choice == "right":
            best = next(iter(self.candidates.values()))
            return Said(verdict=verdicts.RIGHT, variant=best, text="", may_train=may_train)
        if choice == "not_a_car":
            return Said(verdict=verdicts.NOT_A_CAR, variant=None, text="", may_train=may_train)
        variant = self.candidates.get(choice) or variant_named(text)
        verdict = verdicts.OTHER_VARIANT if variant else verdicts.NOT_LISTED
        return Said(verdict=verdict, variant=variant, text=text, may_train=may_train)


def variant_named(text: str) -> Variant | None:
    """The published variant whose full name this is, whatever the case; None where there is none.

    Of a car that stands for all years of its model, make and model are name enough.
    """
    published = Variant.objects.published()
    if found := named(text, published):
        return found[-1]
    wanted = fold(text)
    of_all_years = published.filter(year=None).meeting(Criteria(q=text)).with_names() if wanted else ()
    return next((car for car in of_all_years if fold(str(car.model)) == wanted), None)
