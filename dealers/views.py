"""Pages of dealers, enquiries and leads.

Writes are in `services`, what may be shown to whom in `querysets`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Make, Variant
from dealers import access, services
from dealers.access import Door
from dealers.directory import FAR_METRES, Search, find_dealers
from dealers.evidence import Evidence, evidence_for
from dealers.exceptions import DealersError, EvidenceGone, LinkExpired
from dealers.forms import DirectoryForm, EnquiryForm, LeadFilterForm, LeadStatusForm, SubjectForm
from dealers.limits import enquiry_spend
from dealers.models import City, Dealer, Enquiry, EnquiryEvent
from dealers.photos import photo_response
from dealers.querysets import EnquiryQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

PAGE_SIZE = 20
NEARBY = 3
PLACE_KEY = "dealers_near"
"""Session key of the visitor's place, as typed or as rounded coordinates, so that it is asked once."""
_DEALERS = ("Dealers", reverse_lazy("dealers:list"))


# --- The directory ------------------------------------------------------------------------------------------
@require_safe
def dealer_list(request: HttpRequest) -> HttpResponse:
    """Dealers of a make near a place; for htmx (another page's "dealers nearby") a short list of them."""
    form = DirectoryForm({**request.GET.dict(), "near": _remembered_place(request)})
    form.is_valid()
    search = find_dealers(make=form.cleaned_data.get("make", ""), near=form.cleaned_data.get("near", ""))
    _remember_place(request, search)
    context = {"form": form, "search": search, "section": "dealers", **_subject(request)}
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        response = render(request, "dealers/_nearby.html", context | {"dealers": search.dealers[:NEARBY]})
    else:
        page = Paginator(search.dealers, PAGE_SIZE).get_page(request.GET.get("page"))
        response = render(request, "dealers/list.html", context | _list_context(search, page))
    patch_vary_headers(response, ["HX-Request"])
    return response


def _list_context(search: Search, page: Page[Dealer]) -> dict[str, object]:
    first = page.object_list[0] if page.object_list else None
    is_far = bool(search.place and first and page.number == 1 and first.distance > FAR_METRES)
    return {
        "page_obj": page,
        "cities": City.objects.all(),
        "nearest_far": first if is_far else None,
        "makes_sold": () if first else Make.objects.filter(dealers__is_active=True).distinct(),
        "far": FAR_METRES,
    }


def _remembered_place(request: HttpRequest) -> str:
    return request.GET["near"] if "near" in request.GET else request.session.get(PLACE_KEY, "")


def _remember_place(request: HttpRequest, search: Search) -> None:
    if search.place:
        if request.session.get(PLACE_KEY) != search.place.near:
            request.session[PLACE_KEY] = search.place.near
    elif request.GET.get("near") == "":
        request.session.pop(PLACE_KEY, None)


def _subject(request: HttpRequest) -> dict[str, object]:
    """The parameters that say what an enquiry would be about, as fields and as `subject` to follow a "?"."""
    form = SubjectForm(request.GET)
    form.is_valid()
    fields = {name: value for name, value in form.cleaned_data.items() if value}
    return {"subject_fields": fields, "subject": urlencode(fields)}


@require_safe
def dealer_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One dealer: where, what they sell, how to ask."""
    dealer = get_object_or_404(Dealer.objects.active().with_names(), slug=slug)
    near = request.session.get(PLACE_KEY, "")
    search = find_dealers(near=near) if near else None
    placed = search.dealers.filter(pk=dealer.pk).first() if search and search.place else None
    context = {
        "dealer": dealer,
        "placed": placed,
        "search": search,
        "crumbs": [_DEALERS, (dealer.name, None)],
        "section": "dealers",
        **_subject(request),
    }
    return render(request, "dealers/detail.html", context)


# --- Asking -------------------------------------------------------------------------------------------------
class _Subject(TypedDict):
    """What an enquiry is about; None for what is not named, does not exist or is not the visitor's."""

    variant: Variant | None
    evidence: Evidence | None
    identification_id: UUID | None


