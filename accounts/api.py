"""Tokens to sign in with from programs, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.utils import is_mfa_enabled
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.exceptions import SecondFactorNeeded, TooManyTries, WrongCredentials
from accounts.models import ApiToken, User
from accounts.serializers import MeSerializer, NewTokenSerializer, TokenRequestSerializer, TokenSerializer

if TYPE_CHECKING:
    from rest_framework.permissions import _SupportsHasPermission


class MeView(RetrieveAPIView):
    """Whose token or session this is."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        """The sender of the request."""
        return cast(User, self.request.user)


class TokenViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """API tokens. All users see and revoke their own."""

    serializer_class = TokenSerializer
    queryset = ApiToken.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    @property
    def throttle_scope(self) -> str:
        """Only creating tokens, which allows guessing passwords, is throttled."""
        return "token" if self.action == "create" else ""

    def get_queryset(self) -> QuerySet[ApiToken]:
        """One's own."""
        return (
            ApiToken.objects.filter(user=self.request.user)
            if self.request.user.is_authenticated
            else self.queryset
        )

    def get_authenticators(self) -> list:
        """None for creating a token: there the password identifies the sender, not a session."""
        return [] if self.request and self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> Sequence[_SupportsHasPermission]:
        """Open to all: a token is made with a password."""
        return [AllowAny()] if self.action == "create" else super().get_permissions()

    @extend_schema(request=TokenRequestSerializer, responses={201: NewTokenSerializer}, auth=[])
    def create(self, request: Request) -> Response:
        """Make a token from e-mail address and password. Its text is in this answer and never again."""
        data = TokenRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = _authenticated(request, data.validated_data["email"], data.validated_data["password"])
        token, text = services.token_create(user=user, name=data.validated_data["name"])
        body = TokenSerializer(token).data | {"token": text}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


def _authenticated(request: Request, email: str, password: str) -> User:
    """The user with that password, counted like a sign-in.

    Raises WrongCredentials, TooManyTries, or SecondFactorNeeded where a password alone must not be enough.
    """
    try:
        user = get_adapter().authenticate(request._request, email=email, password=password)
    except ImmediateHttpResponse as refused:
        raise TooManyTries(int(refused.response["Retry-After"])) from None
    if user is None or not user.is_active:
        raise WrongCredentials
    if is_mfa_enabled(user):
        raise SecondFactorNeeded
    return user
