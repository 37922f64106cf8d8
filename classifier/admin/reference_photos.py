"""Photos that belong together: a visitor's of one car, and staff's that teach the model a car."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import ngettext

from catalog.models import Variant
from catalog.search.car_names import CarField
from classifier.admin.parts import photo as photo_of
from classifier.exceptions import ReferenceRefused
from classifier.models import ReferencePhoto, Sighting
from classifier.photos.intake import MAX_PHOTOS, PICKER_TYPES, limits_text
from classifier.training import reference_photos
from classifier.views import photo_response
from core.admin import NeverEdited, change_link
from ml.serving.prototypes import FEWEST


class SeveralFiles(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several files; at least one."""

    widget = SeveralFiles(attrs={"accept": PICKER_TYPES})

    def clean(self, data: object, initial: object = None) -> list[UploadedFile]:
        """Each of them; empty ones are refused later, by name."""
        files = data if isinstance(data, (list, tuple)) else [data]
        if not [file for file in files if file]:
            raise forms.ValidationError("Choose the photos.", code="required")
        if len(files) > MAX_PHOTOS:
            raise forms.ValidationError(f"At most {MAX_PHOTOS} photos at a time.", code="too_many")
        return list(files)


class ReferencePhotosForm(forms.Form):
    """A car, and photos of it."""

    variant = CarField(
        label="Car",
        help_text="Its name, or the address of its page. Not there yet? Add it to the catalogue first.",
    )
    photos = PhotosField(
        label="Photos",
        help_text=(
            f"At least {FEWEST} of the outside of the car, each from a different side. {limits_text()}. "
            "Visitors never see them."
        ),
    )

    def clean_variant(self) -> Variant:
        """A car that visitors may see."""
        variant: Variant = self.cleaned_data["variant"]
        if not variant.is_published:
            raise forms.ValidationError("Visitors can't see this car yet. Publish it first.")
        return variant


@admin.register(ReferencePhoto)
class ReferencePhotoAdmin(NeverEdited, admin.ModelAdmin):
    """Photos of cars that the model was not trained on; from five of a car on, it names that car at once."""

    list_display = ("small", "car", "state", "why", "progress", "model_version", "added_by", "created")
    list_display_links = ("created",)
    list_filter = ("state", "reason", "variant__model__make")
    list_select_related = ("variant__model__make", "model_version", "added_by")
    search_fields = ("variant__search_text",)
    fields = ("large", "car", "state", "why", "progress", "model_version", "added_by", "created", "updated")
    readonly_fields = fields
    change_form_template = "admin/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReferencePhoto]:
        """With how many photos of the same car count."""
        return ReferencePhoto.objects.with_counts()

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who may add reference photos."""
        return request.user.has_perm("classifier.add_referencephoto")

    def get_urls(self) -> list[URLPattern]:
        """The photos' addresses, before the admin's own."""
        view = self.admin_site.admin_view(self.photo)
        return [path("<int:pk>/photo/", view, name="classifier_referencephoto_photo"), *super().get_urls()]

    def photo(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The kept copy, or `?size=thumbnail`, for staff who may view it."""
        row = get_object_or_404(ReferencePhoto, pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return photo_response(row.thumbnail if request.GET.get("size") == "thumbnail" else row.photo)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Choose a car and give its photos."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ReferencePhotosForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._added(request, form):
            return HttpResponseRedirect(reverse("admin:classifier_referencephoto_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Let the model learn a car from a few photos",
            "opts": self.opts,
            "form": form,
            "media": form.media,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "classifier/admin/add_reference_photos.html", context, status=status)

    def _added(self, request: HttpRequest, form: ReferencePhotosForm) -> bool:
        variant, files = form.cleaned_data["variant"], form.cleaned_data["photos"]
        try:
            rows, refused = reference_photos.reference_photos_add(
                variant=variant, files=files, actor=request.user
            )
        except ReferenceRefused as error:
            form.add_error("photos", error.message)
            return False
        text = ngettext(
            "%d photo of the %s was added. The model reads it now; reload to see the result.",
            "%d photos of the %s were added. The model reads them now; reload to see the result.",
            len(rows),
        )
        messages.success(request, text % (len(rows), variant))
        for name, reason in refused:
            messages.warning(request, f"{name}: {reason.message}")
        return True

    @admin.display(description="photo")
    def small(self, row: ReferencePhoto) -> str:
        return _image(row, 72)

    @admin.display(description="photo")
    def large(self, row: ReferencePhoto) -> str:
        return _image(row, 320)

    @admin.display(description="car", ordering="variant__search_text")
    def car(self, row: ReferencePhoto) -> str:
        """Leads to the car."""
        return change_link("catalog_variant", row.variant.pk, str(row.variant))

    @admin.display(description="why not")
    def why(self, row: ReferencePhoto) -> str:
        """Why it does not count."""
        return row.get_reason_display() or "–"

    @admin.display(description="is the car named?")
    def progress(self, row: ReferencePhoto) -> str:
        """Whether enough photos of the car count, or how many more are needed."""
        missing = FEWEST - row.counting  # type: ignore[attr-defined]
        return (
            "yes"
            if missing <= 0
            else f"not yet: {missing} more photo{'' if missing == 1 else 's'} must count"
        )


def _image(row: ReferencePhoto, width: int) -> str:
    url = reverse("admin:classifier_referencephoto_photo", args=[row.pk])
    return format_html(
        '<a href="{0}"><img src="{0}?size=thumbnail" alt="The photo" width="{1}" loading="lazy"></a>',
        url,
        width,
    )


@admin.register(Sighting)
class SightingAdmin(NeverEdited, admin.ModelAdmin):
    """Photos that their sender says show the same car. Deleting this leaves the photos."""

    list_display = ("created", "who", "photo_count")
    list_select_related = ("owner",)
    search_fields = ("id", "owner__email")
    date_hierarchy = "created"
    fields = ("created", "who", "its_photos")
    readonly_fields = fields
    view_on_site = False  # the page is the owner's alone

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sighting]:
        """With how many photos each has."""
        return super().get_queryset(request).annotate(count=Count("photos"))

    @admin.display(description="from")
    def who(self, row: Sighting) -> str:
        """Leads to the account."""
        return change_link("accounts_user", row.owner.pk, row.owner.email) if row.owner else "a guest"

    @admin.display(description="photos", ordering="count")
    def photo_count(self, row: Sighting) -> int:
        return row.count  # type: ignore[attr-defined]

    @admin.display(description="photos")
    def its_photos(self, row: Sighting) -> str:
        """All of them, each leading to itself."""
        return format_html_join(" ", "{}", ((photo_of(one.pk, 160),) for one in row.photos.all()))
