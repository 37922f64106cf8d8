"""Photos and their answers for programs: the same services and querysets as the pages."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from classifier.answers.sightings import sighting_create
from classifier.answers.sweep import identification_look_as_car, identification_retry
from classifier.exceptions import ClassifierError
from classifier.models import Identification, Sighting
from classifier.photos.delete import identification_delete
from classifier.photos.receive import identification_create
from classifier.photos.throttle import count_photo
from classifier.querysets import IdentificationQuerySet, SightingQuerySet
from classifier.serializers import (
    FeedbackRequest,
    FeedbackSerializer,
    IdentificationSerializer,
    PhotosUpload,
    PhotoUpload,
    SightingSerializer,
    SightingTaken,
)
from classifier.training.feedback import feedback_record
from classifier.views import photo_response
from core.api_parsers import JSONParser


@extend_schema_view(
    list=extend_schema(summary="Your photos, the newest first"),
    retrieve=extend_schema(summary="A photo and its answer"),
    destroy=extend_schema(summary="Delete a photo and its answer"),
)
class IdentificationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet
):
    """Photos of the caller; those of others do not exist here."""

    queryset = Identification.objects.none()
    serializer_class = IdentificationSerializer
    filterset_fields = ["status", "decision", "scene"]

    def get_queryset(self) -> IdentificationQuerySet:
        """One's own, with answers."""
        return Identification.objects.visible_to(self.request.user).with_answer()

    def get_throttles(self) -> list:
        """Sending photos has a rate of its own."""
        self.throttle_scope = "upload" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Send a photo",
        description=(
            "Answers at once; the answer to the photo follows at `Location`. "
            "The same photo again leads to the identification that is there already (200)."
        ),
        request={"multipart/form-data": PhotoUpload},
        responses={202: IdentificationSerializer, 200: IdentificationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Take in one photo."""
        upload = PhotoUpload(data=request.data)
        upload.is_valid(raise_exception=True)
        file = upload.validated_data["photo"]
        count_photo(request)
        row, is_new = identification_create(file=file, size=file.size or 0, user=request.user)
        row = self.get_queryset().get(pk=row.pk)
        return Response(
            self.get_serializer(row).data,
            status=status.HTTP_202_ACCEPTED if is_new or row.is_waiting else status.HTTP_200_OK,
            headers={"Location": reverse("api:identification-detail", args=[row.pk], request=request)},
        )

    def perform_destroy(self, instance: Identification) -> None:
        """The stored files go with the row."""
        identification_delete(identification=instance)

    @extend_schema(
        summary="Say what the photo really shows",
        request=FeedbackRequest,
        responses={200: FeedbackSerializer},
    )
    @action(detail=True, methods=["post"])
    def feedback(self, request: Request, pk: str | None = None) -> Response:
        """Store feedback, in place of what was said before."""
        row = self.get_object()
        data = FeedbackRequest(data=request.data)
        data.is_valid(raise_exception=True)
        said = feedback_record(identification=row, author=request.user, **data.validated_data)
        return Response(FeedbackSerializer(said).data)

    @extend_schema(
        summary="Try a failed photo again", request=None, responses={202: IdentificationSerializer}
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str | None = None) -> Response:
        """Queue a failed identification again; 409 in any other state."""
        identification_retry(identification=self.get_object())
        return Response(self.get_serializer(self.get_object()).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="Look at a photo as a car all the same",
        description="For a photo whose `scene` is not `exterior`: it is queued again, and its car is named.",
        request=None,
        responses={202: IdentificationSerializer},
    )
    @action(detail=True, methods=["post"], url_path="as-car")
    def as_car(self, request: Request, pk: str | None = None) -> Response:
        """Queue a photo again in which no car was seen; 409 in any other state."""
        identification_look_as_car(identification=self.get_object())
        return Response(self.get_serializer(self.get_object()).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="The kept photo",
        responses={(200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    @action(detail=True, methods=["get"])
    def photo(self, request: Request, pk: str | None = None) -> HttpResponseBase:
        """The kept copy as JPEG."""
        return photo_response(self.get_object().photo)

    def get_parsers(self) -> list[BaseParser]:
        """Photos come as multipart, everything else as JSON."""
        if getattr(self, "action", None) == "create" or self.request is None:
            return [MultiPartParser()]
        return [JSONParser(), FormParser(), MultiPartParser()]


@extend_schema_view(retrieve=extend_schema(summary="Photos of one car, and one answer to all of them"))
class SightingViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Several photos of the same car. Each is an identification too, and is deleted as one."""

    queryset = Sighting.objects.none()
    serializer_class = SightingSerializer

    def get_queryset(self) -> SightingQuerySet:
        """One's own, with photos and answers."""
        return Sighting.objects.visible_to(self.request.user).with_photos()

    def get_throttles(self) -> list:
        """Sending photos has a rate of its own."""
        self.throttle_scope = "upload" if self.action == "create" else None
        return super().get_throttles()

    def get_parsers(self) -> list[BaseParser]:
        """Photos come as multipart."""
        return [MultiPartParser()]

    @extend_schema(
        summary="Send several photos of one car",
        description=(
            "Answers at once; the answers follow at `Location`. Photos that can't be used are named in "
            "`refused` and do not hold up the others; where none can be used, the first reason is the error."
        ),
        request={"multipart/form-data": PhotosUpload},
        responses={202: SightingTaken},
    )
    def create(self, request: Request) -> Response:
        """Take in the photos."""
        upload = PhotosUpload(data=request.data)
        upload.is_valid(raise_exception=True)
        taken, refused = self._take(request, upload.validated_data["photos"])
        if not taken:
            raise refused[0][1]
        made = sighting_create(photos=taken, user=request.user)
        found = self.get_queryset().get(pk=made.pk)
        reasons = [{"name": name, "code": error.code, "message": error.message} for name, error in refused]
        context = {**self.get_serializer_context(), "refused": reasons}
        return Response(
            SightingTaken(found, context=context).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": reverse("api:sighting-detail", args=[made.pk], request=request)},
        )

    def _take(
        self, request: Request, files: list[UploadedFile]
    ) -> tuple[list[Identification], list[tuple[str, ClassifierError]]]:
        taken, refused = [], []
        for file in files:
            try:
                count_photo(request)
                row, _ = identification_create(file=file, size=file.size or 0, user=request.user)
                taken.append(row)
            except ClassifierError as error:
                refused.append((file.name or "", error))
        return taken, refused
