"""Who you are: a user is an e-mail address. Also what programs sign in with."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from knox.models import AbstractAuthToken

from core.addresses import lenient_email


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user; the address is stored in its one spelling."""
        user = self.model(email=lenient_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who may do everything."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # knox has no types
    """A person with an e-mail address in place of a user name, and one name, written as they like it."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin.")
    is_active = models.BooleanField(
        "active", default=True, help_text="Who is not active can't sign in. A gentler way than deleting."
    )
    date_joined = models.DateTimeField("joined", default=timezone.now)
    session_round = models.PositiveIntegerField(
        default=0, editable=False, help_text="Sessions of earlier rounds have ended."
    )

    USERNAME_FIELD = EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """The address in its one spelling, from whatever form it comes."""
        self.email = lenient_email(self.email)

    def get_full_name(self) -> str:
        """The name as the person writes it; may be empty."""
        return self.name

    def get_short_name(self) -> str:
        """What to call the person where there is little room."""
        return self.name or self.email

    # --- Sessions -------------------------------------------------------------------------------------------
    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must know to stay valid: it changes with the password and with the round."""
        if not self.session_round:
            # Django's types lack it.
            return super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        value = f"{self.session_round}:{self.password}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    # --- Rights ---------------------------------------------------------------------------------------------
    @property
    def needs_second_factor(self) -> bool:
        """Whether this is staff who must have a second factor, and so can't turn it off."""
        return settings.STAFF_MFA_REQUIRED and self.is_staff

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Whether this is staff without a second factor; they hold no permissions until they set one up."""
        from allauth.mfa.models import Authenticator

        if not self.needs_second_factor:
            return False
        return not Authenticator.objects.filter(user_id=self.pk, type=Authenticator.Type.TOTP).exists()

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Django's permissions; none for staff who still lack a second factor that they need."""
        return not self.lacks_second_factor and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Likewise for a whole app."""
        return not self.lacks_second_factor and super().has_module_perms(app_label)


class ApiToken(AbstractAuthToken):
    """What a program signs in with.

    Only a hash is stored (`digest`): the token is shown once, when it is made.
    """

    public_id = models.UUIDField("id", default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60, help_text="What it is for, such as the program that uses it.")

    class Meta:
        ordering = ["-created"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name
