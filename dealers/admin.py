"""Admin of dealers and enquiries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import ngettext, ngettext_lazy

from core.admin import Counted, DeletedWithItsParent, NeverEdited, change_link, perform_each
from dealers import ceilings, mails, services
from dealers.models import City, Dealer, Enquiry, EnquiryEvent
from dealers.querysets import EnquiryQuerySet

if TYPE_CHECKING:
    from accounts.models import User

_CONTACTED: Counted = ngettext_lazy("%d enquiry is now “Contacted”.", "%d enquiries are now “Contacted”.")
_CLOSED: Counted = ngettext_lazy("%d enquiry is now “Closed”.", "%d enquiries are now “Closed”.")


@admin.register(City)
class CityAdmin(admin.ModelAdmin):
    """Places that "near me" knows."""

    list_display = ("name", "region", "country", "population", "latitude", "longitude")
    list_filter = ("country",)
    search_fields = ("name", "region", "aliases")


@admin.register(Dealer)
class DealerAdmin(admin.ModelAdmin):
    """Dealers, and which accounts see their leads."""

    list_display = ("name", "city", "make_names", "new_leads", "is_active", "is_demo")
    list_filter = ("is_active", "is_demo", "makes")
    list_select_related = ("city",)
    search_fields = ("name", "city__name", "email")
    autocomplete_fields = ("city", "makes", "staff")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("on_site", "leads")
    fieldsets = (
        (None, {"fields": ("name", "slug", "makes", "is_active", "is_demo", "on_site", "leads")}),
        ("Contact", {"fields": ("email", "phone", "website")}),
        ("Place", {"fields": ("street", "city", "latitude", "longitude")}),
        ("Who sees its leads", {"fields": ("staff",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dealer]:
        """With makes and the number of new leads as `new`."""
        new = Count("enquiries", filter=Q(enquiries__status=Enquiry.Status.NEW), distinct=True)
        return (
            super().get_queryset(request).select_related("city").prefetch_related("makes").annotate(new=new)
        )

    def save_model(self, request: HttpRequest, obj: Dealer, form: ModelForm[Dealer], change: bool) -> None:  # noqa: FBT001
        """With another address, unsent e-mails go there: a link to a lead works for one address only."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            for enquiry in Enquiry.objects.unmailed().filter(dealer=obj, dealer_mailed=None):
                mails.enquiry_mails_queue(enquiry=enquiry)

    @admin.display(description="makes")
    def make_names(self, dealer: Dealer) -> str:
        return ", ".join(make.name for make in dealer.makes.all()) or "–"

    @admin.display(description="new leads", ordering="new")
    def new_leads(self, dealer: Any) -> int:
        return dealer.new

    @admin.display(description="page")
    def on_site(self, dealer: Dealer) -> str:
        """A link to the page that visitors see."""
        return format_html('<a href="{}">{}</a>', dealer.get_absolute_url(), dealer) if dealer.pk else "–"

    @admin.display(description="leads")
    def leads(self, dealer: Dealer) -> str:
        """A link to the enquiries to this dealer."""
        url = f"{reverse('admin:dealers_enquiry_changelist')}?dealer__id__exact={dealer.pk}"
        return format_html('<a href="{}">Show the enquiries</a>', url) if dealer.pk else "–"


class EventInline(NeverEdited, admin.TabularInline):
    """The history of an enquiry: written by its changes, never by hand."""

    model = EnquiryEvent
    extra = 0
    can_delete = False
    fields = ("at", "from_status", "to_status", "actor", "by_link", "note")
    readonly_fields = fields
    verbose_name_plural = "history"

    def get_queryset(self, request: HttpRequest) -> QuerySet[EnquiryEvent]:
        return super().get_queryset(request).select_related("actor")


