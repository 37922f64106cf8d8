"""Pages of the catalogue: makes, models, cars, and cars side by side."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from catalog import tray
from catalog.models import CarModel, Make, OldAddress, Variant, VariantPhoto
from catalog.search import car_names, listing
from catalog.search.criteria import SORTS, Criteria
from catalog.search.paging import LongPaginator
from catalog.specs import comparison, sheet
from catalog.specs.vocabulary import UnitSystem
from core.same_origin import is_sent_from_here

MODELS_A_PAGE = 60
SIBLINGS = 24


def _units(request: HttpRequest) -> UnitSystem:
    return "imperial" if request.COOKIES.get("units") == "imperial" else "metric"


def _crumbs(*pages: Make | CarModel | Variant) -> list[tuple[str, str]]:
    """The way from all makes down to the page, each named without what stands before it."""
    names = {Make: "name", CarModel: "name", Variant: "style_and_year"}
    crumbs = [(getattr(page, names[type(page)]), page.get_absolute_url()) for page in pages]
    return [("Makes", reverse("catalog:make_list")), *crumbs]


def _moved(*slugs: str) -> HttpResponse:
    """To where the page of these slugs has gone. Raises Http404 where there never was one."""
    known = OldAddress.objects.select_related("variant__model__make", "model__make", "make")
    address = get_object_or_404(known, path="/".join(slugs))
    return HttpResponsePermanentRedirect(address.get_absolute_url())


@require_safe
def make_list(request: HttpRequest) -> HttpResponse:
    """All makes with how many cars they have here."""
    return render(request, "catalog/make_list.html", {"makes": Make.objects.published().with_counts()})


@require_safe
def make(request: HttpRequest, make: str) -> HttpResponse:
    """The models of a make."""
    found = Make.objects.published().with_counts().filter(slug=make).first()
    if found is None:
        return _moved(make)
    models = found.models.published().with_counts().with_body().select_related("make")
    count: int = found.model_count  # type: ignore[attr-defined]  # annotated
    pages = LongPaginator(models, MODELS_A_PAGE, count=count)
    context = {
        "make": found,
        "page_obj": pages.get_page(request.GET.get("page")),
        "crumbs": _crumbs(found),
    }
    return render(request, "catalog/make.html", context)


@require_safe
def model(request: HttpRequest, make: str, model: str) -> HttpResponse:
    """The cars of a model, over the years."""
    models = CarModel.objects.published().with_counts().select_related("make")
    found = models.filter(make__slug=make, slug=model).first()
    if found is None:
        return _moved(make, model)
    variants = found.variants.published().with_names().with_specs(sheet.HEADLINES).with_photos()
    count: int = found.variant_count  # type: ignore[attr-defined]  # annotated
    pages = LongPaginator(variants.sorted_by("newest"), listing.PAGE_SIZE, count=count)
    context = {
        "tray": tray.read(request),
        "model": found,
        "page_obj": pages.get_page(request.GET.get("page")),
        "crumbs": _crumbs(found.make, found),
    }
    return render(request, "catalog/model.html", context)


@require_safe
def variant(request: HttpRequest, make: str, model: str, variant: str) -> HttpResponse:
    """A car: its facts, where they come from, its siblings, who sells it."""
    published = Variant.objects.published().with_names()
    named = published.filter(slug=variant, model__slug=model, model__make__slug=make)
    car = named.with_specs().with_photos().first()
    if car is None:
        return _moved(make, model, variant)
    rows = sheet.rows(car.specs.all(), _units(request))
    context = {
        "tray": tray.read(request),
        "variant": car,
        "crumbs": _crumbs(car.model.make, car.model, car),
        "groups": sheet.groups([row for row in rows if row.values]),
        "unknown": [row.kind.label for row in rows if not row.values],
        "headlines": sheet.headlines(rows),
        "limits": sheet.limits(car.specs.all()),
        "conflicts": [row for row in rows if row.in_conflict],
        "siblings": published.siblings_of(car)[:SIBLINGS],
    }
    return render(request, "catalog/variant.html", context)


@require_safe
@vary_on_headers("HX-Request")
def variant_list(request: HttpRequest) -> HttpResponse:
    """All cars, searched, filtered and sorted. For htmx, only what a changed filter changes."""
    found = listing.browse(Criteria.read(request.GET), request.GET.get("page"))
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # its middleware sets it
    fragment = bool(htmx) and not htmx.history_restore_request
    template = "catalog/_listing.html" if fragment else "catalog/variant_list.html"
    query = found.criteria.as_query()
    here = reverse("catalog:variant_list") + (f"?{query}" if query else "")
    context = {
        "listing": found,
        "sorts": SORTS,
        "page_obj": found.page,
        "tray": tray.read(request),
        "next": here if fragment else request.get_full_path(),
        "sort": found.criteria.sort,
    }
    response = render(request, template, context)
    if fragment:
        response["HX-Push-Url"] = here
    return response


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four cars side by side, and a search to add one. Without any named, those of the tray.

    Who has a tray finds there what they compared last.
    """
    differences = request.GET.get("differences") == "1"
    has_tray = tray.COOKIE in request.COOKIES
    asked = "v" in request.GET
    choice = comparison.choose(request.GET.getlist("v") if asked else tray.read(request).slugs)
    context = {
        "choice": choice,
        "cars": choice.cars,
        "groups": sheet.comparison(choice.cars, _units(request), differences=differences),
        "differences": differences,
        "suggestions": comparison.suggest(request.GET.get("q", ""), choice.cars),
    }
    response = render(request, "catalog/compare.html", context)
    if has_tray and asked:
        tray.write(response, tray.Tray(choice.cars), secure=request.is_secure())
    return response


