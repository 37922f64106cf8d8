"""Facts of the catalogue as sheets: staff export them, edit them, review the difference, and import them."""

from __future__ import annotations

import zipfile

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm

from catalog.admin import FoundByCar
from catalog.specs.sheet import fact_text
from core.admin import ViewOnly
from core.sheets import SheetUnreadable
from scraper.models.staging import Fact
from scraper.staging.formats import AnyCSV, BoundedXLSX
from scraper.staging.sheets import MOST_ROWS_OUT, FactResource

UNREADABLE = "This file can't be read. Save the sheet as CSV in UTF-8, or as XLSX."


class SheetForm(ImportForm):
    """A sheet that is small enough to be read within one request."""

    MOST_BYTES, MOST_UNPACKED = 5 * 2**20, 100 * 2**20

    def clean_import_file(self) -> UploadedFile:
        """Check the size, of a packed sheet also the unpacked one, before anything is read."""
        file: UploadedFile = self.cleaned_data["import_file"]
        if (file.size or 0) > self.MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 5 MB. Split it, with the column names at the top of each part."
            )
        if zipfile.is_zipfile(file) and self._unpacked(file) > self.MOST_UNPACKED:
            raise forms.ValidationError("The unpacked sheet is larger than 100 MB.")
        file.seek(0)
        return file

    def _unpacked(self, file: UploadedFile) -> int:
        try:
            with zipfile.ZipFile(file) as packed:
                return sum(part.file_size for part in packed.infolist())
        except zipfile.BadZipFile:
            raise forms.ValidationError(UNREADABLE) from None


@admin.register(Fact)
class FactAdmin(ViewOnly, FoundByCar, ImportExportModelAdmin):
    """Facts; the export holds what the filters show."""

    resource_classes = (FactResource,)
    formats = (AnyCSV, BoundedXLSX)
    import_form_class = SheetForm
    export_form_class = SelectableFieldsExportForm
    list_display = ("variant", "key", "value", "source", "retrieved")
    list_filter = ("source", "key")
    list_select_related = ("variant__make", "variant__model__make", "source")
    fields = readonly_fields = (
        "variant",
        "key",
        "value",
        "source",
        "source_url",
        "retrieved",
        "record",
        "raw",
        "note",
    )

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        """Say what to do, in place of the parser's own message."""
        form.add_error("import_file", str(e) if isinstance(e, SheetUnreadable) else UNREADABLE)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """A sheet of what the list shows; where that is too much, back to the list."""
        count = self.get_export_queryset(request).count()
        if count <= MOST_ROWS_OUT:
            return super().export_action(request)
        messages.error(
            request,
            f"There are {count:,} facts here; a sheet holds up to {MOST_ROWS_OUT:,}. "
            "Narrow the list with filters or a search first.",
        )
        query = request.GET.urlencode()
        return HttpResponseRedirect(
            f"{reverse('admin:scraper_fact_changelist')}{f'?{query}' if query else ''}"
        )

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scraper.curate_stagedcar")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="value", ordering="low")
    def value(self, fact: Fact) -> str:
        return fact_text(fact, "metric")