@admin.register(Enquiry)
class EnquiryAdmin(NeverEdited, admin.ModelAdmin):
    """What visitors asked; read-only. Enquiries move on by the actions, which leave a history."""

    list_display = ("created", "name", "dealer", "variant", "status", "mailed", "with_photo")
    list_filter = ("status", "dealer__is_demo", "dealer")
    list_select_related = ("dealer", "variant__model__make")
    search_fields = ("id", "name", "email", "message", "dealer__name", "variant__search_text")
    date_hierarchy = "created"
    actions = ("mark_contacted", "mark_closed", "mail_again")
    inlines = (EventInline,)
    fieldsets = (
        (None, {"fields": ("status", "dealer", "car", "message", "on_site")}),
        ("Visitor", {"fields": ("name", "email", "email_confirmed", "phone", "account", "consented")}),
        ("What the photo showed", {"fields": ("evidence", "photo_sent", "identification")}),
        ("E-mails", {"fields": ("dealer_mailed", "visitor_mailed", "not_sent")}),
        ("Dates", {"fields": ("created", "updated")}),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Above the list, what takes no more enquiries today."""
        for ceiling in ceilings.reached():
            messages.warning(
                request,
                f"No more enquiries to {ceiling} for now: {ceiling.asked} came within a day, and "
                f"{ceiling.limit} are the most. Further senders are told to come back later. "
                "Look whether somebody misuses the form.",
            )
        return super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enquiry]:
        return super().get_queryset(request).select_related("dealer", "variant__model__make", "user")

    def get_readonly_fields(self, request: HttpRequest, obj: Enquiry | None = None) -> tuple[str, ...]:
        return tuple(flatten_fieldsets(self.fieldsets))

    def has_move_permission(self, request: HttpRequest) -> bool:
        """The permission to change enquiries; no form changes them."""
        return request.user.has_perm("dealers.change_enquiry")

    def delete_model(self, request: HttpRequest, obj: Enquiry) -> None:
        """With its e-mails that have not left, and its photo."""
        self.delete_queryset(request, Enquiry.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> None:
        """Likewise for several."""
        services.enquiries_delete(enquiries=queryset)

    @admin.action(description="Mark as contacted", permissions=["move"])
    def mark_contacted(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> None:
        """Mark the enquiry as answered."""
        self._move(request, queryset, Enquiry.Status.CONTACTED)

    @admin.action(description="Close", permissions=["move"])
    def mark_closed(self, request: HttpRequest, queryset: QuerySet[Enquiry]) -> None:
        """Nothing more is to be done."""
        self._move(request, queryset, Enquiry.Status.CLOSED)

    @admin.action(description="Send the e-mails that have not left", permissions=["move"])
    def mail_again(self, request: HttpRequest, queryset: EnquiryQuerySet) -> None:
        """Written again, to the dealer's present address."""
        count = sum(mails.enquiry_mails_queue(enquiry=enquiry) for enquiry in queryset.unmailed())
        words = ngettext("%d e-mail will be sent.", "%d e-mails will be sent.", count)
        messages.success(request, words % count)

    def _move(self, request: HttpRequest, queryset: QuerySet[Enquiry], status: Enquiry.Status) -> None:
        def move(enquiry: Enquiry) -> None:
            services.enquiry_set_status(
                enquiry=enquiry, status=status, actor=cast("User", request.user), note=""
            )

        done = _CONTACTED if status == Enquiry.Status.CONTACTED else _CLOSED
        perform_each(request, queryset.exclude(status=status), move, done)

    @admin.display(description="e-mails", boolean=True)
    def mailed(self, enquiry: Enquiry) -> bool:
        return bool(enquiry.dealer_mailed and enquiry.visitor_mailed)

    @admin.display(description="not sent yet")
    def not_sent(self, enquiry: Enquiry) -> str:
        """Leads to what waits in the outbox, and says why it has not left."""
        rows = [row for row in (enquiry.mail_to_dealer, enquiry.mail_to_visitor) if row]
        lines = (
            (change_link("core_outgoingemail", row.pk, row.to), row.get_status_display(), row.problem)
            for row in rows
        )
        return format_html_join("", "<p>{}: {} {}</p>", lines) or "–"

    @admin.display(description="photo", boolean=True)
    def with_photo(self, enquiry: Enquiry) -> bool:
        return bool(enquiry.photo)

    @admin.display(description="car")
    def car(self, enquiry: Enquiry) -> str:
        return (
            change_link("catalog_variant", enquiry.variant_id, str(enquiry.variant))
            if enquiry.variant
            else "–"
        )

    @admin.display(description="account")
    def account(self, enquiry: Enquiry) -> str:
        return change_link("accounts_user", enquiry.user_id, str(enquiry.user)) if enquiry.user else "a guest"

    @admin.display(description="identification")
    def identification(self, enquiry: Enquiry) -> str:
        """A link to the photo with its answer, which its owner may have deleted since."""
        pk = enquiry.identification_id
        return change_link("classifier_identification", pk, str(pk)) if pk else "–"

    @admin.display(description="photo")
    def photo_sent(self, enquiry: Enquiry) -> str:
        if not enquiry.photo:
            return "no photo attached"
        url = reverse("dealers:enquiry_photo", args=[enquiry.pk])
        return format_html(
            '<a href="{0}"><img src="{0}" alt="The attached photo" width="320" loading="lazy"></a>',
            url,
        )

    @admin.display(description="page")
    def on_site(self, enquiry: Enquiry) -> str:
        """A link to the lead as the dealer sees it."""
        return format_html('<a href="{0}">{0}</a>', reverse("dealers:lead", args=[enquiry.pk]))


@admin.register(EnquiryEvent)
class EnquiryEventAdmin(DeletedWithItsParent, admin.ModelAdmin):
    """The history of all enquiries."""

    list_display = ("at", "enquiry", "from_status", "to_status", "actor", "by_link", "note")
    list_filter = ("to_status", "by_link")
    list_select_related = ("enquiry__dealer", "actor")
    search_fields = ("enquiry__name", "enquiry__dealer__name", "actor__email", "note")
    date_hierarchy = "at"
    fields = ("enquiry", "at", "from_status", "to_status", "actor", "by_link", "note")
    readonly_fields = fields
