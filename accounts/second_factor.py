"""The second step at sign-in: a code from an app on one's phone, or one of ten codes on paper."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.crypto import salted_hmac


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's ways, with secrets that a stolen copy of the database does not give away."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": "An account with a second step keeps its address. Turn the second step off first, change the "
        "address, then turn it on again.",
        "incorrect_code": "That is not the code. Codes change every 30 seconds and work once: wait for the next one.",
        "unverified_email": "Confirm your e-mail address first, so that nobody can lock its owner out.",
    }

    def encrypt(self, text: str) -> str:
        """Sealed with the site's SECRET_KEY: with another one everybody has to set up the second step anew."""
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was sealed."""
        return _safe().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """Black on white in dark pages, too: cameras read no other."""
        import qrcode
        from qrcode.image.svg import SvgPathFillImage

        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff who need it keep it; a new phone is set up after an administrator has taken the old one away."""
        return not (settings.STAFF_MFA_REQUIRED and authenticator.user.is_staff)


def _safe() -> Any:
    from cryptography.fernet import Fernet

    key = salted_hmac("accounts.second_factor", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
