"""Forms of two-step verification: allauth's, with our words."""

from __future__ import annotations

from typing import Any

from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.forms import GenerateRecoveryCodesForm
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache

from accounts import guessing
from accounts.forms import Tidy
from accounts.limits import too_many_requests
from accounts.models import User
from core.limits import LimitReached


class CodeForm(Tidy):
    """A form that asks for a code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autocapitalize": "off", "spellcheck": "false", "maxlength": 20}


class OnceForm(CodeForm):
    """A form whose code works once, and is not guessed (see `accounts.guessing`)."""

    user: User
    authenticator: Authenticator
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Like allauth's, which counts tries by account alone: strangers could lock the owner out."""
        code: str = self.cleaned_data["code"]
        request = allauth_context.request
        try:
            guessing.spend_code_guess(request, self.user.email)
        except LimitReached as reached:
            raise ImmediateHttpResponse(too_many_requests(request, reached.retry_after)) from None
        for authenticator in Authenticator.objects.filter(user=self.user):
            used = authenticator.wrap()
            if used.validate_code(code):
                self._keep(authenticator, used, code)
                guessing.code_was_right(request, self.user.email)
                return code
        raise get_adapter().validation_error("incorrect_code")

    def _keep(self, authenticator: Authenticator, used: object, code: str) -> None:
        """Remember a used code for as long as it is valid.

        allauth forgets it after one period, though TOTP_TOLERANCE makes it valid for three.
        """
        authenticator.user = self.user
        self.authenticator = authenticator
        if isinstance(used, TOTP):
            good_for = app_settings.TOTP_PERIOD * (1 + 2 * app_settings.TOTP_TOLERANCE)
            cache.touch(used._get_used_cache_key(code), timeout=good_for)


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
