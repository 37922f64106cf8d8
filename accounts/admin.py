"""Admin of accounts, API tokens and second factors."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as addresses_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as allauth_admin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import services
from accounts.models import ApiToken, User
from accounts.rights import may_act_on
from core.admin import NeverEdited


class EmailAddressInline(NeverEdited, admin.TabularInline):
    """Confirmed and unconfirmed addresses. Only their owner changes them, which proves ownership."""

    model = EmailAddress
    extra = 0
    fields = ("email", "primary", "verified")
    readonly_fields = fields
    can_delete = False


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Accounts. Switching one off keeps its photos and tokens; deleting it does not.

    Only superusers grant permissions: other staff who may change accounts could otherwise become one.
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
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Annotated with whether the address is confirmed."""
        own = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
        return super().get_queryset(request).annotate(confirmed_address=Exists(own))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Dates; the address of an existing account; permissions, unless a superuser asks."""
        fixed = ("date_joined", "last_login", *(("email",) if obj else ()))
        rights = ("is_staff", "is_superuser", "groups")
        return fixed if request.user.is_superuser else fixed + rights

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody changes an account with rights beyond their own, nor sets its password."""
        return super().has_change_permission(request, obj) and may_act_on(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nor deletes it; and no user can delete themselves."""
        may = super().has_delete_permission(request, obj) and may_act_on(request.user, obj)
        return may and obj != request.user

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """One's own is changed on the page that asks for the old one."""
        if id == str(request.user.pk):
            return redirect("account_change_password")
        return super().user_change_password(request, id, form_url)

    @admin.display(description="confirmed", boolean=True, ordering="confirmed_address")
    def confirmed(self, user: User) -> bool:
        return bool(user.confirmed_address)  # type: ignore[attr-defined]  # annotated above


class OfAnAccount(NeverEdited, admin.ModelAdmin):
    """Rows by which somebody gets into an account: deleted only by who may act on that account."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody touches an account with rights beyond their own."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or may_act_on(request.user, obj.user))


@admin.register(ApiToken)
class ApiTokenAdmin(OfAnAccount):
    """API tokens: staff can revoke them; only their owners create them, and they can't be read."""

    list_display = ("name", "user", "created", "expiry")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    date_hierarchy = "created"
    fields = ("name", "user", "public_id", "created", "expiry")
    readonly_fields = fields


admin.site.unregister(allauth_admin.Authenticator)  # it shows the secrets


@admin.register(Authenticator)
class AuthenticatorAdmin(OfAnAccount):
    """Second factors: when created and last used. Delete one for a lost phone; secrets are never shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """The whole factor with its backup codes, and the sessions that were opened with it."""
        services.second_factor_remove(user=obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for user in User.objects.filter(authenticator__in=queryset).distinct():
            services.second_factor_remove(user=user)


admin.site.unregister(addresses_admin.EmailAddress)  # there, staff could give an account a second address
admin.site.unregister(Group)


@admin.register(EmailAddress)
class EmailAddressAdmin(OfAnAccount):
    """Addresses of accounts, confirmed or not. Only their owners add them and prove that they are theirs."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__email")
    fields = ("email", "user", "primary", "verified")
    readonly_fields = fields


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """What groups may do. Only superusers decide that: other staff could give themselves every right."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Superusers only."""
        return bool(request.user.is_superuser)
