"""The front door of the API: which version answers, and where it is described."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from carsite import __version__


class SiteSerializer(serializers.Serializer[dict[str, str]]):
    """The site that answers."""

    version = serializers.CharField(help_text="The version of the site.")
    schema = serializers.CharField(help_text="Address of the OpenAPI schema.")
    documentation = serializers.CharField(help_text="Address of the page that explains the API.")


class SiteView(APIView):
    """What answers at `/api/v1/`."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="site", tags=["site"], responses=SiteSerializer, auth=[])
    def get(self, request: Request) -> Response:
        """Which version of the site answers, and where its API is described."""
        values = {
            "version": __version__,
            "schema": reverse("api-schema"),
            "documentation": reverse("api-docs"),
        }
        return Response(values)
