"""The API of dealers, enquiries and leads: the same services and querysets as the pages."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from django.db.models import F, Prefetch
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from dealers import services
from dealers.directory import find_dealers
from dealers.evidence import evidence_for
from dealers.exceptions import EvidenceGone
from dealers.limits import enquiry_spend
from dealers.models import Dealer, Enquiry, EnquiryEvent
from dealers.photos import photo_response
from dealers.querysets import DealerQuerySet, EnquiryQuerySet
from dealers.serializers import (
    DealerSerializer,
    EnquiryRequest,
    EnquirySerializer,
    LeadSerializer,
    LeadStatusRequest,
)

if TYPE_CHECKING:
    from accounts.models import User

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same enquiry with the same key is sent once.",
)
MAKE = OpenApiParameter("make", str, description="Slug of a make.")
NEAR = OpenApiParameter(
    "near", str, description="A city's name or `latitude,longitude`: nearest first, with distance."
)
TOO_MANY = OpenApiResponse(description="Too many enquiries; `Retry-After` says when to come back.")


@extend_schema_view(
    list=extend_schema(summary="Dealers of a make, near a place", parameters=[MAKE, NEAR]),
    retrieve=extend_schema(summary="A dealer"),
)
class DealerViewSet(viewsets.ReadOnlyModelViewSet):
    """The directory; public."""

    queryset = Dealer.objects.active()
    serializer_class = DealerSerializer
    permission_classes = [AllowAny]
    lookup_field = "slug"

    def get_queryset(self) -> DealerQuerySet:
        """By the query's make and place. Raises UnknownMake or UnknownPlace."""
        asked = self.request.query_params
        search = find_dealers(make=asked.get("make", ""), near=asked.get("near", ""))
        for error in search.errors:
            raise error
        return search.dealers


class WithPhoto(viewsets.GenericViewSet):
    """Rows whose attached photo those may see who see the row, with a token as with a session."""

    @extend_schema(
        summary="The attached photo",
        responses={
            (200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY),
            404: OpenApiResponse(description="None is attached."),
        },
    )
    @action(detail=True, methods=["get"])
    def photo(self, request: Request, pk: str | None = None) -> HttpResponseBase:
        """The photo that the visitor sent along."""
        return photo_response(self.get_object())


@extend_schema_view(
    list=extend_schema(summary="Your enquiries, the newest first"),
    retrieve=extend_schema(summary="An enquiry of yours, with its history"),
)
class EnquiryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WithPhoto):
    """Enquiries of the caller; those of others do not exist here."""

    queryset = Enquiry.objects.none()
    serializer_class = EnquirySerializer
    filterset_fields = ["status"]

    def get_queryset(self) -> EnquiryQuerySet:
        """One's own, with their history."""
        seen = Prefetch("events", EnquiryEvent.objects.exclude(from_status=F("to_status")))
        return Enquiry.objects.sent_by(self.request.user).with_names().prefetch_related(seen)

    @extend_schema(
        summary="Ask a dealer",
        description=(
            "The dealer and you get it by e-mail. The same enquiry with the same Idempotency-Key again is "
            "answered with the enquiry that is already there (200)."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=EnquiryRequest,
        responses={201: EnquirySerializer, 200: EnquirySerializer, 429: TOO_MANY},
    )
    def create(self, request: Request) -> Response:
        """Send one enquiry."""
        asked = EnquiryRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        enquiry, is_new = self._send(request, dict(asked.validated_data))
        return Response(
            self.get_serializer(self.get_queryset().get(pk=enquiry.pk)).data,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={"Location": reverse("api:enquiry-detail", args=[enquiry.pk], request=request)},
        )

    @staticmethod
    def _send(request: Request, asked: dict[str, Any]) -> tuple[Enquiry, bool]:
        asked.pop("consent")
        identification_id = asked.pop("identification", None)
        evidence = evidence_for(request, identification_id)
        if identification_id and evidence is None:
            raise EvidenceGone(fields={"identification": ["No answered photo of yours has this id."]})
        user = cast("User", request.user)
        asked.setdefault("email", user.email)
        return services.enquiry_create(
            **asked,
            user=user,
            nonce=request.headers.get("Idempotency-Key") or secrets.token_urlsafe(16),
            identification_id=identification_id,
            evidence=evidence,
            admit=lambda: enquiry_spend(request, email=asked["email"], dealer=asked["dealer"]),
        )


@extend_schema_view(
    list=extend_schema(summary="Leads of the dealers you work for, the newest first"),
    retrieve=extend_schema(summary="A lead, with its history"),
)
class LeadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WithPhoto):
    """What the caller's dealers were asked; what others were asked does not exist here."""

    queryset = Enquiry.objects.none()
    serializer_class = LeadSerializer
    filterset_fields = ["status"]

    def get_queryset(self) -> EnquiryQuerySet:
        """Leads of the caller's dealers, with their history."""
        return Enquiry.objects.leads_of(self.request.user).with_names().prefetch_related("events__actor")

    @extend_schema(
        summary="Move a lead on, or add a note",
        request=LeadStatusRequest,
        responses={200: LeadSerializer, 409: OpenApiResponse(description="Not from its present status.")},
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """new → contacted → closed, and closed → contacted; or a note alone."""
        change = LeadStatusRequest(data=request.data)
        change.is_valid(raise_exception=True)
        lead = self.get_object()
        services.enquiry_set_status(enquiry=lead, actor=cast("User", request.user), **change.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=lead.pk)).data)
