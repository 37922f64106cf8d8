"""Facts of the catalogue as sheets: staff take them out, change them, look at the diff, and bring them in."""

from __future__ import annotations

import zipfile
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm

from catalog.admin import FoundByCar
from catalog.specs.sheet import reading
from scraper.admin.parts import ReadOnly
from scraper.models.staging import Fact
from scraper.staging.sheets import MOST_ROWS_OUT, FactResource

UNREADABLE = "This can't be read as such a sheet. Save it as CSV in UTF-8, or as XLSX."


class SheetForm(ImportForm):
    """A file that is a sheet, of a size that a page can take."""

    MOST_BYTES, MOST_UNPACKED = 5 * 2**20, 100 * 2**20

    def clean_import_file(self) -> UploadedFile:
        """Looks at the size, also that of what a packed sheet holds, before anything is read."""
        file: UploadedFile = self.cleaned_data["import_file"]
        if (file.size or 0) > self.MOST_BYTES:
            raise forms.ValidationError(
                "The file is larger than 5 MB. Divide it, the columns' names on each part."
            )
        if zipfile.is_zipfile(file) and self._unpacked(file) > self.MOST_UNPACKED:
            raise forms.ValidationError("What the file holds is larger than 100 MB.")
        file.seek(0)
        return file

    def _unpacked(self, file: UploadedFile) -> int:
        try:
            with zipfile.ZipFile(file) as packed:
                return sum(part.file_size for part in packed.infolist())
        except zipfile.BadZipFile:
            raise forms.ValidationError(UNREADABLE) from None


@admin.register(Fact)
class FactAdmin(ReadOnly, FoundByCar, ImportExportModelAdmin):
    """Facts; what a filter shows is what is taken out."""

    resource_classes = (FactResource,)
    formats = (CSV, XLSX)
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

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """What to do, in place of what a program said."""
        form.add_error("import_file", UNREADABLE)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        """A sheet of what the list shows; where that is too much, back to the list."""
        count = self.get_export_queryset(request).count()
        if count <= MOST_ROWS_OUT:
            return super().export_action(request)
        messages.error(
            request,
            f"These are {count:,} facts; a sheet holds {MOST_ROWS_OUT:,}. Narrow the list by filters or a search first.",
        )
        query = request.GET.urlencode()
        return HttpResponseRedirect(
            f"{reverse('admin:scraper_fact_changelist')}{f'?{query}' if query else ''}"
        )

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may decide what is published."""
        return request.user.has_perm("scraper.curate_stagedcar")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may see them."""
        return self.has_view_permission(request)

    @admin.display(description="value", ordering="low")
    def value(self, fact: Fact) -> str:
        """As people read it."""
        return reading(fact, "metric")