# On pages that are kept for many visitors (`carsite.shared_pages`), which can hold no CSRF token.
@csrf_exempt
@require_POST
def change_tray(request: HttpRequest) -> HttpResponse:
    """Set cars aside to compare: of those `shown` the ticked ones (`v`), or take one out (`remove`).

    Leads to the comparison (`go=compare`), to the list (`go=list`) or back; for a script (`fragment`) it is
    the tray.
    """
    if not is_sent_from_here(request):
        raise PermissionDenied
    removed = request.POST.getlist("remove")
    ticked = [slug for slug in request.POST.getlist("v") if slug not in removed]
    found = tray.changed(request, shown=[*request.POST.getlist("shown"), *removed], ticked=ticked)
    response: HttpResponse
    if "fragment" in request.POST:
        context = {"tray": found, "next": _next(request)}
        response = render(request, "catalog/_tray.html", context)
    else:
        if found.left_out:
            names = ", ".join(map(str, found.left_out))
            text = (
                f"The comparison is full: {found.most} cars at most. Not added: {names}. Take one out first."
            )
            messages.warning(request, text)
        response = HttpResponseRedirect(_after_tray(request, found))
    tray.write(response, found, secure=request.is_secure())
    return response


def _after_tray(request: HttpRequest, found: tray.Tray) -> str:
    go = request.POST.get("go", "")
    if go == "compare" and "remove" not in request.POST:
        return f"{reverse('catalog:compare')}?{urlencode({'v': found.slugs}, doseq=True)}"
    return reverse("catalog:variant_list") if go == "list" else _next(request)


def _next(request: HttpRequest) -> str:
    """The page to go back to, never one of another site."""
    target = request.POST.get("next", "")
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=request.is_secure()):
        return target
    return reverse("catalog:variant_list")


@require_safe
def names(request: HttpRequest) -> JsonResponse:
    """`?q=`: names of cars to choose from, while one is typed."""
    query = Criteria.read(request.GET).q
    response = JsonResponse({"names": car_names.offered(query)})
    patch_cache_control(response, public=True, max_age=300)
    return response


@require_safe
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """A photo of a car; of cars that are not published, for those who may see it in the admin."""
    found = get_object_or_404(VariantPhoto.objects.select_related("variant"), pk=pk)
    if not (found.variant.is_published or request.user.has_perm("catalog.view_variantphoto")):
        raise Http404
    try:
        return FileResponse(found.image.open(), headers={"Cache-Control": "private, max-age=3600"})
    except FileNotFoundError:
        raise Http404 from None
