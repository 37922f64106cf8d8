"""Facts of the catalogue as sheets: staff take them out, change them, look at the diff, and bring them in."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from unfold.contrib.import_export.forms import ImportForm, SelectableFieldsExportForm

from catalog.sheet import reading
from scraper.admin_parts import ReadOnly
from scraper.sheets import FactResource
from scraper.staged_models import Fact


@admin.register(Fact)
class FactAdmin(ReadOnly, ImportExportModelAdmin):
    """Facts; what a filter shows is what is taken out."""

    resource_classes = (FactResource,)
    formats = (CSV, XLSX)
    import_form_class = ImportForm
    export_form_class = SelectableFieldsExportForm
    list_display = ("variant", "key", "value", "source", "retrieved")
    list_filter = ("source", "key")
    list_select_related = ("variant__make", "variant__model__make", "source")
    search_fields = ("variant__slug", "raw")
    show_full_result_count = False
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
