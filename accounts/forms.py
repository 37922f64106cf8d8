"""Forms of accounts: allauth's with our texts, stricter where they are too lenient, and our own."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import ProhibitNullCharactersValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.identity import account_of
from accounts.limits import spend_of_network
from accounts.models import ApiToken, User
from core.addresses import MAX_LENGTH
from core.fields import EmailField

SIGNUP = "accounts_signup"
"""Session key of address and target of the last sign-up, for the page that follows it."""


class Tidy:
    """The same label and help text for the same field everywhere; labels instead of placeholders."""

    fields: dict[str, forms.Field]
    LABELS = {
        "login": "E-mail address",
        "email": "E-mail address",
        "remember": "Keep me signed in on this device",
        "oldpassword": "Current password",
        "code": "Code",
    }
    HELP = {
        "password": "",
        "oldpassword": "",
        "password1": "At least 8 characters. Don't use a common password, your address or your name.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)  # a mistyped password is reset by e-mail, so it is not typed twice
        for name, field in self.fields.items():
            field.label = self.LABELS.get(name, field.label)
            field.help_text = self.HELP.get(name, field.help_text)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                self.fields[name] = self._address(field)

    def _address(self, field: forms.EmailField) -> EmailField:
        """allauth's field, with our one spelling of addresses."""
        ours = EmailField(label=field.label, required=field.required, help_text=field.help_text)
        theirs = {name: value for name, value in field.widget.attrs.items() if name != "type"}
        ours.widget.attrs |= theirs | {"maxlength": MAX_LENGTH}
        return ours


class LoginForm(Tidy, allauth_forms.LoginForm):
    """Sign in, with a confirmed address or not yet."""

    def _address(self, field: forms.EmailField) -> EmailField:
        """Any address that was ever taken, also one that would not be today."""
        ours = super()._address(field)
        ours.validators = [ProhibitNullCharactersValidator()]
        return ours

    def clean(self) -> dict[str, Any]:
        """Only sign-up demands a confirmed address: this makes its answer the same for every address."""
        data = super().clean()
        if self.user:
            self._login.email_verification = EmailVerificationMethod.OPTIONAL
        return data


class SignupForm(Tidy, allauth_forms.SignupForm):
    """Sign up.

    The answer is the same whether or not the address has an account; only its owner is told, by e-mail.
    """

    def validate_unique_email(self, value: str) -> str:
        """Remember whether the address is taken; never say so."""
        self.account_already_exists = account_of(value) is not None
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Create the account; where the address has one already, take as long and answer the same."""
        spend_of_network("signup-network", request)
        request.session[SIGNUP] = {"email": self.cleaned_data["email"], "next": request.POST.get("next", "")}
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # takes as long as creating one
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:  # the same address signed up a moment ago
            self.account_already_exists = True
            return super().try_save(request)


class AddEmailForm(Tidy, allauth_forms.AddEmailForm):
    """Change the address: the new one replaces the old one once it is confirmed."""

    LABELS = {"email": "New e-mail address"}
    user: User

    def save(self, request: HttpRequest) -> EmailAddress:
        """Ask the new address to confirm, and tell the old one.

        An earlier change that was never confirmed is forgotten.
        """
        new = self.cleaned_data["email"]
        services.pending_address_forget(user=self.user)
        get_adapter().send_notification_mail(
            "account/email/email_change_asked", self.user, {"new_email": new}, email=self.user.email
        )
        return EmailAddress.objects.add_email(request, self.user, new, confirm=True)


class ChangePasswordForm(Tidy, allauth_forms.ChangePasswordForm):
    """A new password for a user who knows the old one."""


class SetPasswordForm(Tidy, allauth_forms.SetPasswordForm):
    """A first password for an account without one."""


class ResetPasswordForm(Tidy, allauth_forms.ResetPasswordForm):
    """Ask for a link to set a new password."""

    def clean_email(self) -> str:
        """The account that is known by the address: one that waits to be confirmed finds none."""
        address: str = self.cleaned_data["email"]
        user = account_of(address)
        self.users = [user] if user and user.is_active else []
        return address

    def save(self, request: HttpRequest, **more: Any) -> str:
        """Mail the link."""
        spend_of_network("reset-network", request)
        address: str = super().save(request, **more)
        return address


class ResetPasswordKeyForm(Tidy, allauth_forms.ResetPasswordKeyForm):
    """A new password for a user who followed the link."""


class ReauthenticateForm(Tidy, allauth_forms.ReauthenticateForm):
    """Prove once more who you are."""


class ProfileForm(forms.ModelForm):
    """What to call you."""

    class Meta:
        model = User
        fields = ["name"]
        help_texts = {"name": "Only dealers see it, when you send them an enquiry."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class TokenForm(forms.ModelForm):
    """A name for a new API token."""

    class Meta:
        model = ApiToken
        fields = ["name"]
        labels = {"name": "What is it for?"}
        help_texts = {"name": "Such as the program that will use it, so that you can recognise it later."}


class DeleteAccountForm(forms.Form):
    """Asks for the password, so that an unlocked phone is not enough."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        """Checked and counted like a sign-in."""
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise forms.ValidationError("That is not your password.", code="incorrect_password")
        return password
