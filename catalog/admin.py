"""The catalogue for staff."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeVar, cast

from django.contrib import admin
from django.db.models import Count, Field, ForeignKey, ImageField, Model, Q, QuerySet
from django.forms import FileInput, ModelChoiceField
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.forms import SpecForm
from catalog.models import CarModel, Make, OldAddress, Source, Spec, Variant, VariantPhoto
from catalog.publishing import ShowsAndHides
from catalog.querysets import VariantQuerySet
from catalog.search import listing, lookups
from catalog.search.criteria import Criteria
from catalog.specs.sheet import fact_text
from core.admin import NeverEdited

Row = TypeVar("Row", bound=Model)

#: Nothing is served from the media folder, where Django's own widget links to; the thumbnail is beside it
#: anyway.
NO_MEDIA_LINK: dict[type[Field], dict[str, object]] = {ImageField: {"widget": FileInput}}


def _meant(term: str) -> Q:
    """What a visitor's search for this would find, published or not."""
    return lookups.condition(listing.meant(Criteria(q=term), Variant.objects.all()).q)


class NamesItsCars(admin.ModelAdmin):
    """Makes and models, found by their names, in other scripts by those of their cars."""

    key_of_cars: ClassVar[str]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        if search_term.isascii():
            return super().get_search_results(request, queryset, search_term)
        cars = Variant.objects.filter(_meant(search_term)).order_by()
        return queryset.filter(pk__in=cars.values(self.key_of_cars)), False


class Counted(Protocol):
    """A row of a list that is annotated with the number of rows that belong to it."""

    pk: int
    count: int


def _thumbnail(photo: VariantPhoto) -> str:
    if not photo.pk:
        return "–"
    url = photo.get_absolute_url()
    return format_html('<a href="{}"><img src="{}" alt="{}" width="96" loading="lazy"></a>', url, url, photo)


def _page_link(url: str, text: str) -> str:
    return format_html('<a href="{}">{}</a>', url, text)


@admin.register(Make)
class MakeAdmin(NamesItsCars):
    """Makes, with their number of models and a link to them."""

    key_of_cars = "make"
    list_display = ("name", "slug", "alias_names", "model_count")
    search_fields = ("name", "aliases")
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Make]:
        """With the number of models."""
        rows = super().get_queryset(request)
        return rows.annotate(count=Count("models")) if _is_list(request) else rows

    @admin.display(description="aliases")
    def alias_names(self, make: Make) -> str:
        """Other names, one after the other."""
        return ", ".join(make.aliases) or "–"

    @admin.display(description="models", ordering="count")
    def model_count(self, make: Counted) -> str:
        url = f"{reverse('admin:catalog_carmodel_changelist')}?make__id__exact={make.pk}"
        return _page_link(url, str(make.count))


@admin.register(CarModel)
class CarModelAdmin(NamesItsCars):
    """Models, with their number of cars and a link to them."""

    key_of_cars = "model"
    list_display = ("name", "make", "slug", "variant_count")
    list_filter = ("make",)
    list_select_related = ("make",)
    search_fields = ("name", "make__name")
    autocomplete_fields = ("make",)
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CarModel]:
        """With the number of cars."""
        rows = super().get_queryset(request).select_related("make")
        return rows.annotate(count=Count("variants")) if _is_list(request) else rows

    @admin.display(description="cars", ordering="count")
    def variant_count(self, model: Counted) -> str:
        url = f"{reverse('admin:catalog_variant_changelist')}?model__id__exact={model.pk}"
        return _page_link(url, str(model.count))


