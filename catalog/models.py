"""What a car is: Make → CarModel → Variant, and every fact about a variant with where it came from."""

from __future__ import annotations

from typing import Any, cast

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse

from catalog.choices import BodyStyle
from catalog.querysets import CarModelQuerySet, MakeQuerySet, SpecQuerySet, VariantQuerySet
from catalog.search import words
from catalog.specs.vocabulary import SPECS, SpecKind


class Make(models.Model):
    """A brand, such as Audi."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    aliases = models.JSONField(
        default=list, blank=True, help_text="Other names people use, such as VW or Merc."
    )

    objects = MakeQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Cars are found by the names of their make: those follow."""
        super().save(*args, **kwargs)
        Variant.objects.filter(model__make=self).refresh_names()

    def get_absolute_url(self) -> str:
        return reverse("catalog:make", args=[self.slug])


class CarModel(models.Model):
    """A model of a make, such as the Audi A5."""

    make = models.ForeignKey(Make, on_delete=models.PROTECT, related_name="models")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120)

    objects = CarModelQuerySet.as_manager()

    class Meta:
        ordering = [Lower("make__name"), Lower("name")]
        constraints = [models.UniqueConstraint(fields=["make", "slug"], name="car_model_slug_unique_in_make")]

    def __str__(self) -> str:
        return f"{self.make.name} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Cars are found by the name of their model: those follow."""
        super().save(*args, **kwargs)
        Variant.objects.filter(model=self).refresh_names()

    def get_absolute_url(self) -> str:
        return reverse("catalog:model", args=[self.make.slug, self.slug])


_FACETS = ["make", "body_style", "fuels", "is_published", "year", "id"]


