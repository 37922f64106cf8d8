"""Two-step verification: a code from an authenticator app, or one of ten backup codes."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

logger = logging.getLogger(__name__)


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's adapter, with secrets that a stolen copy of the database does not give away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": (
            "The address can't be changed while two-step verification is on. Turn it off first (staff have "
            "to ask an administrator to remove it), change the address, then set it up again."
        ),
        "cannot_delete_authenticator": (
            "Staff can't turn off two-step verification. For a new phone or another address, ask an "
            "administrator to remove it."
        ),
        "incorrect_code": (
            "That code is not right. Codes change every 30 seconds and work once: wait for the next one."
        ),
        "other_key": (
            "Your two-step verification can't be checked any more, because the site's secret key has "
            "changed. Ask the site's administrators to remove it, in the admin or with “manage.py "
            "remove_second_factor”. Then sign in with your password and set it up again."
        ),
        "unverified_email": "Confirm your e-mail address first.",
    }

    def encrypt(self, text: str) -> str:
        """Encrypted with a key derived from the site's SECRET_KEY."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret. Raises a ValidationError, with what to do, where SECRET_KEY has changed."""
        from cryptography.fernet import InvalidToken

        try:
            return _fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning(
                "a second factor was encrypted with another SECRET_KEY: restore that key, or have it set up "
                "again (manage.py remove_second_factor ADDRESS)"
            )
            raise self.validation_error("other_key") from None

    def build_totp_svg(self, url: str) -> str:
        """Black on white also on dark pages: many cameras read no other QR code."""
        import qrcode
        from qrcode.image.svg import SvgPathFillImage

        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff who need one keep it; for a new phone an administrator removes the old factor first."""
        return not authenticator.user.needs_second_factor


class CodeStage(AuthenticateStage):
    """The page within a sign-in that asks for the code."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Note which password was right, while the code is waited for."""
        if self.login.user is not None:
            self.state["access"] = self.login.user.get_session_auth_hash()
        step: tuple[HttpResponse | None, bool] = super().handle()
        return step

    def exit(self) -> HttpResponse:
        """Sign in, unless the password has changed or all sessions have ended since."""
        user = self.login.user
        if user is None or self.state.get("access") != user.get_session_auth_hash():
            return self.abort()
        return super().exit()

    def is_resumable(self, request: HttpRequest) -> bool:
        """Not once the factor is removed: sign-in and code page would redirect to each other for ever."""
        return self._should_handle(request)


def _fernet() -> Fernet:
    from cryptography.fernet import Fernet

    key = salted_hmac("accounts.second_factor", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
