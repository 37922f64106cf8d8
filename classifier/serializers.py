"""Identifications as JSON. One scale for all probabilities: 0 to 1, calibrated."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Variant
from classifier.models import Feedback, Identification, Prediction, Reading


class PhotoUpload(serializers.Serializer):
    """What to send: one photo."""

    photo = serializers.FileField(help_text="JPEG, PNG, WebP or HEIC.", allow_empty_file=True)


class PredictionSerializer(serializers.ModelSerializer):
    """One candidate."""

    variant: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    url = serializers.SerializerMethodField(help_text="The catalogue page, where there is one.")

    class Meta:
        model = Prediction
        fields = ["rank", "label", "probability", "variant", "url"]
        read_only_fields = fields

    def get_url(self, prediction: Prediction) -> str | None:
        """Absolute address of the variant's page."""
        if prediction.variant is None:
            return None
        return self.context["request"].build_absolute_uri(prediction.variant.get_absolute_url())


class MakeShare(serializers.Serializer):
    """Probability of a make, all its cars together."""

    make = serializers.CharField()
    probability = serializers.FloatField()


class ModelShare(MakeShare):
    """Probability of a model, all its years and bodies together."""

    model = serializers.CharField()


class ReadingSerializer(serializers.ModelSerializer):
    """An earlier answer, which a newer model's replaced."""

    model_version: serializers.StringRelatedField = serializers.StringRelatedField()

    class Meta:
        model = Reading
        fields = ["model_version", "answered", "scene", "decision", "predictions"]
        read_only_fields = fields


class FeedbackSerializer(serializers.ModelSerializer):
    """What the owner said of the answer."""

    variant: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Feedback
        fields = ["verdict", "variant", "text", "may_train", "updated"]
        read_only_fields = fields


class FeedbackRequest(serializers.Serializer):
    """What to say of an answer."""

    verdict = serializers.ChoiceField(choices=Feedback.Verdict.choices)
    variant = serializers.SlugRelatedField(
        slug_field="slug", queryset=Variant.objects.published(), required=False, allow_null=True, default=None
    )
    text = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    may_train = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`other_variant` needs a variant, `not_listed` needs words; the others need neither."""
        if attrs["verdict"] == Feedback.Verdict.OTHER_VARIANT and attrs["variant"] is None:
            raise serializers.ValidationError({"variant": "Say which variant it is, by its slug."})
        if attrs["verdict"] == Feedback.Verdict.NOT_LISTED and not attrs["text"]:
            raise serializers.ValidationError({"text": "Say which car it is, in your own words."})
        return attrs


class IdentificationSerializer(serializers.ModelSerializer):
    """A photo and its answer; the answer's fields are empty until `status` is done."""

    predictions = PredictionSerializer(many=True, read_only=True)
    makes = MakeShare(many=True, read_only=True)
    models = ModelShare(many=True, read_only=True, source="car_models")
    model_version: serializers.StringRelatedField = serializers.StringRelatedField()
    earlier_answers = ReadingSerializer(many=True, read_only=True, source="past")
    feedback = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="The result's page.")
    photo = serializers.SerializerMethodField(help_text="The kept copy; needs the same sign-in as this.")

    class Meta:
        model = Identification
        fields = [
            "id", "status", "failure", "scene", "decision", "predictions", "makes", "models", "hints", "heat_map", "box",
            "model_version", "earlier_answers", "feedback", "url", "photo", "width", "height", "created", "finished",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FeedbackSerializer(allow_null=True))
    def get_feedback(self, row: Identification) -> dict[str, Any] | None:
        """What the owner said, or null."""
        said = getattr(row, "feedback", None)
        return FeedbackSerializer(said).data if said else None

    def get_url(self, row: Identification) -> str:
        """Absolute address of the result's page."""
        return self.context["request"].build_absolute_uri(row.get_absolute_url())

    def get_photo(self, row: Identification) -> str:
        """Absolute address of the kept copy."""
        from django.urls import reverse

        return self.context["request"].build_absolute_uri(reverse("api:identification-photo", args=[row.pk]))
