"""Who sells it: dealers, and enquiries with their life as a lead."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models import Make, Variant
from core.models import OutgoingEmail
from dealers.querysets import CityQuerySet, DealerQuerySet, EnquiryQuerySet
from dealers.regions import COUNTRIES
from dealers.validators import clean_email, clean_phone


class City(models.Model):
    """A place with coordinates: "near me" works from a typed name, without any outside service."""

    name = models.CharField(max_length=80)
    region = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 code.")
    latitude = models.FloatField()
    longitude = models.FloatField()
    population = models.PositiveIntegerField(default=0)
    aliases = models.CharField(
        max_length=200, blank=True, help_text="Other names people type, joined by ';'."
    )

    distance: float  # metres, where the query asked for it by `near`
    objects = CityQuerySet.as_manager()

    class Meta:
        ordering = ["name", "-population"]
        verbose_name_plural = "cities"
        constraints = [
            models.UniqueConstraint(fields=["name", "region", "country"], name="city_unique"),
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)), name="city_on_earth"
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.district, self.country_name) if part)

    @property
    def district(self) -> str:
        """The region where it says more than the city's own name does."""
        return "" if self.region == self.name else self.region

    @property
    def country_name(self) -> str:
        """The country in English; its code where the name is not known."""
        return COUNTRIES.get(self.country, self.country)


class Dealer(models.Model):
    """A dealership. Its staff see its own leads only."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    makes = models.ManyToManyField(Make, related_name="dealers", blank=True)
    email = models.CharField("e-mail", max_length=254, help_text="Enquiries go there.")
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(blank=True)
    street = models.CharField(max_length=160, blank=True)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="dealers")
    latitude = models.FloatField()
    longitude = models.FloatField()
    staff = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="dealerships", blank=True)
    is_active = models.BooleanField("active", default=True)
    is_demo = models.BooleanField(
        "demonstration", default=False, help_text="Invented, for trying the site out."
    )

    distance: float  # metres, where the query asked for it by `near`
    objects = DealerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)),
                name="dealer_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dealers:detail", args=[self.slug])

    def clean(self) -> None:
        """Address and number in the one way they are stored, from whatever form they come."""
        faults = {}
        try:
            self.email = clean_email(self.email)
        except ValidationError as error:
            faults["email"] = error.messages
        try:
            self.phone = clean_phone(self.phone, self.city.country if self.city_id else "")
        except ValidationError as error:
            faults["phone"] = error.messages
        if faults:
            raise ValidationError(faults)


class MailState(models.TextChoices):
    """What became of an e-mail of an enquiry."""

    SENT = "sent", "Sent"
    WAITING = "waiting", "Waiting"
    GIVEN_UP = "given up", "Given up"


class Enquiry(models.Model):
    """A visitor's question to a dealer; a lead on the dealer's side.

    States: new → contacted → closed, and closed → contacted where a talk starts again. Each change leaves an
    EnquiryEvent with its actor. What the visitor's photo showed is kept as it was when asked (`evidence`,
    `photo`): deleting the photo's identification later changes nothing about an enquiry already sent.

    E-mails: `dealer_mailed` and `visitor_mailed` say when they left. Until then `mail_to_dealer` and
    `mail_to_visitor` are their rows in the outbox; where there is neither, the e-mail was given up.
    """

    class Status(models.TextChoices):
        """Where a lead stands."""

        NEW = "new", "New"
        CONTACTED = "contacted", "Contacted"
        CLOSED = "closed", "Closed"

    TRANSITIONS = {
        Status.NEW: {Status.CONTACTED, Status.CLOSED},
        Status.CONTACTED: {Status.CLOSED},
        Status.CLOSED: {Status.CONTACTED},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dealer = models.ForeignKey(Dealer, on_delete=models.PROTECT, related_name="enquiries")
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="enquiries"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="enquiries"
    )
    name = models.CharField(max_length=120)
    email = models.CharField("e-mail", max_length=254)
    email_confirmed = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When it was sure that the address is the visitor's: by their account, or by our link.",
    )
    phone = models.CharField(max_length=40, blank=True)
    message = models.TextField(max_length=4000)
    status = models.CharField(max_length=12, choices=Status, default=Status.NEW)
    evidence = models.CharField(
        max_length=300, blank=True, help_text="What the photo was recognised as, and how surely."
    )
    identification_id = models.UUIDField(null=True, blank=True, db_index=True)
    photo = models.FileField(
        upload_to="enquiries/%Y/%m/", blank=True, help_text="Only where the visitor sends it along."
    )
    consented = models.DateTimeField(help_text="When the visitor agreed to be contacted.")
    dealer_mailed = models.DateTimeField(null=True, blank=True)
    visitor_mailed = models.DateTimeField(null=True, blank=True)
    mail_to_dealer = models.OneToOneField(
        OutgoingEmail, on_delete=models.SET_NULL, null=True, editable=False, related_name="enquiry_to_dealer"
    )
    mail_to_visitor = models.OneToOneField(
        OutgoingEmail, on_delete=models.SET_NULL, null=True, editable=False, related_name="enquiry_to_visitor"
    )
    fingerprint = models.CharField(
        max_length=64,
        unique=True,
        null=True,
        editable=False,
        help_text="The same enquiry sent twice has the same one.",
    )
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    objects = EnquiryQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = "enquiries"
        indexes = [
            models.Index(fields=["dealer", "status", "-created"]),
            models.Index(fields=["created"], name="enquiry_created"),
            models.Index(
                fields=["created"],
                condition=Q(dealer_mailed__isnull=True) | Q(visitor_mailed__isnull=True),
                name="enquiry_unmailed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["new", "contacted", "closed"]), name="enquiry_status_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.dealer}"

    def get_absolute_url(self) -> str:
        return reverse("dealers:enquiry", args=[self.pk])

    @property
    def photo_url(self) -> str:
        """The address of the attached photo; it answers to those who may see the enquiry."""
        return reverse("dealers:enquiry_photo", args=[self.pk])

    @property
    def dealer_mail(self) -> MailState:
        """What became of the e-mail to the dealer."""
        return _mail_state(self.dealer_mailed is not None, self.mail_to_dealer)

    @property
    def visitor_mail(self) -> MailState:
        """What became of the e-mail to the visitor."""
        return _mail_state(self.visitor_mailed is not None, self.mail_to_visitor)

    @property
    def next_statuses(self) -> list[Status]:
        """Where the lead may go from here, in the order of the states."""
        return [status for status in self.Status if status in self.TRANSITIONS[self.Status(self.status)]]


def _mail_state(has_left: bool, row: OutgoingEmail | None) -> MailState:  # noqa: FBT001
    if has_left:
        return MailState.SENT
    if row is None or row.status == OutgoingEmail.Status.UNDELIVERABLE:
        return MailState.GIVEN_UP
    return MailState.WAITING


class EnquiryEvent(models.Model):
    """A change of an enquiry: who, when, from, to, and why. A note alone leaves the status as it is."""

    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    from_status = models.CharField(max_length=12, choices=Enquiry.Status, blank=True)
    to_status = models.CharField(max_length=12, choices=Enquiry.Status)
    by_link = models.BooleanField("by the link in the e-mail", default=False)
    note = models.CharField(
        max_length=400, blank=True, help_text="For the dealer's staff; visitors don't see it."
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.enquiry_id}: {self.to_status}"

    @property
    def is_note(self) -> bool:
        """Whether only a note was added."""
        return self.from_status == self.to_status
