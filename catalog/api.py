"""The catalogue for programs: read-only, open to all within the throttles."""

from __future__ import annotations

from typing import Any, TypeVar

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.viewsets import ReadOnlyModelViewSet

from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, Variant
from catalog.querysets import CarModelQuerySet, MakeQuerySet, VariantQuerySet
from catalog.search import listing
from catalog.search.criteria import SORTS, Criteria
from catalog.search.former_slugs import with_current_slugs
from catalog.search.paging import LongPaginator
from catalog.serializers import MakeSerializer, ModelSerializer, VariantDetailSerializer, VariantSerializer
from catalog.specs.vocabulary import FUELS

_Named = TypeVar("_Named", Make, Variant)


def _several(name: str, description: str, allowed: list[str] | None = None) -> OpenApiParameter:
    kind = {"type": "string", "enum": allowed} if allowed else {"type": "string"}
    return OpenApiParameter(name, {"type": "array", "items": kind}, description=description, explode=True)


_YEAR = {"type": "array", "items": {"type": "integer"}}
_CRITERIA = [
    OpenApiParameter(
        "q",
        str,
        description=(
            "Words that name a car or say what it is like, in any order and script: 'vw golf 2012', "
            "'diesel suv', 'тойота'. Spelling counts. What holds no word finds nothing."
        ),
    ),
    _several("make", "Slugs of makes; cars of any of them are listed."),
    _several("model", "Slugs of models; best together with their make."),
    _several("body", "Body styles.", list(BodyStyle.values)),
    _several("fuel", "Fuels that at least one version runs on.", list(FUELS)),
    OpenApiParameter("year", _YEAR, description="Model years.", explode=True),
    OpenApiParameter("year_min", int, description="First model year."),
    OpenApiParameter("year_max", int, description="Last model year."),
    OpenApiParameter(
        "sort", str, enum=list(SORTS), description="Order; cars without the fact that decides come last."
    ),
]


def _criteria(query: QueryDict) -> Criteria:
    """Criteria of a request. Pages ignore invalid values, a program is told."""
    criteria = Criteria.read(query)
    if criteria.refused:
        raise ValidationError(
            {name: [f"“{value}” is not one of the choices."] for name, value in criteria.refused}
        )
    return with_current_slugs(criteria)


def _of_slug(known: dict[str, _Named], slug: str) -> _Named:
    if slug not in known:
        raise NotFound
    return known[slug]


class Pages(api_settings.DEFAULT_PAGINATION_CLASS):  # type: ignore[name-defined]  # the site decides
    """As everywhere, of long lists."""

    django_paginator_class = LongPaginator


class CarPages(Pages):
    """Where nothing is found, `advice` says what to do."""

    def get_paginated_response(self, data: list[object]) -> Response:
        """With `advice` where there is nothing."""
        response = super().get_paginated_response(data)
        if not self.page.paginator.count:
            response.data["advice"] = listing.advice(Criteria.read(self.request.query_params).q)
        return response

    def get_paginated_response_schema(self, schema: dict[str, object]) -> dict[str, Any]:
        """With `advice`."""
        page: dict[str, Any] = super().get_paginated_response_schema(schema)
        page["properties"]["advice"] = {"type": "string", "description": "What to do where nothing is found."}
        return page


@extend_schema_view(
    list=extend_schema(summary="All makes"),
    retrieve=extend_schema(summary="A make"),
)
class MakeViewSet(ReadOnlyModelViewSet):
    """Makes with at least one car."""

    queryset = Make.objects.none()
    serializer_class = MakeSerializer
    permission_classes = [AllowAny]
    filter_backends = ()
    pagination_class = Pages
    lookup_field = "slug"

    def get_object(self) -> Make:
        """The make of this slug, also where it had it before."""
        return _of_slug(self.get_queryset().known_as([self.kwargs["slug"]]), self.kwargs["slug"])

    def get_queryset(self) -> MakeQuerySet:
        return Make.objects.published().with_counts()


@extend_schema_view(
    list=extend_schema(
        summary="All models", parameters=[_several("make", "Slugs of makes; cars of any of them are listed.")]
    ),
    retrieve=extend_schema(summary="A model"),
)
class ModelViewSet(ReadOnlyModelViewSet):
    """Models with at least one car."""

    queryset = CarModel.objects.none()
    serializer_class = ModelSerializer
    permission_classes = [AllowAny]
    filter_backends = ()
    pagination_class = Pages

    def get_queryset(self) -> CarModelQuerySet:
        """What is published; in the list, of the makes asked for."""
        models = CarModel.objects.published().with_counts().select_related("make")
        makes = _criteria(self.request.query_params).make if self.action == "list" else ()
        return models.filter(make__slug__in=makes) if makes else models


@extend_schema_view(
    list=extend_schema(
        summary="Cars, searched, filtered and sorted",
        parameters=_CRITERIA,
        responses=VariantSerializer(many=True),
    ),
    retrieve=extend_schema(
        summary="A car with all facts and their sources",
        parameters=[
            OpenApiParameter(
                "slug", OpenApiTypes.STR, OpenApiParameter.PATH, description="Such as audi-a5-coupe-2012."
            )
        ],
        responses=VariantDetailSerializer,
    ),
)
class VariantViewSet(ReadOnlyModelViewSet):
    """Cars: a model year and body style of a model."""

    queryset = Variant.objects.none()
    permission_classes = [AllowAny]
    filter_backends = ()
    pagination_class = CarPages
    lookup_field = "slug"

    def get_serializer_class(self) -> type[VariantSerializer]:
        """Facts come with a single car."""
        return VariantSerializer if self.action == "list" else VariantDetailSerializer

    def get_object(self) -> Variant:
        """The car of this slug, also where it had it before."""
        return _of_slug(self.get_queryset().known_as([self.kwargs["slug"]]), self.kwargs["slug"])

    def get_queryset(self) -> VariantQuerySet:
        """What is published; in the list, what meets the criteria."""
        variants = Variant.objects.published().with_names()
        if self.action != "list":
            return variants.with_specs().with_photos()
        criteria = listing.meant(_criteria(self.request.query_params), variants)
        return variants.meeting(criteria).sorted_by(criteria.sort, criteria.q)
