"""Forms of the second step: allauth's, with our words."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base import forms as base
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm

from accounts.forms import Tidy


class CodeForm(Tidy):
    """A form that asks for a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autocapitalize": "off", "spellcheck": "false", "maxlength": 20}


class AuthenticateForm(CodeForm, base.AuthenticateForm):
    """The second step of signing in."""


class ReauthenticateForm(CodeForm, base.ReauthenticateForm):
    """Prove once more who you are, by a code."""


class ActivateForm(CodeForm, ActivateTOTPForm):
    """Show that the app gives the right codes."""


class DeactivateForm(Tidy, DeactivateTOTPForm):
    """Turn the second step off."""


class NewCodesForm(Tidy, GenerateRecoveryCodesForm):
    """New codes on paper in place of the old ones."""