class Variant(models.Model):
    """A model year and body style of a model (and trim where known), such as the Audi A5 Coupe 2012.

    Without a year it stands for a model in all its generations, where photos don't tell them apart.

    Lists of many thousand cars are found, sorted and counted by what stands under "derived": each follows
    from names or facts elsewhere, and is kept true to them by `refresh_names` and `refresh_facts` of the
    queryset.
    """

    # Its index is the one below that begins with it.
    model = models.ForeignKey(CarModel, on_delete=models.PROTECT, related_name="variants", db_index=False)
    year = models.PositiveSmallIntegerField(
        "model year", null=True, blank=True, help_text="Empty: all generations of the model."
    )
    body_style = models.CharField(max_length=20, choices=BodyStyle, default=BodyStyle.UNKNOWN)
    body_detail = models.CharField(
        max_length=40, blank=True, help_text="Finer than the style, such as Crew Cab."
    )
    trim = models.CharField(max_length=80, blank=True)
    slug = models.SlugField(max_length=200, unique=True)
    is_published = models.BooleanField("published", default=True)
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    # Derived from names
    # Its index, too, is one of those below.
    make = models.ForeignKey(
        Make, on_delete=models.PROTECT, related_name="variants", editable=False, db_index=False
    )
    search_text = models.TextField(
        blank=True, editable=False, help_text="Lower-case words that search looks in."
    )
    sort_key = models.CharField(
        max_length=420, blank=True, editable=False, help_text="Cars are in the order of names by this alone."
    )
    # Derived from facts
    fuels = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="Names of `catalog.specs.vocabulary.FUELS`, each in spaces.",
    )
    fact_words = models.CharField(
        max_length=300,
        blank=True,
        editable=False,
        help_text="Words of `catalog.choices.FactWord` that search finds it by, each in spaces.",
    )
    power = models.FloatField(null=True, editable=False, help_text="The highest, of the most trusted source.")
    consumption = models.FloatField(null=True, editable=False, help_text="The lowest, combined.")
    price = models.FloatField(null=True, editable=False, help_text="The lowest, in `currency`.")
    currency = models.CharField(max_length=3, blank=True, editable=False)

    FROM_NAMES = ("make", "search_text", "sort_key")

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key"]
        indexes = [
            models.Index(fields=["model", "is_published", "year"], name="variant_of_model"),
            # The first has all that facets count by; the others have all that lists are filtered by, in the
            # order in which they are sorted. So a page is found by an index alone, even one of few cars.
            models.Index(fields=_FACETS, name="variant_facets"),
            models.Index(fields=["sort_key", *_FACETS], name="variant_by_name"),
            models.Index(
                fields=["year", "sort_key", *(name for name in _FACETS if name != "year")],
                name="variant_by_year",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1885, 2100)), name="variant_year_sensible"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.model.make.name, self.short_name) if part)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps what is derived from the names true to them."""
        self.follow_names()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *self.FROM_NAMES}
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("catalog:variant", args=[self.model.make.slug, self.model.slug, self.slug])

    def follow_names(self) -> None:
        """Derives what the names decide, of a row that is yet to be saved."""
        make, model = self.model.make, self.model.name
        self.make = make
        self.search_text = words.search_text(
            make=make.name,
            aliases=make.aliases,
            model=model,
            year=self.year,
            body_style=self.body_style,
            details=(self.trim, self.body_detail),
        )
        self.sort_key = words.sort_key(make=make.name, model=model, year=self.year, slug=self.slug)

    @property
    def short_name(self) -> str:
        """The name without the make, such as "A5 Coupe 2012"."""
        model = self.model.name
        # A trim may be the model's name and more: the XKR is an XK.
        names = [self.trim] if self.trim.startswith(model) else [model, self.trim]
        return " ".join(part for part in (*names, self.body, str(self.year or "")) if part)

    @property
    def body(self) -> str:
        """The finest name of the body that is known, such as "Crew Cab"; empty where nothing is."""
        return self.body_detail or (
            self.get_body_style_display() if self.body_style != BodyStyle.UNKNOWN else ""
        )

    @property
    def style(self) -> str:
        """Trim and body, such as "Type-S Sedan"."""
        return " ".join(part for part in (self.trim, self.body) if part)

    @property
    def style_and_year(self) -> str:
        """What tells it from other cars of its model, such as "Type-S Sedan 2008"."""
        return f"{self.style} {self.year}".strip() if self.year else f"{self.style}, all years".lstrip(", ")


class Source(models.Model):
    """Where facts come from: a public table, a site, a person."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    url = models.URLField(blank=True)
    licence = models.CharField(max_length=160, blank=True)
    rank = models.PositiveSmallIntegerField(
        default=100, help_text="Where sources differ, the one with the lowest rank comes first."
    )

    class Meta:
        ordering = ["rank", "slug"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Which fact decides where sources differ follows their rank."""
        super().save(*args, **kwargs)
        Variant.objects.filter(pk__in=self.specs.order_by().values("variant")).refresh_facts()


class Spec(models.Model):
    """One fact about a variant from one source. Sources that differ stand side by side; nothing is averaged.

    A variant that was sold with several engines has a range: `low` and `high`, in the unit of
    `catalog.specs.vocabulary`.
    """

    # Its index is that of the first constraint below.
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="specs", db_index=False)
    key = models.CharField(max_length=40, choices=[(spec.key, spec.label) for spec in SPECS.values()])
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    text = models.CharField(
        max_length=200, blank=True, help_text="For facts in words; several are joined by ';'."
    )
    currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217, for prices.")
    raw = models.CharField(max_length=300, blank=True, help_text="What the source says, word for word.")
    record = models.CharField(max_length=200, blank=True, help_text="Which entries of the source say so.")
    model_year = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Of which model year the fact is, where that is not the variant's own.",
    )
    note = models.CharField(
        max_length=200, blank=True, help_text="What limits the fact, such as: covers all trims."
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="specs")
    source_url = models.URLField(blank=True, max_length=500)
    retrieved = models.DateField()

    objects = SpecQuerySet.as_manager()

    class Meta:
        ordering = ["variant", "key", "source__rank"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "key", "source"], name="spec_once_per_source"),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__gte=F("low")), name="spec_range_ordered"
            ),
            models.CheckConstraint(condition=Q(low__isnull=False) | ~Q(text=""), name="spec_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.variant}: {self.kind.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Lists sort and count by some facts: those follow, also of the car that it was taken from."""
        cars = set(Spec.objects.filter(pk=self.pk).values_list("variant", flat=True))
        super().save(*args, **kwargs)
        Variant.objects.filter(pk__in={*cars, self.variant_id}).refresh_facts()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Lists sort and count by some facts: those follow."""
        deleted = super().delete(*args, **kwargs)
        Variant.objects.filter(pk=self.variant_id).refresh_facts()
        return deleted

    @property
    def kind(self) -> SpecKind:
        """What sort of fact this is."""
        return SPECS[self.key]


class VariantPhoto(models.Model):
    """A photo of a variant that the site may show, with its licence."""

    class View(models.TextChoices):
        """What the photo shows."""

        EXTERIOR = "exterior", "Exterior"
        INTERIOR = "interior", "Interior"

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="photos")
    image = models.ImageField(upload_to="catalog/%Y/")
    view = models.CharField(max_length=10, choices=View, default=View.EXTERIOR)
    credit = models.CharField(max_length=160)
    licence = models.CharField(max_length=120)
    source_url = models.URLField(blank=True, max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.variant} ({self.view})"

    def get_absolute_url(self) -> str:
        return reverse("catalog:photo", args=[self.pk])


def _leads_to_one_page() -> Q:
    """Exactly one of the foreign keys of an old address is set."""
    targets = ("variant", "model", "make")
    only_one = Q()
    for target in targets:
        only_one |= Q(**{f"{other}__isnull": other != target for other in targets})
    return only_one


class OldAddress(models.Model):
    """An address that a page had before its entry was merged or got another slug; it redirects."""

    path = models.CharField(
        max_length=450,
        unique=True,
        help_text="Slugs of make, model and car, joined by '/'; of make and model; or of a make.",
    )
    slug = models.SlugField(
        max_length=200,
        blank=True,
        help_text="The former slug, by which models and programs may know the entry.",
    )
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, null=True, blank=True, related_name="old_addresses"
    )
    model = models.ForeignKey(
        CarModel, on_delete=models.CASCADE, null=True, blank=True, related_name="old_addresses"
    )
    make = models.ForeignKey(
        Make, on_delete=models.CASCADE, null=True, blank=True, related_name="old_addresses"
    )

    class Meta:
        ordering = ["path"]
        verbose_name_plural = "old addresses"
        constraints = [
            models.CheckConstraint(condition=_leads_to_one_page(), name="old_address_leads_somewhere"),
        ]

    def __str__(self) -> str:
        return f"/cars/{self.path}/"

    def get_absolute_url(self) -> str:
        return self.target.get_absolute_url()

    @property
    def target(self) -> Variant | CarModel | Make:
        """What the address leads to."""
        return cast("Variant | CarModel | Make", self.variant or self.model or self.make)