@never_cache
@sensitive_post_parameters("name", "email", "phone", "message")
@require_http_methods(["GET", "HEAD", "POST"])
def enquire(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of an enquiry. Whatever goes wrong, what was typed stays on the page."""
    dealer = get_object_or_404(Dealer.objects.active().select_related("city"), slug=slug)
    subject = _asked_about(request)
    form = EnquiryForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(request.user, subject["variant"]),
        country=dealer.city.country,
    )
    crumbs = [_DEALERS, (dealer.name, dealer.get_absolute_url()), ("Ask", None)]
    context = {"dealer": dealer, "form": form, "crumbs": crumbs, "section": "dealers", **subject}
    if form.is_valid():
        return _asked(request, context)
    return render(request, "dealers/enquire.html", context, status=400 if form.is_bound else 200)


def _asked(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    try:
        enquiry = _send(request, context)
    except DealersError as error:
        context["form"].add_error(None, error.message)
        response = render(request, "dealers/enquire.html", context, status=error.status)
        if error.retry_after:
            response["Retry-After"] = str(error.retry_after)
        return response
    if enquiry.user is None:
        access.remember(request, enquiry, Door.SENDER, access.key_of(enquiry, Door.SENDER))
    return redirect(enquiry)


def _send(request: HttpRequest, context: dict[str, Any]) -> Enquiry:
    data, evidence = context["form"].cleaned_data, context["evidence"]
    if data["send_photo"] and evidence is None:
        raise EvidenceGone
    enquiry, _ = services.enquiry_create(
        dealer=context["dealer"],
        user=request.user if request.user.is_authenticated else None,
        **{name: data[name] for name in ("name", "email", "phone", "message", "send_photo")},
        nonce=data["token"],
        variant=context["variant"],
        identification_id=context["identification_id"],
        evidence=evidence,
        admit=lambda: enquiry_spend(request, email=data["email"], dealer=context["dealer"]),
    )
    return enquiry


def _asked_about(request: HttpRequest) -> _Subject:
    """The car and the evidence that the address names, as far as they exist and are the visitor's."""
    form = SubjectForm(request.GET)
    form.is_valid()
    identification_id: UUID | None = form.cleaned_data.get("identification")
    evidence = evidence_for(request, identification_id)
    slug = form.cleaned_data.get("variant") or (evidence.variant_slug if evidence else "")
    variant = Variant.objects.published().with_names().known_as([slug]).get(slug) if slug else None
    return {"variant": variant, "evidence": evidence, "identification_id": identification_id}


def _initial(user: User | AnonymousUser, variant: Variant | None) -> dict[str, str]:
    car = f"the {variant}" if variant else "one of your cars"
    initial = {"message": f"Hello,\n\nI am interested in {car}. Is one available, and at what price?\n"}
    return initial | ({"name": user.get_full_name(), "email": user.email} if user.is_authenticated else {})


# --- What I asked -------------------------------------------------------------------------------------------
@login_required
@require_safe
def enquiry_list(request: HttpRequest) -> HttpResponse:
    """My enquiries, the newest first."""
    enquiries = Enquiry.objects.sent_by(request.user).with_names()
    page = Paginator(enquiries, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "dealers/enquiry_list.html", {"page_obj": page, "section": "enquiries"})


@never_cache
@require_safe
def enquiry_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of my enquiries; guests come here after sending, or by the link in the e-mail."""
    if "key" in request.GET:
        return _by_link(request, pk, Door.SENDER)
    enquiry = get_object_or_404(_with_history(), pk=pk)
    if not _is_sender(request, enquiry):
        raise Http404
    crumbs = [("My enquiries", reverse("dealers:enquiry_list")), (enquiry.dealer.name, None)]
    context = {
        "enquiry": enquiry,
        "may_confirm": not enquiry.email_confirmed and access.is_open(request, enquiry, Door.ADDRESS),
        "crumbs": crumbs,
        "section": "enquiries",
    }
    return render(request, "dealers/enquiry.html", context)


@require_POST
def enquiry_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who came by the link in our letter says that the address is theirs.

    By a button of the page, as mail filters open links too.
    """
    enquiry = get_object_or_404(Enquiry.objects.select_related("dealer"), pk=pk)
    if not access.is_open(request, enquiry, Door.ADDRESS):
        raise Http404
    services.enquiry_confirm(enquiry=enquiry)
    messages.success(request, f"Thank you. {enquiry.email} is confirmed, and {enquiry.dealer} sees it.")
    return redirect(enquiry)


def _is_sender(request: HttpRequest, enquiry: Enquiry) -> bool:
    own = request.user.is_authenticated and enquiry.user_id == request.user.pk
    return own or access.is_open(request, enquiry, Door.SENDER)


def _with_history() -> EnquiryQuerySet:
    events = Prefetch("events", EnquiryEvent.objects.select_related("actor"))
    return Enquiry.objects.with_names().prefetch_related(events)


@require_safe
def enquiry_photo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The attached photo, for its sender, the dealer's staff and the site's staff only."""
    linked = access.open_doors(request, Door.SENDER, Door.LEAD)
    enquiry = get_object_or_404(Enquiry.objects.readable_by(request.user, linked).exclude(photo=""), pk=pk)
    return photo_response(enquiry)


def _by_link(request: HttpRequest, pk: UUID, door: Door) -> HttpResponse:
    """Move the key from the address into the session."""
    enquiry = get_object_or_404(Enquiry.objects.select_related("dealer"), pk=pk)
    try:
        is_right = access.remember(request, enquiry, door, request.GET["key"])
    except LinkExpired as error:
        return render(
            request, "dealers/link_expired.html", {"error": error, "door": door}, status=error.status
        )
    if not is_right:
        raise Http404
    if door == Door.SENDER:
        access.remember(request, enquiry, Door.ADDRESS, access.key_of(enquiry, Door.ADDRESS))
    return redirect(f"dealers:{door}", pk=pk)


# --- What dealers are asked ---------------------------------------------------------------------------------
@login_required
@require_safe
def lead_list(request: HttpRequest) -> HttpResponse:
    """Leads of the dealers whose staff I am, the newest first."""
    leads = Enquiry.objects.leads_of(request.user)
    form = LeadFilterForm(request.GET)
    status = form.cleaned_data["status"] if form.is_valid() else ""
    shown = leads.filter(status=status) if status else leads
    context = {
        "page_obj": Paginator(shown.with_names(), PAGE_SIZE).get_page(request.GET.get("page")),
        "tabs": _tabs(leads),
        "status": status,
        "dealers": Dealer.objects.staffed_by(request.user),
        "section": "leads",
    }
    return render(request, "dealers/lead_list.html", context)


def _tabs(leads: EnquiryQuerySet) -> list[tuple[str, str, int]]:
    """Each status, how it is called, and how many leads have it; all of them first."""
    counts = leads.count_by_status()
    tabs = [(value, label, counts.get(value, 0)) for value, label in Enquiry.Status.choices]
    return [("", "All", sum(counts.values())), *tabs]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lead_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One lead: read it, note something, set its status, as the dealer's staff or by the link in the e-mail.

    The site's staff only read it.
    """
    if "key" in request.GET:
        return _by_link(request, pk, Door.LEAD)
    lead = get_object_or_404(_with_history(), pk=pk)
    user = request.user
    is_theirs = Enquiry.objects.leads_of(user).filter(pk=pk).exists()
    actor = user if user.is_authenticated and is_theirs else None
    may_write = actor is not None or access.is_open(request, lead, Door.LEAD)
    if not may_write and not _is_site_staff(user):
        raise Http404
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        return _status_set(request, lead, actor)
    return _lead_page(request, lead, LeadStatusForm())


def _is_site_staff(user: User | AnonymousUser) -> bool:
    return user.is_authenticated and user.is_staff and user.has_perm("dealers.view_enquiry")


def _status_set(request: HttpRequest, lead: Enquiry, actor: User | None) -> HttpResponse:
    form = LeadStatusForm(request.POST)
    if not form.is_valid():
        return _lead_page(request, lead, form, status=400)
    try:
        services.enquiry_set_status(enquiry=lead, actor=actor, **form.cleaned_data)
    except DealersError as error:
        form.add_error(None, error.message)
        return _lead_page(request, get_object_or_404(_with_history(), pk=lead.pk), form, status=error.status)
    return redirect("dealers:lead", pk=lead.pk)


def _lead_page(request: HttpRequest, lead: Enquiry, form: LeadStatusForm, status: int = 200) -> HttpResponse:
    crumbs = [("Leads", reverse("dealers:lead_list")), (lead.name, None)]
    context = {
        "lead": lead,
        "form": form,
        "crumbs": crumbs,
        "section": "leads",
        "may_write": access.is_open(request, lead, Door.LEAD)
        or Enquiry.objects.leads_of(request.user).filter(pk=lead.pk).exists(),
    }
    return render(request, "dealers/lead.html", context, status=status)
