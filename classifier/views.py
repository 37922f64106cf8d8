"""Pages for photos and their answers.

What they do is in photos/, answers/ and training/, what they may see in querysets/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django.views.generic import ListView

from catalog.models import Make
from classifier.answers import engine, presenter, queue_status, wording
from classifier.answers.fused import fused_answer
from classifier.answers.sent import sent as in_order
from classifier.answers.sightings import sighting_create
from classifier.answers.similar import similar_cars
from classifier.answers.sweep import identification_look_as_car, identification_retry
from classifier.exceptions import ClassifierError, NotPossibleNow, PhotoRefused
from classifier.forms import FeedbackForm
from classifier.models import Feedback, Identification, Sighting
from classifier.photos import intake
from classifier.photos.delete import identification_delete
from classifier.photos.receive import identification_create
from classifier.photos.throttle import count_photo
from classifier.querysets import IdentificationQuerySet
from classifier.training.feedback import feedback_record
from core.people import guest_key, guest_key_made

#: Photos and files that are asked for or named at once, at most.
MOST_NAMED = 100
#: A photo that was taken in, and whether it is new.
Taken = tuple[Identification, bool]
#: The name of a file, and why it was not taken.
Refused = tuple[str, ClassifierError]


def own(request: HttpRequest) -> IdentificationQuerySet:
    """The identifications that the sender of this request may see."""
    return Identification.objects.visible_to(request.user, guest_key(request))


def _home_context(request: HttpRequest) -> dict[str, object]:
    makes = Make.objects.published().annotate(count=Count("variants", filter=Q(variants__is_published=True)))
    return {
        "makes": makes,
        "guest_key": guest_key_made(request),  # before the first photo: several may be sent at once
        "recent": own(request).with_answer()[:4],
        "limits": intake.limits_text(),
        "max_photos": intake.MAX_PHOTOS,
        "picker_types": intake.PICKER_TYPES,
        "max_bytes": intake.MAX_BYTES,
        "away": engine.is_away(),
    }


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page: send a photo, or look around."""
    return render(request, "classifier/home.html", _home_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
def identify(request: HttpRequest) -> HttpResponse:
    """Take in photos. One leads to its result, several to a page of theirs, with what was refused."""
    if request.method != "POST":
        return redirect("classifier:home")
    files = request.FILES.getlist("photos")
    taken: list[Taken] = []
    refused: list[Refused] = []
    for file in files[: intake.MAX_PHOTOS]:
        try:
            taken.append(_take(request, file))
        except ClassifierError as error:
            refused.append((file.name or "", error))
    if not files:
        refused.append(
            ("", PhotoRefused("no_photo", "No photo was chosen. Pick one, or drop it on the page."))
        )
    left_out = [file.name or "" for file in files[intake.MAX_PHOTOS :]] + request.POST.getlist("not_sent")
    refused += [(name, _one_too_many()) for name in left_out[:MOST_NAMED]]
    if request.accepts("text/html"):
        return _taken_page(request, taken, refused)
    return _taken_json(taken, refused)


def _one_too_many() -> PhotoRefused:
    text = f"Not sent: {intake.MAX_PHOTOS} photos are accepted at a time. Send it afterwards."
    return PhotoRefused("too_many_files", text)


def _take(request: HttpRequest, file: UploadedFile) -> Taken:
    count_photo(request)
    return identification_create(
        file=file, size=file.size or 0, user=request.user, guest_key=guest_key_made(request)
    )


def _taken_json(taken: list[Taken], refused: list[Refused]) -> JsonResponse:
    """For the page's own script, which sends one photo at a time."""
    if taken:
        row, is_new = taken[0]
        values = {"id": str(row.pk), "url": row.get_absolute_url(), "is_new": is_new, "note": row.note}
        return JsonResponse(values, status=202 if is_new else 200)
    _, error = refused[0]
    return JsonResponse({"code": error.code, "message": error.message, "fields": {}}, status=error.status)


def _taken_page(request: HttpRequest, taken: list[Taken], refused: list[Refused]) -> HttpResponse:
    """Where a person is led after an upload.

    Back with the reasons, to the one answer, to that of all photos together, or to the page of all that were
    sent.
    """
    if not taken:
        context = _home_context(request) | {"refused": refused}
        return render(request, "classifier/home.html", context, status=max(e.status for _, e in refused))
    if len(taken) == 1 and not refused:
        row, is_new = taken[0]
        if not is_new:
            messages.info(request, "You have sent this photo before. Here is its answer.")
        return HttpResponseRedirect(row.get_absolute_url())
    if request.POST.get("same_car") and len({row.pk for row, _ in taken}) > 1:
        for name, error in refused:
            messages.error(request, f"{name}: {error.message}" if name else error.message)
        photos = [row for row, _ in taken]
        made = sighting_create(photos=photos, user=request.user, guest_key=guest_key_made(request))
        return HttpResponseRedirect(made.get_absolute_url())
    ids = list(dict.fromkeys(str(row.pk) for row, _ in taken))
    # The page reloads itself while it waits, so that a message, which is shown once, would be gone.
    request.session["refused"] = {"of": ids[0], "lines": [(name[:80], e.message) for name, e in refused]}
    return HttpResponseRedirect(f"{reverse('classifier:sent')}?{urlencode({'photo': ids}, doseq=True)}")


@require_safe
@vary_on_headers("Accept", "HX-Request")
def sent(request: HttpRequest) -> HttpResponse:
    """Photos that were sent together (`?photo=` id, several times), each with its answer as it comes.

    A page; for htmx the part that changes; JSON for the script that sends photos.
    """
    asked = [pk for value in request.GET.getlist("photo")[:MOST_NAMED] if (pk := _uuid(value))]
    photos = in_order(own(request).filter(pk__in=asked).with_answer(), asked)
    if not request.accepts("text/html"):
        lines = [
            {"id": str(one.row.pk), "title": one.title, "detail": one.detail, "is_waiting": one.is_waiting}
            for one in photos.lines
        ]
        response = JsonResponse({"photos": lines, "waiting": photos.waiting, "summary": photos.summary})
        add_never_cache_headers(response)
        return response
    refused = request.session.get("refused", {})
    lines = refused.get("lines", []) if asked and refused.get("of") == str(asked[0]) else []
    context = {
        "sent": photos,
        "refused": lines,
        "here": request.get_full_path(),
        "away": bool(photos.waiting) and engine.is_away(),
    }
    return _live(request, "classifier/_sent.html", "classifier/sent.html", context)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


@require_safe
def sighting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Photos of one car: one answer to all of them, and each one's own.

    For htmx only the part that changes.
    """
    mine = Sighting.objects.visible_to(request.user, guest_key(request))
    found = get_object_or_404(mine.with_photos(), pk=pk)
    photos = list(found.photos.all())
    fused = fused_answer(photos)
    waiting = sum(row.is_waiting for row in photos)
    context = {
        "sighting": found,
        "photos": photos,
        "counted": fused.counted if fused else [],
        "answer": presenter.present(fused) if fused else None,
        "waiting": waiting,
        "away": bool(waiting) and engine.is_away(),
    }
    return _live(request, "classifier/_sighting.html", "classifier/sighting.html", context)


@require_safe
def result(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An identification: its answer, or what it waits for. For htmx only the part that changes."""
    row = get_object_or_404(own(request).with_answer(), pk=pk)
    away = row.is_waiting and engine.is_away()
    context = {
        "row": row,
        "away": away,
        "headline": wording.first_words(row, away=away),
        **_answer_context(row),
    }
    return _live(request, "classifier/_answer.html", "classifier/result.html", context)


def _live(request: HttpRequest, part: str, page: str, context: dict[str, object]) -> HttpResponse:
    """A page that asks again while it waits, ever more seldom: for htmx its part alone."""
    if request.htmx:  # type: ignore[attr-defined]
        said = request.GET.get("step", "")[:4]
        step = min(int(said), 100) if said.isdecimal() else 0
        context |= {"step": step + 1, "delay": "250ms" if step < 16 else "1s" if step < 40 else "3s"}
        response = render(request, part, context)
    else:
        context |= {"step": 0, "delay": "250ms"}
        response = render(request, page, context)
    patch_cache_control(response, private=True, no_store=True)
    return response


def _answer_context(row: Identification) -> dict[str, object]:
    if row.is_waiting:
        return {"position": queue_status.position(row)}
    earlier = {"earlier": presenter.earlier_answers(row)}
    if row.status == Identification.Status.FAILED:
        return earlier | {"failure": wording.failure(row)}
    is_outside = row.scene == Identification.Scene.EXTERIOR
    said = getattr(row, "feedback", None)
    is_other_car = said and said.verdict == Feedback.Verdict.OTHER_VARIANT
    return earlier | {
        "answer": presenter.present(row) if is_outside else None,
        "heat_cells": presenter.heat_cells(row) if is_outside else [],
        "advice": [] if said else wording.advice(row),
        "similar": similar_cars(row),
        "feedback": said,
        "corrected": said.variant if said and is_other_car else None,
    }


def _said(row: Identification) -> dict[str, object]:
    said = getattr(row, "feedback", None)
    return {"text": said.text, "may_train": said.may_train} if said else {}


@require_safe
def photo(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The kept copy, or `?size=thumbnail`, for its owner and for staff who may view it."""
    row = get_object_or_404(_photos(request), pk=pk)
    file = row.thumbnail if request.GET.get("size") == "thumbnail" else row.photo
    return photo_response(file)


def photo_response(file: FieldFile) -> HttpResponseBase:
    """A stored photo, permission already checked: its bytes, or a signed address that expires soon."""
    response: HttpResponseBase
    if getattr(file.storage, "querystring_auth", False):
        response = HttpResponseRedirect(file.url)
        patch_cache_control(response, private=True, max_age=60)
        return response
    try:
        response = FileResponse(file.open("rb"), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=86_400, immutable=True)
    return response


def _photos(request: HttpRequest) -> IdentificationQuerySet:
    """The photos that this user may see.

    Visitors: their own. Curators: also those that may be trained on. Staff who may view identifications: all.
    """
    user = request.user
    if user.is_staff and user.has_perm("classifier.view_identification"):
        return Identification.objects.all()
    rows = own(request)
    if user.is_staff and user.has_perm("classifier.curate_feedback"):
        return rows | Identification.objects.filter(feedback__may_train=True)
    return rows


class HistoryView(ListView):
    """One's own photos, the newest first."""

    template_name = "classifier/history.html"
    paginate_by = 24

    def get_queryset(self) -> IdentificationQuerySet:
        """Filtered by `?show=waiting|answered|failed`."""
        rows = own(self.request).with_answer()
        match self.request.GET.get("show"):
            case "waiting":
                return rows.waiting()
            case "answered":
                return rows.filter(status=Identification.Status.DONE)
            case "failed":
                return rows.filter(status=Identification.Status.FAILED)
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, object]:
        """The filter in use along."""
        return super().get_context_data(
            **kwargs, show=self.request.GET.get("show", ""), limits=intake.limits_text()
        )


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then delete a photo with its answer."""
    row = get_object_or_404(own(request).with_answer(), pk=pk)
    if request.method != "POST":
        return render(request, "classifier/delete.html", {"row": row})
    identification_delete(identification=row)
    messages.success(request, "The photo and its answer have been deleted.")
    return redirect("classifier:history")


@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try a failed photo again."""
    return _ask_again(request, pk, identification_retry)


@require_POST
def as_car(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look at a photo in which no car was seen as a car all the same."""
    return _ask_again(request, pk, identification_look_as_car)


def _ask_again(request: HttpRequest, pk: UUID, queue: Callable[..., object]) -> HttpResponse:
    """Queue one's own photo once more, or say why that can't be now; back to its page."""
    row = get_object_or_404(own(request), pk=pk)
    try:
        queue(identification=row)
    except NotPossibleNow as error:
        messages.info(request, error.message)
    return HttpResponseRedirect(row.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say what the photo really shows."""
    row = get_object_or_404(own(request).with_answer(), pk=pk, status=Identification.Status.DONE)
    form = FeedbackForm(request.POST or None, identification=row, initial=_said(row))
    if request.method == "POST" and form.is_valid():
        feedback_record(identification=row, author=request.user, **form.verdict())
        messages.success(request, "Thank you. Your feedback is saved with the photo.")
        return HttpResponseRedirect(row.get_absolute_url())
    status = 400 if form.errors else 200
    return render(request, "classifier/feedback.html", {"row": row, "form": form}, status=status)
