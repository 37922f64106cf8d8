"""Fields of the API that several apps share."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.addresses import MAX_LENGTH, AddressNotUsable, normalise_email


@extend_schema_field({"type": "string", "format": "email", "maxLength": MAX_LENGTH})
class EmailField(serializers.CharField):
    """An address to which letters will be sent, in its one spelling."""

    def to_internal_value(self, data: Any) -> str:
        """The one spelling. Raises a ValidationError that says what is wrong."""
        try:
            return normalise_email(super().to_internal_value(data))
        except AddressNotUsable as error:
            raise serializers.ValidationError(error.message, code=error.code) from None
