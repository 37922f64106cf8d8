"""The account page: name and sign-in, API tokens, a copy of the data, deletion."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.decorators import rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.exceptions import AccountsError
from accounts.export import export as export_of
from accounts.forms import DeleteAccountForm, ProfileForm, TokenForm
from accounts.models import ApiToken, User


def _signed_in(request: HttpRequest) -> User:
    """The user, in views that `login_required` guards."""
    return cast(User, request.user)


def _page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    """The account page, with the given forms in place of fresh ones."""
    user = _signed_in(request)
    values = {
        "profile_form": ProfileForm(instance=user),
        "token_form": TokenForm(),
        "tokens": ApiToken.objects.filter(user=user, expiry__gt=timezone.now()),
        "has_second_step": is_mfa_enabled(user, [Authenticator.Type.TOTP]),
        "is_confirmed": EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists(),
        **context,
    }
    return render(request, "accounts/me.html", values, status=status)


@never_cache
@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """The account page."""
    return _page(request)


@login_required
@require_POST
def profile(request: HttpRequest) -> HttpResponse:
    """Change the name."""
    form = ProfileForm(request.POST, instance=_signed_in(request))
    if not form.is_valid():
        return _page(request, profile_form=form, status=400)
    form.save()
    messages.success(request, "Your name has been saved.")
    return redirect("accounts:me")


@never_cache
@login_required
@require_POST
@reauthentication_required(app="allauth.account")
def token_create(request: HttpRequest) -> HttpResponse:
    """Create an API token, for who has just given the password.

    Its text is in this response only: a redirect would have to store it.
    """
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form, status=400)
    user = _signed_in(request)
    try:
        token, text = services.token_create(user=user, name=form.cleaned_data["name"])
    except AccountsError as error:
        form.add_error(None, error.message)
        return _page(request, token_form=form, status=error.status)
    return _page(request, new_token=token, new_token_text=text)


@login_required
@require_POST
def token_revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Revoke an API token."""
    get_object_or_404(ApiToken, user=_signed_in(request), public_id=public_id).delete()
    messages.success(request, "The token has been revoked. Programs that used it can no longer sign in.")
    return redirect("accounts:me")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End all other sessions."""
    user = _signed_in(request)
    services.sessions_end(user=user)
    update_session_auth_hash(request, user)
    messages.success(
        request, "You have been signed out everywhere else. API tokens keep working until you revoke them."
    )
    return redirect("accounts:me")


@login_required
@require_POST
@rate_limit(action="export")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything the site keeps about the person, as a ZIP."""
    user = _signed_in(request)
    response = StreamingHttpResponse(export_of(user), content_type="application/zip")
    name = f"carsite-{timezone.localdate().isoformat()}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Say what will be deleted, ask for the password, delete the account."""
    user = _signed_in(request)
    form = DeleteAccountForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.account_delete(user=user)
        except AccountsError as error:
            form.add_error(None, error.message)
            return render(request, "accounts/delete.html", {"form": form}, status=error.status)
        logout(request)
        messages.success(request, "Your account and everything in it have been deleted.")
        return redirect("classifier:home")
    return render(request, "accounts/delete.html", {"form": form}, status=400 if form.errors else 200)
