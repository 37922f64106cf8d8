"""Who you are: a user is an e-mail address. Also what programs sign in with, and mails that have still to leave."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken

from accounts.querysets import LetterQuerySet


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user; the address is stored in lower case, as people don't tell them apart."""
        user = self.model(email=email.strip().lower(), **fields)
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

    USERNAME_FIELD = EMAIL_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """The address in lower case, from whatever form it comes."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """The name as the person writes it; may be empty."""
        return self.name

    def get_short_name(self) -> str:
        """What to call the person where there is little room."""
        return self.name or self.email


class ApiToken(AbstractAuthToken):
    """What a program signs in with. Only a hash is kept (`digest`): the token itself is shown once, when it is made."""

    public_id = models.UUIDField("id", default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=60, help_text="What it is for, such as the program that uses it.")

    class Meta:
        ordering = ["-created"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name


class Letter(models.Model):
    """A mail that has still to leave; the row goes when the mail server has taken it.

    The row is the truth and the task only a bell: with broker or mail server away, nobody is kept waiting and nothing
    is lost. A sender claims the row by moving `due` ahead by compare-and-set.
    """

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)
    due = models.DateTimeField(default=timezone.now, db_index=True, help_text="When the next try may start.")
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["due"]
        verbose_name = "unsent letter"

    def __str__(self) -> str:
        return self.subject