class SpecInline(admin.TabularInline):
    """Facts of a car, each with its source and date."""

    model = Spec
    form = SpecForm
    extra = 0
    fields = ("key", "low", "high", "text", "source", "retrieved")
    show_change_link = True
    verbose_name_plural = (
        "facts (reloading the catalogue restores those of its own sources; add yours under another source)"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Spec]:
        """In an order that doesn't depend on the car's name, which would cost a join for nothing."""
        return super().get_queryset(request).select_related("source").order_by("key", "source__rank")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """The sources asked for once, not once per fact."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field:
            field.choices = list(cast("ModelChoiceIterator[Source]", field.choices))
        return field


class PhotoInline(admin.TabularInline):
    """Photos of a car, each with its source and licence."""

    model = VariantPhoto
    extra = 0
    fields = ("thumbnail", "image", "view", "credit", "licence", "source_url", "position")
    readonly_fields = ("thumbnail",)
    formfield_overrides = NO_MEDIA_LINK

    @admin.display(description="photo")
    def thumbnail(self, photo: VariantPhoto) -> str:
        return _thumbnail(photo)


@admin.register(Variant)
class VariantAdmin(ShowsAndHides):
    """Cars, with their facts and photos."""

    list_display = ("__str__", "year", "body_style", "trim", "known", "is_published", "updated")
    list_filter = ("is_published", "body_style", "year", "model__make")
    list_select_related = ("model__make",)
    show_full_result_count = False
    search_fields = ("search_text", "slug")
    autocomplete_fields = ("model",)
    readonly_fields = ("on_site", "seen_on_photos", "created", "updated")
    inlines = (SpecInline, PhotoInline)
    actions = ("publish", "unpublish")
    fieldsets = (
        (None, {"fields": ("model", "year", "body_style", "body_detail", "trim", "slug", "is_published")}),
        ("Links and dates", {"fields": ("on_site", "seen_on_photos", "created", "updated")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """With names and the number of facts."""
        rows = cast("VariantQuerySet", super().get_queryset(request).select_related("model__make"))
        return rows.with_fact_count() if _is_list(request) else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Variant], search_term: str
    ) -> tuple[QuerySet[Variant], bool]:
        """As a visitor's search finds them, and by their slug."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(_meant(search_term) | Q(slug=search_term.strip())), False

    @admin.display(description="facts", ordering="fact_count")
    def known(self, variant: Variant) -> int:
        return cast("int", getattr(variant, "fact_count"))  # noqa: B009  (annotated by the list's query)

    @admin.display(description="page")
    def on_site(self, variant: Variant) -> str:
        """The page that visitors see."""
        return _page_link(variant.get_absolute_url(), str(variant)) if variant.pk else "–"

    @admin.display(description="recognised on photos")
    def seen_on_photos(self, variant: Variant) -> str:
        """The answers that name this car."""
        url = f"{reverse('admin:classifier_prediction_changelist')}?variant__id__exact={variant.pk}"
        return _page_link(url, "Show the answers") if variant.pk else "–"


def _is_list(request: HttpRequest) -> bool:
    """Counting is for the list; autocomplete and change pages need none."""
    match = request.resolver_match
    return bool(match and match.url_name and match.url_name.endswith("_changelist"))


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """Where facts come from."""

    list_display = ("name", "slug", "licence", "rank", "url")
    list_editable = ("rank",)
    search_fields = ("name", "slug")


class FoundByCar(admin.ModelAdmin):
    """Rows that belong to cars, found by the names of these: a million rows are not read for a word."""

    search_fields = ("variant__search_text",)
    search_help_text = "Words of the car's name"
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Those of the cars that a visitor's search would find, published or not."""
        if not search_term.strip():
            return queryset, False
        cars = Variant.objects.filter(_meant(search_term)).order_by()
        return queryset.filter(variant__in=cars.values("pk")), False


@admin.register(Spec)
class SpecAdmin(FoundByCar):
    """All facts, across cars: what does a source say, which values look odd."""

    form = SpecForm
    fields = (*SpecForm.Meta.fields, "source_url")
    list_display = ("variant", "key", "value", "source", "retrieved")
    list_filter = ("key", "source")
    list_select_related = ("variant__model__make", "source")
    ordering = ("variant_id", "key", "source_id")  # as its index has them
    autocomplete_fields = ("variant", "source")

    @admin.display(description="value", ordering="low")
    def value(self, spec: Spec) -> str:
        """As people read it."""
        return fact_text(spec, "metric")


@admin.register(VariantPhoto)
class VariantPhotoAdmin(FoundByCar):
    """All photos of the catalogue."""

    list_display = ("thumbnail", "variant", "view", "credit", "licence", "position")
    list_filter = ("view", "licence")
    list_select_related = ("variant__model__make",)
    ordering = ("-pk",)
    autocomplete_fields = ("variant",)
    readonly_fields = ("thumbnail",)
    formfield_overrides = NO_MEDIA_LINK

    @admin.display(description="photo")
    def thumbnail(self, photo: VariantPhoto) -> str:
        return _thumbnail(photo)


@admin.register(OldAddress)
class OldAddressAdmin(NeverEdited, admin.ModelAdmin):
    """Former addresses of entries that were merged into others or got another slug: read only."""

    list_display = ("__str__", "leads_to")
    search_fields = ("path",)
    list_select_related = ("variant__model__make", "model__make", "make")
    fields = readonly_fields = ("path", "slug", "leads_to")

    @admin.display(description="leads to")
    def leads_to(self, address: OldAddress) -> str:
        return _page_link(address.get_absolute_url(), str(address.target))
