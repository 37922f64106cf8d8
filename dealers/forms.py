"""Forms: filters of the directory and of leads, an enquiry, the status of a lead."""

from __future__ import annotations

from typing import Any

from django import forms

from catalog.models import Make
from core.fields import EmailInput
from dealers.models import Enquiry
from dealers.spam import GuardedForm
from dealers.validators import (
    MESSAGE_LENGTH,
    PHONE_LENGTH,
    clean_email,
    clean_line,
    clean_message,
    clean_phone,
)


class DirectoryForm(forms.Form):
    """Filters of the directory: a make, a place, and the car and photo that an enquiry would be about."""

    make = forms.SlugField(required=False, widget=forms.Select, max_length=80)
    near = forms.CharField(
        label="City or place",
        required=False,
        max_length=120,
        widget=forms.TextInput(
            attrs={"list": "cities", "autocomplete": "address-level2", "placeholder": "Such as Munich"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        makes = Make.objects.published().values_list("slug", "name")
        self.fields["make"].widget.choices = [("", "All makes"), *makes]


class SubjectForm(forms.Form):
    """What an enquiry is about, from the address of the page; anything malformed counts as absent."""

    variant = forms.SlugField(required=False, max_length=200)
    identification = forms.UUIDField(required=False)


class EnquiryForm(GuardedForm):
    """A visitor's enquiry to a dealer."""

    name = forms.CharField(
        max_length=120, strip=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(label="E-mail", max_length=320, widget=EmailInput)
    phone = forms.CharField(
        required=False,
        max_length=PHONE_LENGTH,
        help_text="Only if you would like a call. From abroad with the country code, such as +49 89 1234567.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    message = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 7, "maxlength": MESSAGE_LENGTH}),
        help_text="Plain text, up to 4,000 characters.",
    )
    send_photo = forms.BooleanField(label="Attach my photo", required=False)
    consent = forms.BooleanField(
        label="Pass my name, contact details and message on to this dealer, so that they can answer me",
        error_messages={
            "required": "We need your consent to pass your enquiry on to the dealer. Tick the box to send it."
        },
    )

    def __init__(self, *args: Any, country: str = "", **kwargs: Any) -> None:
        """`country` is the dealer's: telephone numbers without a country code are of there."""
        super().__init__(*args, **kwargs)
        self.country = country

    def clean_email(self) -> str:
        """One that can be written to."""
        return clean_email(self.cleaned_data["email"])

    def clean_name(self) -> str:
        """One line: it goes into a mail header."""
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Please enter your name.", code="required")
        return name

    def clean_phone(self) -> str:
        """A plausible number, or none."""
        return clean_phone(self.cleaned_data["phone"], self.country)

    def clean_message(self) -> str:
        """Plain text of limited length."""
        return clean_message(self.cleaned_data["message"])


class LeadFilterForm(forms.Form):
    """Which leads to list."""

    status = forms.ChoiceField(choices=[("", "All"), *Enquiry.Status.choices], required=False)


class LeadStatusForm(forms.Form):
    """The next status of a lead, a note, or both.

    `seen` is the status that the person saw, so that a colleague's change in between is not overwritten.
    """

    status = forms.ChoiceField(
        choices=[("", "As it is"), *Enquiry.Status.choices], widget=forms.HiddenInput, required=False
    )
    seen = forms.ChoiceField(choices=Enquiry.Status.choices, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 400}),
        help_text="For your colleagues. The visitor does not see it.",
    )

    def clean(self) -> dict[str, Any] | None:
        """Something has to be done."""
        if not self.errors and not self.cleaned_data["status"] and not self.cleaned_data["note"]:
            self.add_error("note", forms.ValidationError("Write a note to save it.", code="required"))
        return super().clean()
