"""Shapes of the catalogue's API. Figures are in SI units, named beside each, and have their source."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import CarModel, Make, Source, Spec, Variant, VariantPhoto
from catalog.querysets import MakeQuerySet, VariantQuerySet
from catalog.specs.vocabulary import SEPARATOR


class CurrentSlugField(serializers.SlugRelatedField):
    """A make or a car by its slug, also by one that it had before."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", **kwargs)

    def to_internal_value(self, data: object) -> Make | Variant:
        """The row. Raises ValidationError where nothing has or had the slug."""
        rows = cast("VariantQuerySet | MakeQuerySet", self.get_queryset())
        slug = data if isinstance(data, str) else ""
        known = rows.known_as([slug])
        if slug not in known:
            self.fail("does_not_exist", slug_name="slug", value=str(data)[:100])
        return known[slug]


class MakeSerializer(serializers.ModelSerializer):
    """A make and how many cars it has here."""

    aliases = serializers.ListField(child=serializers.CharField(), help_text="Other names people use.")
    variant_count = serializers.IntegerField(read_only=True)
    model_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Make
        fields = ["slug", "name", "aliases", "model_count", "variant_count"]


class MakeReference(serializers.ModelSerializer):
    """A make, named."""

    class Meta:
        model = Make
        fields = ["slug", "name"]


class ModelSerializer(serializers.ModelSerializer):
    """A model, and the years its cars here are from."""

    make = MakeReference()
    variant_count = serializers.IntegerField(read_only=True)
    first_year = serializers.IntegerField(read_only=True)
    last_year = serializers.IntegerField(read_only=True)

    class Meta:
        model = CarModel
        fields = ["id", "slug", "name", "make", "variant_count", "first_year", "last_year"]


class ModelReference(serializers.ModelSerializer):
    """A model, named. Its slug is unique within its make."""

    class Meta:
        model = CarModel
        fields = ["slug", "name"]


class SourceSerializer(serializers.ModelSerializer):
    """Where a fact comes from."""

    class Meta:
        model = Source
        fields = ["slug", "name", "url", "licence"]


class SpecSerializer(serializers.ModelSerializer):
    """A fact: numbers have `low` and `high` in `unit`, facts in words `texts`, prices a `currency`."""

    label = serializers.CharField(source="kind.label", read_only=True)  # type: ignore[assignment]
    unit = serializers.CharField(
        source="kind.unit", read_only=True, help_text="SI; empty for counts and words."
    )
    texts = serializers.SerializerMethodField()
    source = SourceSerializer()  # type: ignore[assignment]

    class Meta:
        model = Spec
        fields = [
            "key",
            "label",
            "low",
            "high",
            "unit",
            "currency",
            "texts",
            "source",
            "source_url",
            "record",
            "model_year",
            "raw",
            "note",
            "retrieved",
        ]

    def get_texts(self, spec: Spec) -> list[str]:
        """The words, one by one."""
        return spec.text.split(SEPARATOR) if spec.text else []


class PhotoSerializer(serializers.ModelSerializer):
    """A photo of a car, with whom to thank for it."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = VariantPhoto
        fields = ["url", "view", "credit", "licence", "source_url"]

    @extend_schema_field(serializers.URLField())
    def get_url(self, photo: VariantPhoto) -> str:
        return self.context["request"].build_absolute_uri(photo.get_absolute_url())


class VariantSerializer(serializers.ModelSerializer):
    """A car, named: model year and body of a model."""

    name = serializers.CharField(source="__str__", read_only=True)
    make = MakeReference(source="model.make")
    model = ModelReference()
    page = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields = ["slug", "name", "make", "model", "year", "body_style", "body_detail", "trim", "page"]

    @extend_schema_field(serializers.URLField())
    def get_page(self, variant: Variant) -> str:
        """Its page for people."""
        return self.context["request"].build_absolute_uri(variant.get_absolute_url())


class VariantDetailSerializer(VariantSerializer):
    """A car with all that is known of it. Sources that differ stand side by side, the most trusted first."""

    specs = SpecSerializer(many=True)
    photos = PhotoSerializer(many=True)

    class Meta(VariantSerializer.Meta):
        fields = [*VariantSerializer.Meta.fields, "specs", "photos"]
