"""Pages of the catalogue: makes, models, cars, and cars side by side."""

from __future__ import annotations

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from catalog.models import CarModel, Make, OldAddress, Variant, VariantPhoto
from catalog.search import car_names, listing
from catalog.search.criteria import SORTS, Criteria
from catalog.search.paging import LongPaginator
from catalog.specs import comparison, sheet
from catalog.specs.vocabulary import UnitSystem

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
        "variant": car,
        "crumbs": _crumbs(car.model.make, car.model, car),
        "groups": sheet.groups(rows),
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
    response = render(request, template, {"listing": found, "sorts": SORTS, "page_obj": found.page})
    if fragment:
        query = found.criteria.as_query()
        response["HX-Push-Url"] = reverse("catalog:variant_list") + (f"?{query}" if query else "")
    return response


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four cars side by side, and a search to add one."""
    differences = request.GET.get("differences") == "1"
    choice = comparison.choose(request.GET.getlist("v"))
    context = {
        "choice": choice,
        "cars": choice.cars,
        "groups": sheet.comparison(choice.cars, _units(request), differences=differences),
        "differences": differences,
        "suggestions": comparison.suggest(request.GET.get("q", ""), choice.cars),
    }
    return render(request, "catalog/compare.html", context)


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
