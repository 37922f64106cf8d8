"""People for staff."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa import admin as allauth_admin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import ApiToken, User


class EmailAddressInline(admin.TabularInline):
    """Confirmed and waiting addresses. Their owner changes them, which proves that they are theirs."""

    model = EmailAddress
    extra = 0
    fields = ("email", "primary", "verified")
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Accounts. Switching one off is gentler than deleting it, which takes photos and tokens along.

    Rights are given by superusers only: whoever else may change accounts could otherwise make themselves one.
    """

    list_display = ("email", "name", "confirmed", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    date_hierarchy = "date_joined"
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    inlines = (EmailAddressInline,)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("May do", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With whether the address is confirmed."""
        own = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
        return super().get_queryset(request).annotate(confirmed_address=Exists(own))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Dates; the address once it is somebody's; rights for all but superusers."""
        fixed = ("date_joined", "last_login", *(("email",) if obj else ()))
        rights = ("is_staff", "is_superuser", "groups")
        return fixed if request.user.is_superuser else fixed + rights

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are changed by superusers."""
        return super().has_change_permission(request, obj) and _is_below(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are deleted by superusers, and nobody deletes themselves."""
        may = super().has_delete_permission(request, obj) and _is_below(obj, request.user)
        return may and obj != request.user

    @admin.display(description="confirmed", boolean=True, ordering="confirmed_address")
    def confirmed(self, user: Any) -> bool:
        """Whether the address is shown to be theirs."""
        return user.confirmed_address


def _is_below(user: Any, staff: Any) -> bool:
    return user is None or not user.is_superuser or staff.is_superuser


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """API tokens: staff can revoke them; only their owners make them, and nobody can read them."""

    list_display = ("name", "user", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    date_hierarchy = "created"
    fields = ("name", "user", "public_id", "created", "expiry")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only their owners, who are shown the text."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoke and make anew."""
        return False


admin.site.unregister(allauth_admin.Authenticator)  # it shows the secrets


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):
    """Second factors: when made and last used. Deleting one is for phones that got lost; secrets are never shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only their owners."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only their owners."""
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """The whole factor, its codes on paper too, and the sessions that were opened with it."""
        services.second_factor_remove(user=obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        """Likewise."""
        for user in User.objects.filter(authenticator__in=queryset).distinct():
            services.second_factor_remove(user=user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those of superusers are taken away by superusers."""
        return super().has_delete_permission(request, obj) and (
            obj is None or _is_below(obj.user, request.user)
        )
