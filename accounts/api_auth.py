"""How programs sign in: `Authorization: Token …`."""

from __future__ import annotations

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User

_NOT_VALID = (
    "This API token is not valid: it was revoked, it has ended, or it was copied in part. "
    "Create a new one on your account page."
)


class TokenAuthentication(KnoxTokenAuthentication):
    """knox's, for every header that can be sent, with words that say what to do."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The user and the token; None where there is no such header. Raises AuthenticationFailed."""
        if b"\0" in get_authorization_header(request):  # a database may refuse to look for it
            raise AuthenticationFailed(_NOT_VALID)
        try:
            found: tuple[User, ApiToken] | None = super().authenticate(request)
        except (AuthenticationFailed, ValueError):  # the latter for bytes that are no text
            raise AuthenticationFailed(_NOT_VALID) from None
        return found


class TokenScheme(KnoxTokenScheme):
    """The same, as the API's schema says it; found by drf-spectacular because it is a subclass."""

    target_class = "accounts.api_auth.TokenAuthentication"
