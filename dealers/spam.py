"""Keeps robots out of a form without a captcha: a hidden field, a signed token, and a limit (`limits`).

There is no least time between showing a form and sending it: name, address and message come filled in, so
that a person may well send it within a second.
"""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Any

from django import forms
from django.core import signing

MAX_SECONDS = 24 * 3600

_SALT = "dealers.form"


def form_token() -> str:
    """A random name for one showing of a form, with its time, signed."""
    return signing.TimestampSigner(salt=_SALT).sign(secrets.token_urlsafe(16))


class GuardedForm(forms.Form):
    """A form with a honeypot and a signed time stamp.

    Whatever trips them, the errors are for people too: the text stays, and sending again works.
    """

    token = forms.CharField(required=False, widget=forms.HiddenInput)
    homepage = forms.CharField(required=False)

    @cached_property
    def fresh_token(self) -> str:
        """The token to show: the one that came back while it is good, so that a resend is known as such."""
        token = self.data.get("token", "")
        return token if self.is_bound and not self._token_fault(token) else form_token()

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("homepage"):
            self.add_error(None, forms.ValidationError(_FAULTS["robot"], code="robot"))
        if fault := self._token_fault(self.cleaned_data.get("token", "")):
            self.add_error(None, forms.ValidationError(_FAULTS[fault], code=fault))
        return super().clean()

    @staticmethod
    def _token_fault(token: str) -> str:
        signer = signing.TimestampSigner(salt=_SALT)
        try:
            signer.unsign(token, max_age=MAX_SECONDS)
        except signing.SignatureExpired:
            return "too_old"
        except signing.BadSignature:
            return "no_token"
        return ""


_FAULTS = {
    "robot": (
        "A hidden field was filled in, which usually only robots do. We have emptied it: please send "
        "the form again."
    ),
    "too_old": (
        "This page was open for more than a day. Everything you wrote is still here: please send it again."
    ),
    "no_token": "The form arrived incomplete. Everything you wrote is still here: please send it again.",
}
