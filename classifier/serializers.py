"""Identifications as JSON. One scale for all probabilities: 0 to 1, calibrated."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Variant
from catalog.serializers import CurrentSlugField
from classifier.answers import wording
from classifier.answers.fused import FusedAnswer, FusedCandidate, fused_answer
from classifier.models import Feedback, Identification, ModelOutput, Prediction, Sighting
from classifier.photos.intake import MAX_PHOTOS, limits_text


class PhotoUpload(serializers.Serializer):
    """What to send: one photo."""

    photo = serializers.FileField(help_text=f"{limits_text()}.", allow_empty_file=True)


class PhotosUpload(serializers.Serializer):
    """What to send: photos of one car."""

    photos = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        min_length=1,
        max_length=MAX_PHOTOS,
        help_text=f"{limits_text()}. The field is repeated for each photo.",
    )


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


class HeadlineSerializer(serializers.Serializer):
    """The answer in words, the same as pages say.

    `level` is what the title names: "car", "model", "make" or "nothing"; `stated` the one probability that
    `detail` says, null where no figure would be honest.
    """

    title = serializers.CharField()
    detail = serializers.CharField()
    level = serializers.ChoiceField(choices=[(level.value, level.value) for level in wording.Level])
    stated = serializers.FloatField(allow_null=True)


class EarlierAnswerSerializer(serializers.ModelSerializer):
    """An earlier answer, which a newer model's replaced."""

    model_version: serializers.StringRelatedField = serializers.StringRelatedField()

    class Meta:
        model = ModelOutput
        fields = ["model_version", "answered", "scene", "decision", "predictions"]
        read_only_fields = fields


class SimilarCar(serializers.Serializer):
    """A known car that looks like the photo's; `cosine` (-1 to 1) says how much."""

    label = serializers.CharField()  # type: ignore[assignment]  # every field has a label too
    slug = serializers.CharField()
    cosine = serializers.FloatField()


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
    variant = CurrentSlugField(
        queryset=Variant.objects.published(), required=False, allow_null=True, default=None
    )
    text = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    may_train = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """`other_variant` needs a variant, `not_listed` needs words; the others need neither."""
        if attrs["verdict"] == Feedback.Verdict.OTHER_VARIANT and attrs["variant"] is None:
            raise serializers.ValidationError({"variant": "Say which variant it is, by its slug."})
        if attrs["verdict"] == Feedback.Verdict.NOT_LISTED and not attrs["text"]:
            raise serializers.ValidationError({"text": "Say which car it is, in your own words."})
        return attrs


class IdentificationSerializer(serializers.ModelSerializer):
    """A photo and its answer; the answer's fields are empty until `status` is done."""

    headline = serializers.SerializerMethodField(help_text="The answer in words; null until there is one.")
    predictions = PredictionSerializer(many=True, read_only=True)
    makes = MakeShare(many=True, read_only=True)
    models = ModelShare(many=True, read_only=True, source="car_models")
    similar = SimilarCar(many=True, read_only=True)
    model_version: serializers.StringRelatedField = serializers.StringRelatedField()
    earlier_answers = EarlierAnswerSerializer(many=True, read_only=True, source="past")
    feedback = serializers.SerializerMethodField()
    note = serializers.CharField(
        read_only=True,
        help_text="How the file was taken: of one that moves, its first picture. Mostly empty.",
    )
    url = serializers.SerializerMethodField(help_text="The result's page.")
    photo = serializers.SerializerMethodField(help_text="The kept copy; needs the same sign-in as this.")

    class Meta:
        model = Identification
        fields = [
            "id",
            "status",
            "failure",
            "scene",
            "decision",
            "as_car",
            "headline",
            "predictions",
            "makes",
            "models",
            "hints",
            "heat_map",
            "box",
            "similar",
            "sighting",
            "model_version",
            "earlier_answers",
            "feedback",
            "note",
            "url",
            "photo",
            "width",
            "height",
            "created",
            "finished",
        ]
        read_only_fields = fields

    @extend_schema_field(HeadlineSerializer(allow_null=True))
    def get_headline(self, row: Identification) -> dict[str, object] | None:
        """What its page says first, or null."""
        is_done = row.status == Identification.Status.DONE
        return HeadlineSerializer(wording.spoken(row)).data if is_done else None

    @extend_schema_field(FeedbackSerializer(allow_null=True))
    def get_feedback(self, row: Identification) -> dict[str, object] | None:
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


class FusedPrediction(serializers.Serializer):
    """One candidate of the answer to several photos."""

    rank = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # every field has a label too
    probability = serializers.FloatField()
    variant = serializers.SerializerMethodField(help_text="Its slug in the catalogue, where it is there.")
    url = serializers.SerializerMethodField(help_text="The catalogue page, where there is one.")

    def get_variant(self, candidate: FusedCandidate) -> str | None:
        return candidate.variant.slug if candidate.variant else None

    def get_url(self, candidate: FusedCandidate) -> str | None:
        """Absolute address of the variant's page."""
        if candidate.variant is None:
            return None
        return self.context["request"].build_absolute_uri(candidate.variant.get_absolute_url())


class FusedAnswerSerializer(serializers.Serializer):
    """One answer to all photos that show a car from outside; `counted` are their ids."""

    headline = serializers.SerializerMethodField(help_text="The answer in words.")
    decision = serializers.ChoiceField(choices=Identification.Decision.choices)
    predictions = FusedPrediction(many=True, source="candidates")
    makes = MakeShare(many=True)
    models = ModelShare(many=True, source="car_models")
    counted = serializers.SerializerMethodField()

    @extend_schema_field(HeadlineSerializer)
    def get_headline(self, answer: FusedAnswer) -> dict[str, object]:
        """What its page says first."""
        return HeadlineSerializer(wording.headline(answer)).data

    def get_counted(self, answer: FusedAnswer) -> list[str]:
        """Ids of the photos that it is made of."""
        return [str(row.pk) for row in answer.counted]


class SightingSerializer(serializers.ModelSerializer):
    """Photos of one car. `answer` is that of the photos answered so far, null while there is none."""

    answer = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField(help_text="Photos whose answer is still to come.")
    photos = IdentificationSerializer(many=True, read_only=True)
    url = serializers.SerializerMethodField(help_text="The page of all photos together.")

    class Meta:
        model = Sighting
        fields = ["id", "created", "answer", "waiting", "photos", "url"]
        read_only_fields = fields

    @extend_schema_field(FusedAnswerSerializer(allow_null=True))
    def get_answer(self, sighting: Sighting) -> dict[str, object] | None:
        """Made of the photos' answers."""
        answer = fused_answer(list(sighting.photos.all()))
        return FusedAnswerSerializer(answer, context=self.context).data if answer else None

    def get_waiting(self, sighting: Sighting) -> int:
        """How many photos wait."""
        return sum(row.is_waiting for row in sighting.photos.all())

    def get_url(self, sighting: Sighting) -> str:
        """Absolute address of the page."""
        return self.context["request"].build_absolute_uri(sighting.get_absolute_url())


class RefusedPhoto(serializers.Serializer):
    """A photo that was not taken, and why."""

    name = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class SightingTaken(SightingSerializer):
    """A new sighting, with the photos that were not taken."""

    refused = serializers.SerializerMethodField()

    class Meta(SightingSerializer.Meta):
        fields = [*SightingSerializer.Meta.fields, "refused"]
        read_only_fields = fields

    @extend_schema_field(RefusedPhoto(many=True))
    def get_refused(self, sighting: Sighting) -> list[dict[str, str]]:
        """Name, code and message of each."""
        return list(self.context["refused"])
