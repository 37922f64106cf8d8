"""Forms of two-step verification: allauth's, with our words."""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache

from accounts.forms import Tidy


class CodeForm(Tidy):
    """A form that asks for a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autocapitalize": "off", "spellcheck": "false", "maxlength": 20}


class OnceForm(CodeForm):
    """A form whose code works once."""

    authenticator: Authenticator

    def clean_code(self) -> str:
        """Remember a used code for as long as it is valid.

        allauth forgets it after one period, though TOTP_TOLERANCE makes it valid for three.
        """
        code = super().clean_code()  # type: ignore[misc]  # of the form that this is mixed with
        used = self.authenticator.wrap()
        if isinstance(used, TOTP):
            good_for = app_settings.TOTP_PERIOD * (1 + 2 * app_settings.TOTP_TOLERANCE)
            cache.touch(used._get_used_cache_key(code), timeout=good_for)
        return code


class AuthenticateForm(OnceForm, base.AuthenticateForm):
    """The code at sign-in."""


class ReauthenticateForm(OnceForm, base.ReauthenticateForm):
    """Prove once more who you are, by a code."""


class ActivateForm(CodeForm, ActivateTOTPForm):
    """Prove that the app shows the right codes."""


class DeactivateForm(Tidy, DeactivateTOTPForm):
    """Turn off two-step verification."""


class NewCodesForm(Tidy, GenerateRecoveryCodesForm):
    """New backup codes that replace the old ones."""
