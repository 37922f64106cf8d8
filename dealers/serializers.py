"""Dealers, enquiries and leads as JSON. Distances in metres, coordinates in degrees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.reverse import reverse

from catalog.models import Variant
from catalog.serializers import CurrentSlugField
from dealers.models import Dealer, Enquiry, EnquiryEvent, MailState
from dealers.validators import PHONE_LENGTH, clean_email, clean_line, clean_message, clean_phone


class DealerSerializer(serializers.ModelSerializer):
    """A dealer as the public sees them."""

    makes: serializers.Field = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    city = serializers.CharField(source="city.name", read_only=True)
    region = serializers.CharField(source="city.region", read_only=True)
    country = serializers.CharField(source="city.country", read_only=True, help_text="ISO 3166-1 code.")
    distance = serializers.SerializerMethodField(help_text="Metres from `near`; null without it.")
    url = serializers.SerializerMethodField(help_text="The dealer's page.")

    class Meta:
        model = Dealer
        fields = [
            "slug", "name", "makes", "street", "city", "region", "country", "latitude", "longitude", "phone",
            "website", "is_demo", "distance", "url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_distance(self, dealer: Dealer) -> float | None:
        """Great-circle distance where the list was asked for near a place."""
        metres = getattr(dealer, "distance", None)
        return None if metres is None else round(metres, 1)

    def get_url(self, dealer: Dealer) -> str:
        return self.context["request"].build_absolute_uri(dealer.get_absolute_url())


class EnquiryRequest(serializers.Serializer):
    """An enquiry to a dealer, as it is sent to us."""

    dealer = serializers.SlugRelatedField(slug_field="slug", queryset=Dealer.objects.active())
    variant = CurrentSlugField(
        queryset=Variant.objects.published().with_names(), required=False, allow_null=True
    )
    identification = serializers.UUIDField(
        required=False, allow_null=True, help_text="An answered photo of yours."
    )
    send_photo = serializers.BooleanField(default=False, help_text="Attach that photo.")
    name = serializers.CharField(max_length=120, trim_whitespace=False)
    email = serializers.CharField(
        max_length=320, required=False, help_text="Your account's address if left out."
    )
    phone = serializers.CharField(
        max_length=PHONE_LENGTH,
        required=False,
        allow_blank=True,
        help_text="As people write it; without a country code it is of the dealer's country.",
    )
    message = serializers.CharField(help_text="Plain text, up to 4,000 characters.")
    consent = serializers.BooleanField(help_text="Has to be true: that the dealer may get these data.")

    def validate_name(self, value: str) -> str:
        """One line: it goes into a mail header."""
        return _checked(clean_line, value)

    def validate_email(self, value: str) -> str:
        """One that can be written to."""
        return _checked(clean_email, value)

    def validate_message(self, value: str) -> str:
        """Plain text of limited length."""
        return _checked(clean_message, value)

    def validate_consent(self, value: bool) -> bool:  # noqa: FBT001
        """Nothing is passed on without it."""
        if not value:
            raise serializers.ValidationError(
                "The enquiry can't be passed on without consent.", code="consent"
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A telephone number of the dealer's country; a photo can only be attached of an identification."""
        if "phone" in attrs:
            country = attrs["dealer"].city.country
            try:
                attrs["phone"] = _checked(lambda value: clean_phone(value, country), attrs["phone"])
            except serializers.ValidationError as error:
                raise serializers.ValidationError({"phone": error.detail}) from None
        if attrs["send_photo"] and not attrs.get("identification"):
            raise serializers.ValidationError(
                {"identification": ["Give the identification whose photo to attach."]}
            )
        return attrs


class HistorySerializer(serializers.ModelSerializer):
    """A change as the visitor sees it."""

    status = serializers.ChoiceField(source="to_status", choices=Enquiry.Status.choices, read_only=True)

    class Meta:
        model = EnquiryEvent
        fields = ["at", "status"]
        read_only_fields = fields


class LeadHistorySerializer(HistorySerializer):
    """A change as the dealer's staff see it."""

    actor = serializers.CharField(source="actor.email", default=None, read_only=True, allow_null=True)

    class Meta(HistorySerializer.Meta):
        fields = ["at", "status", "actor", "by_link", "note"]
        read_only_fields = fields


class EnquirySerializer(serializers.ModelSerializer):
    """An enquiry as its sender sees it."""

    photo_of = "enquiry"
    dealer: serializers.Field = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    variant: serializers.Field = serializers.SlugRelatedField(
        slug_field="slug", read_only=True, allow_null=True
    )
    status = serializers.ChoiceField(choices=Enquiry.Status.choices, read_only=True)
    photo = serializers.SerializerMethodField(help_text="Address of the attached photo, if any.")
    dealer_mail = serializers.ChoiceField(
        choices=MailState.choices, read_only=True, help_text="What became of the e-mail to the dealer."
    )
    visitor_mail = serializers.ChoiceField(
        choices=MailState.choices, read_only=True, help_text="What became of the e-mail to the visitor."
    )
    history = HistorySerializer(source="events", many=True, read_only=True)

    class Meta:
        model = Enquiry
        fields = [
            "id", "dealer", "variant", "name", "email", "phone", "message", "evidence", "photo", "status",
            "dealer_mailed", "dealer_mail", "visitor_mail", "created", "history",
        ]  # fmt: skip
        read_only_fields = fields

    def get_photo(self, enquiry: Enquiry) -> str | None:
        """Absolute address; it answers to users who may see the enquiry."""
        if not enquiry.photo:
            return None
        request = self.context["request"]
        return reverse(f"api:{self.photo_of}-photo", args=[enquiry.pk], request=request)


class LeadSerializer(EnquirySerializer):
    """An enquiry as the dealer's staff see it."""

    photo_of = "lead"
    history = LeadHistorySerializer(source="events", many=True, read_only=True)


class LeadStatusRequest(serializers.Serializer):
    """Where to move a lead, a note on it, or both."""

    status = serializers.ChoiceField(
        choices=Enquiry.Status.choices, required=False, help_text="Left out: it stays as it is."
    )
    seen = serializers.ChoiceField(
        choices=Enquiry.Status.choices,
        required=False,
        help_text="The status you saw; 409 if it is another by now.",
    )
    note = serializers.CharField(
        max_length=400, required=False, allow_blank=True, help_text="Seen by the dealer's staff only."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something has to be done."""
        if not attrs.get("status") and not attrs.get("note"):
            raise serializers.ValidationError({"status": ["Give a status, a note, or both."]})
        return attrs


def _checked(check: Callable[[str], str], value: str) -> str:
    """A form's check as DRF expects it."""
    try:
        value = check(value)
    except DjangoValidationError as error:
        raise serializers.ValidationError(error.messages, code=error.code) from None
    return value
