"""The second step at sign-in: a code from an app on one's phone, or one of ten codes on paper."""

from __future__ import annotations

import base64
import logging
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's ways, with secrets that a stolen copy of the database does not give away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": "An account with a second step keeps its address. Turn the second step off first (where it has to "
        "stay on, an administrator takes it away), change the address, then set it up again.",
        "cannot_delete_authenticator": "Staff keep their second step. For a new phone or another address an administrator takes it "
        "away.",
        "incorrect_code": "That is not the code. Codes change every 30 seconds and work once: wait for the next one.",
        "other_key": "The site can't read your second step any more, because the site's own key has changed. Ask whoever runs the "
        "site to take it away, in the admin or by “manage.py remove_second_factor”: then your password signs you in, and you set "
        "it up again.",
        "unverified_email": "Confirm your e-mail address first, so that nobody can lock its owner out.",
    }

    def encrypt(self, text: str) -> str:
        """Sealed with the site's SECRET_KEY."""
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was sealed. With another SECRET_KEY nothing opens it: the form that asked for a code says what helps."""
        from cryptography.fernet import InvalidToken

        try:
            return _safe().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.warning(
                "a second step was sealed with another SECRET_KEY: bring that key back, or have it set up anew "
                "(manage.py remove_second_factor ADDRESS)"
            )
            raise self.validation_error("other_key") from None

    def build_totp_svg(self, url: str) -> str:
        """Black on white in dark pages, too: cameras read no other."""
        import qrcode
        from qrcode.image.svg import SvgPathFillImage

        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff who need it keep it; a new phone is set up after an administrator has taken the old one away."""
        return not authenticator.user.needs_second_factor


class CodeStage(AuthenticateStage):
    """The code page within a sign-in."""

    def is_resumable(self, request: HttpRequest) -> bool:
        """Not once the second step is taken away: the sign-in page and the code page would lead to each other for ever."""
        return self._should_handle(request)


def _safe() -> Any:
    from cryptography.fernet import Fernet

    key = salted_hmac("accounts.second_factor", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
