"""Accounts as JSON."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from rest_framework import serializers

from accounts.models import ApiToken, User


class MeSerializer(serializers.ModelSerializer):
    """Whose token or session a request carries."""

    email_confirmed = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["email", "name", "email_confirmed", "date_joined"]
        read_only_fields = fields

    def get_email_confirmed(self, user: User) -> bool:
        """Whether the person has shown that the address is theirs."""
        return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


class TokenSerializer(serializers.ModelSerializer):
    """An API token, without its text, which is not kept."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    expires = serializers.DateTimeField(
        source="expiry", read_only=True, help_text="When it ends. A new password ends it at once."
    )

    class Meta:
        model = ApiToken
        fields = ["id", "name", "created", "expires"]
        read_only_fields = fields


class NewTokenSerializer(TokenSerializer):
    """An API token just made, with its text."""

    token = serializers.CharField(
        read_only=True, help_text="Send it as `Authorization: Token …`. Shown only now."
    )

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class TokenRequestSerializer(serializers.Serializer):
    """What it takes to get a token."""

    email = serializers.CharField(max_length=1_000)
    password = serializers.CharField(
        max_length=1_000, trim_whitespace=False, style={"input_type": "password"}, write_only=True
    )
    name = serializers.CharField(max_length=60, default="API", help_text="What the token is for.")
