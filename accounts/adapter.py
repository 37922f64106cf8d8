"""How sign-up and sign-in differ from allauth's defaults."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmationMixin
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import guessing
from accounts.limits import too_many_requests
from accounts.models import User
from core import mail
from core.addresses import AddressNotUsable, lenient_email, normalise_email
from core.limits import LimitReached
from core.models import OutgoingEmail


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter with links that never trust the Host header, and e-mails that never fail a page."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "E-mail address and password don't match. Check both and try again.",
        "duplicate_email": "This is already your address.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your current password.",
    }

    # --- E-mails --------------------------------------------------------------------------------------------
    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Put the e-mail into the outbox.

        Known and unknown addresses take the same time, and no page can fail over the mail server.
        """
        values = {**context, "email": email, "site_url": settings.SITE_URL}
        mail.queue(
            purpose=OutgoingEmail.Purpose.ACCOUNT,
            to=email,
            subject=render_to_string(f"{template_prefix}_subject.txt", values),
            body=render_to_string(f"{template_prefix}_message.txt", values).strip() + "\n",
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the e-mail to set a new password."""
        uid, _, token = key.partition("-")
        return settings.SITE_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def get_email_confirmation_url(
        self, request: HttpRequest, emailconfirmation: EmailConfirmationMixin
    ) -> str:
        """The link in the e-mail to confirm an address."""
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    # --- Where to go next -----------------------------------------------------------------------------------
    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account."""
        return reverse("accounts:me")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """To the account for who is signed in, else to the sign-in."""
        return reverse("accounts:me" if self.request.user.is_authenticated else "account_login")

    def get_login_stages(self) -> list[str]:
        """allauth's stages, with our own for the code."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "accounts.second_factor.CodeStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    # --- Addresses ------------------------------------------------------------------------------------------
    def clean_email(self, email: str) -> str:
        """The one spelling of an address. Raises a ValidationError that says what is wrong with it."""
        try:
            return normalise_email(email)
        except AddressNotUsable as error:
            raise ValidationError(error.message, code=error.code) from None

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm an address, unless it belongs to another account by now."""
        if User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id).exists():
            messages.error(
                request, f"{email_address.email} belongs to another account, so it can't be confirmed."
            )
            return False
        return super().confirm_email(request, email_address)

    # --- Limits ---------------------------------------------------------------------------------------------
    def get_client_ip(self, request: HttpRequest) -> str:
        """The address as our middleware has set it.

        allauth would refuse clients of a Unix socket, which have no address.
        """
        return request.META["REMOTE_ADDR"]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: str) -> str:
        # By account and client address: by account alone any visitor could lock a user out.
        return f"{lenient_email(credentials.get('email', ''))}:{self.get_client_ip(request)}"

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: str) -> None:
        super()._delete_login_attempts_cached_email(request, **credentials)
        guessing.forget_guesses(lenient_email(credentials.get("email", "")))

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Count an attempt.

        Too many end in a 429 page instead of a form error, which invites the next attempt.
        """
        try:
            guessing.check_password_guess(request, lenient_email(credentials.get("email", "")))
            super().pre_authenticate(request, **credentials)
        except LimitReached as reached:
            raise ImmediateHttpResponse(too_many_requests(request, reached.retry_after)) from None
        except ValidationError:
            raise ImmediateHttpResponse(ratelimit.respond_429(request)) from None

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        """Count a wrong password by network and account, too."""
        guessing.count_password_guess(request, lenient_email(credentials.get("email", "")))

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """From now on this browser is known, so that strangers' guesses don't keep its owner out."""
        response: HttpResponse = super().post_login(request, user, **more)
        guessing.remember_browser(request, response, user.email)
        return response

    def reauthenticate(self, user: User, password: str) -> bool:
        """By the address that the account is known by; allauth knows no other spelling of it."""
        return self.authenticate(allauth_context.request, email=user.email, password=password) == user
