"""What sources say on its way into the catalogue: staged cars, rules of publishing, changes and undoing."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords

from catalog.choices import BodyStyle
from catalog.models import Source, Spec, Variant
from catalog.specs.vocabulary import SPECS
from core.people import Person, account_id
from scraper.models.querysets import CatalogChangeQuerySet, StagedCarQuerySet

#: How long a curator who has a car open is named to others.
LOCK = timedelta(minutes=10)


class StagedCar(models.Model):
    """One car of one source, as it was last read.

    new | changed | conflict (a person decides) → approved | rejected, and back by undo. `unchanged` is what
    says nothing that is not published. What its source says anew comes back, whatever was decided of what it
    said before.
    """

    class Status(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        CONFLICT = "conflict", "Sources differ"
        UNCHANGED = "unchanged", "Unchanged"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    class Match(models.TextChoices):
        """How it is known which car of the catalogue it is."""

        NEW = "new", "Not in the catalogue"
        EXACT = "exact", "In the catalogue"
        PERSON = "person", "Needs a person"
        MAPPED = "mapped", "Chosen by a person"

    PENDING = (Status.NEW, Status.CHANGED, Status.CONFLICT)

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="staged_cars")
    record = models.CharField(max_length=200, help_text="What the source knows it by.")
    run = models.ForeignKey(
        "scraper.ScrapeRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="staged_cars",
        help_text="The crawl that last saw it.",
    )
    url = models.URLField(max_length=500, blank=True)
    make = models.CharField(max_length=80)
    model = models.CharField(max_length=120)
    trim = models.CharField(max_length=80, blank=True)
    body_style = models.CharField(max_length=20, choices=BodyStyle, default=BodyStyle.UNKNOWN)
    first_year = models.PositiveSmallIntegerField(null=True, blank=True)
    last_year = models.PositiveSmallIntegerField(null=True, blank=True)
    values = models.JSONField(default=list, help_text="Typed values, each with the words of the source.")
    unparsed = models.JSONField(default=list, help_text="What did not become a value, and why.")
    photos = models.JSONField(default=list)
    has_new_pictures = models.BooleanField(default=False, editable=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what the source says.")
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    match = models.CharField(max_length=10, choices=Match, default=Match.NEW)
    match_note = models.CharField(max_length=200, blank=True)
    candidates = models.JSONField(default=list, help_text="Cars of the catalogue that it may be.")
    variant = models.ForeignKey(
        Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="staged_cars"
    )
    open_keys = models.CharField(
        max_length=600, blank=True, help_text="Kinds of facts that wait for a decision, between spaces."
    )
    held = models.JSONField(default=dict, help_text="Why a kind of fact is held, by its key.")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was rejected.")
    fetched = models.DateTimeField(help_text="When the source said so.")
    seen = models.DateTimeField(help_text="When the source was last seen to say so.")
    decided = models.DateTimeField(null=True, blank=True)
    opened = models.DateTimeField(null=True, blank=True, help_text="When a curator last had it open.")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = models.DateTimeField(default=timezone.now)

    objects = StagedCarQuerySet.as_manager()
    # What people do is on record; what sources say, by the thousand, is not repeated there.
    history = HistoricalRecords(
        excluded_fields=["unparsed", "photos", "candidates", "opened", "opened_by", "seen", "digest"],
        history_change_reason_field=models.CharField(max_length=300, null=True),
    )

    class Meta:
        ordering = ["created", "pk"]
        permissions = [("curate_stagedcar", "Can decide what is published")]
        constraints = [
            models.UniqueConstraint(fields=["source", "record"], name="staged_once_per_source"),
            models.CheckConstraint(
                condition=Q(first_year__isnull=True) | Q(last_year__gte=F("first_year")),
                name="staged_years_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "created"]),
            models.Index(fields=["make"]),
            models.Index(
                fields=["status"], condition=Q(has_new_pictures=True), name="staged_with_new_pictures"
            ),
        ]

    def __str__(self) -> str:
        body = self.get_body_style_display() if self.body_style != BodyStyle.UNKNOWN else ""
        names = [self.trim] if self.trim.startswith(self.model) else [self.model, self.trim]
        return " ".join(part for part in (self.make, *names, body, self.years) if part)

    def get_absolute_url(self) -> str:
        return reverse("admin:scraper_stagedcar_change", args=[self.pk])

    @property
    def years(self) -> str:
        """ "2012", "2011–2016", or nothing."""
        ends = dict.fromkeys(str(year) for year in (self.first_year, self.last_year) if year)
        return "–".join(ends)

    @property
    def year(self) -> int | None:
        """The model year where it is one."""
        return self.first_year if self.first_year == self.last_year else None

    @property
    def is_pending(self) -> bool:
        """Whether a person has something to decide."""
        return self.status in self.PENDING

    @property
    def keys(self) -> list[str]:
        """The kinds of facts that wait for a decision."""
        return self.open_keys.split()

    def opened_by_another(self, user: Person | None) -> bool:
        """Whether another curator has it open."""
        recent = self.opened is not None and self.opened > timezone.now() - LOCK
        return recent and self.opened_by_id not in (None, account_id(user))


class ApprovalRule(models.Model):
    """What of a source is published without a person.

    Facts of a kind, within bounds, that differ little from what is published and that no other source denies.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="approval_rules")
    key = models.CharField(
        "fact",
        max_length=40,
        blank=True,
        choices=[(spec.key, spec.label) for spec in SPECS.values()],
        help_text="Empty: every kind that has no rule of its own.",
    )
    low = models.FloatField(null=True, blank=True, help_text="Not below this, in the unit of the fact (SI).")
    high = models.FloatField(null=True, blank=True, help_text="Not above this, in the unit of the fact (SI).")
    max_change = models.FloatField(
        default=0.2, help_text="A figure that differs from the published one by more is held: 0.2 is 20%."
    )
    new_cars = models.BooleanField(
        default=False,
        help_text="Its names are taken as they are: cars that the catalogue does not have are added.",
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["source", "key"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="rule_once_per_fact")]

    def __str__(self) -> str:
        return f"{self.source}: {SPECS[self.key].label if self.key else 'everything'}"


class CatalogChange(models.Model):
    """One decision that changed the catalogue, with what it takes to undo it."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", "Published"
        SPLIT = "split", "Split off"
        MERGE = "merge", "Merged"
        IMPORT = "import", "Imported"

    kind = models.CharField(max_length=10, choices=Kind)
    summary = models.CharField(max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    record = models.JSONField(default=dict, help_text="Of a merge: what its undoing needs.")
    created = models.DateTimeField(default=timezone.now)
    undone = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = CatalogChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self) -> str:
        return self.summary


class ChangedCar(models.Model):
    """What a change did to one car of the catalogue: facts that came, and what others were before."""

    change = models.ForeignKey(CatalogChange, on_delete=models.CASCADE, related_name="cars")
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, related_name="changes")
    staged = models.ForeignKey(StagedCar, on_delete=models.SET_NULL, null=True, related_name="changes")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="+")
    is_new = models.BooleanField("car was added", default=False)
    added = models.JSONField(default=list, help_text="Kinds of facts that were not there.")
    before = models.JSONField(default=dict, help_text="What the others were, by kind.")
    staged_before = models.JSONField(default=dict, help_text="Where the staged car was on its way.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.change}: {self.variant}"


class Fact(Spec):
    """A fact of the catalogue, as staff take it out and bring it in on sheets."""

    class Meta:
        proxy = True
        ordering = ["variant_id", "key", "source_id"]
        verbose_name_plural = "facts on sheets"
