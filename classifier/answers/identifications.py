"""Every write of the way of a photo.

Called by pages, API, tasks, admin and tests alike: nothing here knows requests or templates. Each function is one
transaction, or says why not. Waking a worker happens on commit and may fail without harm: the row is the truth.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from catalog.models import Variant
from classifier.answers import engine, telemetry
from classifier.exceptions import ClassifierAway, NotPossibleNow
from classifier.models import Feedback, Identification, ModelVersion, Prediction, Sighting
from classifier.photos.intake import CleanPhoto
from classifier.photos.storage import StorageAway, files_remove, files_write, photo_read, row_insert
from classifier.photos.uploads import uploaded_photo
from classifier.training import curation
from ml.exceptions import PhotoError

if TYPE_CHECKING:
    from ml.serving.answers import Answer

logger = logging.getLogger(__name__)

#: How long a worker may hold a photo before another one may take it; above the task's hard time limit.
LEASE = timedelta(seconds=30)
#: After this long without an answer the bell of a waiting photo is rung again.
RING_AGAIN = timedelta(seconds=30)
#: So many expired photos go in one transaction, and after it their files.
EXPIRED_AT_ONCE = 50

Status = Identification.Status


# --- Taking a photo in --------------------------------------------------------------------------------------
def identification_create(
    *, file: BinaryIO, name: str, size: int, user: Any, guest_key: str = ""
) -> tuple[Identification, bool]:
    """Take in a photo; returns its identification and whether it is new.

    The same bytes from the same person lead to the identification that is there already; where that one failed, it is
    tried again with what was sent now. Raises PhotoRefused where the file can't be used and NotKept where it can't be
    stored now, both with nothing stored.
    """
    photo = uploaded_photo(file, name=name, size=size)
    owner = user if user.is_authenticated else None
    mine = Identification.objects.visible_to(user, guest_key).filter(sha256=photo.sha256)
    if existing := mine.first():
        if existing.status == Status.FAILED:
            _renew(existing, photo)
        return existing, False
    row = Identification(
        owner=owner,
        guest_key="" if owner else guest_key,
        sha256=photo.sha256,
        width=photo.width,
        height=photo.height,
        size=len(photo.content),
        request_id=telemetry.request_id(),
    )
    files_write(row, photo)
    if row_insert(row, then=lambda: _ring(row.pk)):
        return row, True
    return mine.get(), False


def _renew(row: Identification, photo: CleanPhoto) -> None:
    """Fresh files for a failed photo that is sent again, whose own may be what it failed for, and another try."""
    fresh = Identification(width=photo.width, height=photo.height, size=len(photo.content))
    old = Identification(pk=row.pk, photo=row.photo.name, thumbnail=row.thumbnail.name)
    files_write(fresh, photo)
    try:
        with transaction.atomic():
            identification_retry(identification=row)
            Identification.objects.filter(pk=row.pk).update(
                photo=fresh.photo.name, thumbnail=fresh.thumbnail.name, size=fresh.size
            )
            transaction.on_commit(lambda: files_remove([old]), robust=True)
    except NotPossibleNow:  # it is tried again already, or was deleted
        files_remove([fresh])
    row.refresh_from_db()


def _ring(pk: uuid.UUID) -> None:
    """Tell a worker, once the transaction is committed, that a photo waits."""
    from classifier.tasks import identify

    identify.delay_on_commit(str(pk))


# --- Answering: called by workers ---------------------------------------------------------------------------
def identification_run(*, identification_id: uuid.UUID | str, redelivered: bool = False) -> int:
    """Claim a photo, look at it, record the answer. Returns how many rows this call brought to their end.

    Where the model is best asked about several photos at a time (a GPU), photos that wait behind this one are answered with
    it; the bells that were rung for them then find nothing to do. Not a transaction: the claims are committed before the
    work starts, so that the attempt is counted even if this process dies in it. `redelivered`: the broker says that the
    worker that had this message is gone, so its lease need not be waited for.
    """
    try:
        loaded = engine.current()
    except ClassifierAway:
        return 0  # unclaimed: the photo waits, and the sweeper rings when the model is back
    row = _claim(identification_id, take_over=redelivered)
    if row is None:
        return 0
    rows = [row]
    # What failed once is looked at alone, lest it take others with it again.
    if row.attempt == 1:
        rows += _claim_waiting(loaded.predictor.batch - 1)
    try:
        ended = _look_at(rows, loaded)
    except SoftTimeLimitExceeded:
        if len(rows) == 1:
            return identification_fail(row=row, failure="timeout")
        _give_up(rows)
        return 0
    except Exception:
        # Unforeseen: let the defect be seen in the log.
        _give_up(rows)
        raise
    if ended:
        _ring_for_shadow()
    return ended


def _look_at(rows: Sequence[Identification], loaded: engine.Engine) -> int:
    """Answer claimed rows, or fail those whose photo can't be. Returns how many were still this attempt's to end."""
    ended, contents = 0, {}
    for row in rows:
        try:
            contents[row] = photo_read(row)
        except FileNotFoundError:
            ended += identification_fail(row=row, failure="photo_missing")
        except StorageAway:
            logger.exception("storage away")
            _put_back(row)
    answers = loaded.predictor.predict_many(contents.values(), batch=max(1, len(contents)))
    for row, answer in zip(contents, answers, strict=True):
        if isinstance(answer, PhotoError):
            ended += identification_fail(row=row, failure="unreadable")
        else:
            ended += identification_record(row=row, answer=answer, version_id=loaded.version_id)
    return ended


def _put_back(row: Identification) -> None:
    """Undo a claim that nothing came of through no fault of the photo: it waits, and the sweeper rings."""
    Identification.objects.filter(pk=row.pk, status=Status.RUNNING, attempt=row.attempt).update(
        status=Status.QUEUED, attempt=F("attempt") - 1, lease_until=None, enqueued=timezone.now()
    )


def _give_up(rows: Sequence[Identification]) -> None:
    """End the leases of what is not answered, so that the sweeper brings it on: each row alone."""
    running = Q()
    for row in rows:
        running |= Q(pk=row.pk, attempt=row.attempt)
    Identification.objects.filter(running, status=Status.RUNNING).update(lease_until=timezone.now())


def _ring_for_shadow() -> None:
    """Let the shadow model look too, now that the visitor has an answer; whatever goes wrong here, the answer stands."""
    from classifier.tasks import look_again

    try:
        if ModelVersion.objects.shadow():
            look_again.delay_on_commit()
    except Exception:
        logger.exception("the shadow model was not called")


def _claim(identification_id: uuid.UUID | str, *, take_over: bool) -> Identification | None:
    """Compare-and-set to running; None where there is nothing to do (done, taken by another worker, deleted)."""
    now = timezone.now()
    free = Q(status=Status.QUEUED)
    if take_over:
        free |= Q(status=Status.RUNNING)
    claimed = Identification.objects.filter(
        free, pk=identification_id, attempt__lt=Identification.MAX_ATTEMPTS
    ).update(status=Status.RUNNING, attempt=F("attempt") + 1, lease_until=now + LEASE, started=now)
    return Identification.objects.filter(pk=identification_id).first() if claimed else None


def _claim_waiting(limit: int) -> list[Identification]:
    """Claim at most so many photos that nobody has looked at yet, those that wait longest first."""
    if limit < 1:
        return []
    waiting = Identification.objects.filter(status=Status.QUEUED, attempt=0).order_by("enqueued")
    claims = (_claim(pk, take_over=False) for pk in waiting.values_list("pk", flat=True)[:limit])
    return [row for row in claims if row is not None]


def identification_record(*, row: Identification, answer: Answer, version_id: int) -> bool:
    """Write an answer, once: only while the row is still running with the attempt that produced it."""
    finished = timezone.now()
    ms = telemetry.timings(row, answer, finished)
    with transaction.atomic():
        written = Identification.objects.filter(pk=row.pk, status=Status.RUNNING, attempt=row.attempt).update(
            status=Status.DONE,
            finished=finished,
            timings=ms,
            lease_until=None,
            failure="",
            **answer_values(answer, version_id),
        )
        if written:
            predictions_write(identification_id=row.pk, answer=answer)
    if written:
        telemetry.answered(row, answer, version_id, ms)
    return bool(written)


def answer_values(answer: Answer, version_id: int) -> dict[str, Any]:
    """An answer as fields of an identification."""
    return {
        "scene": answer.scene,
        "decision": answer.decision,
        "makes": [{"make": make, "probability": round(p, 4)} for make, p in answer.makes[:5]],
        "car_models": [
            {"make": make, "model": model, "probability": round(p, 4)} for make, model, p in answer.models[:5]
        ],
        "heat_map": [list(line) for line in answer.heat_map],
        "box": list(answer.box),
        "hints": list(answer.hints),
        "ranking": [
            {"label": one.label, "slug": one.slug, "probability": round(one.probability, 5)}
            for one in answer.ranking
        ],
        "similar": [
            {"label": one.label, "slug": one.slug, "cosine": round(one.cosine, 3)} for one in answer.similar
        ],
        "model_version_id": version_id,
    }


def predictions_write(*, identification_id: uuid.UUID, answer: Answer) -> None:
    """The candidates of an answer, for an identification that has none; called in the transaction of the answer."""
    slugs = {candidate.slug for candidate in answer.predictions}
    variants = Variant.objects.known_as(slugs)
    Prediction.objects.bulk_create(
        Prediction(
            identification_id=identification_id,
            rank=rank,
            label=candidate.label,
            probability=candidate.probability,
            variant=variants.get(candidate.slug),
        )
        for rank, candidate in enumerate(answer.predictions, start=1)
    )


def identification_fail(*, row: Identification, failure: str) -> bool:
    """End an attempt that can't succeed. Returns whether the row was still this attempt's to end."""
    ended = Identification.objects.filter(pk=row.pk, status=Status.RUNNING, attempt=row.attempt).update(
        status=Status.FAILED, failure=failure, finished=timezone.now(), lease_until=None
    )
    if ended:
        telemetry.failed(row, failure)
    return bool(ended)


# --- Keeping it moving --------------------------------------------------------------------------------------
def identifications_sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Bring stale rows on: expired leases back to the queue or, after the last attempt, to failed; lost bells rung again.

    Returns counts by what was done. While no model is at hand nothing is rung: the photos wait.
    """
    now = now or timezone.now()
    expired = Identification.objects.expired(now, longest=LEASE)
    worn_out = expired.filter(attempt__gte=Identification.MAX_ATTEMPTS)
    failed = worn_out.update(status=Status.FAILED, failure="worker_lost", finished=now, lease_until=None)
    # So long ago that whatever is answered now came after it: it has no bell, and is rung for at once.
    requeued = expired.update(status=Status.QUEUED, lease_until=None, enqueued=now - timedelta(days=1))
    rung = 0
    try:
        engine.current()
    except ClassifierAway:
        pass
    else:
        rung = _ring_again(now)
    return {"failed": failed, "requeued": requeued, "rung": rung}


def _ring_again(now: datetime, *, limit: int = 1000) -> int:
    """Ring for photos whose bell must be lost: nothing was answered lately, or photos that came after them were.

    So a long queue that moves is left alone, and its bells do not multiply.
    """
    stale = Identification.objects.unheard(now, for_=RING_AGAIN)
    lately = Identification.objects.filter(finished__gte=now - RING_AGAIN, finished__lte=now)
    if latest := lately.aggregate(at=Max("enqueued"))["at"]:
        stale = stale.filter(Q(enqueued__lt=latest) | Q(enqueued__gt=now))
    ids = list(stale.order_by("enqueued").values_list("pk", flat=True)[:limit])
    with transaction.atomic():
        Identification.objects.filter(pk__in=ids, status=Status.QUEUED).update(enqueued=now)
        for pk in ids:
            _ring(pk)
    return len(ids)


def identification_retry(*, identification: Identification) -> None:
    """Queue a failed identification again, with all its attempts. Raises NotPossibleNow in any other state."""
    with transaction.atomic():
        changed = Identification.objects.filter(pk=identification.pk, status=Status.FAILED).update(
            status=Status.QUEUED, attempt=0, failure="", finished=None, started=None, enqueued=timezone.now()
        )
        if not changed:
            raise NotPossibleNow("Only a photo whose identification failed can be tried again.")
        _ring(identification.pk)


# --- What people do with it ---------------------------------------------------------------------------------
def identification_delete(*, identification: Identification) -> None:
    """Delete an identification, its answer and, once that is committed, its files."""
    identifications_delete(rows=[identification])


def identifications_delete(*, rows: Sequence[Identification]) -> int:
    """Delete identifications with their files; returns how many rows went."""
    sightings = {row.sighting_id for row in rows if row.sighting_id}
    with transaction.atomic():
        _, counts = Identification.objects.filter(pk__in=[row.pk for row in rows]).delete()
        Sighting.objects.filter(pk__in=sightings).empty().delete()
        # Not robust: nothing but the end of a task's time comes out of it, and that has to end the task.
        transaction.on_commit(lambda: files_remove(rows))
    return counts.get(Identification._meta.label, 0)


def guest_photos_expire(*, now: datetime | None = None) -> int:
    """Delete guests' photos past GUEST_PHOTO_HOURS; returns how many.

    Few in a transaction: where this is stopped between rows and files, few files are left to `manage.py orphans`.
    """
    before = (now or timezone.now()) - timedelta(hours=settings.GUEST_PHOTO_HOURS)
    expired = Identification.objects.filter(owner=None, created__lt=before)
    deleted = 0
    while rows := list(expired[:EXPIRED_AT_ONCE]):
        deleted += identifications_delete(rows=rows)
    return deleted


def identifications_claim(*, user: Any, guest_key: str) -> int:
    """Give a guest's photos to the account they signed in to; returns how many.

    A photo that the account has already is dropped: its older answer stays.
    """
    if not guest_key:
        return 0
    with transaction.atomic():
        guests = Identification.objects.filter(owner=None, guest_key=guest_key)
        known = Identification.objects.filter(owner=user).values("sha256")
        identifications_delete(rows=list(guests.filter(sha256__in=known)))
        Sighting.objects.filter(owner=None, guest_key=guest_key).update(owner=user, guest_key="")
        return guests.update(owner=user, guest_key="")


def feedback_record(
    *,
    identification: Identification,
    author: Any,
    verdict: str,
    variant: Variant | None = None,
    text: str = "",
    may_train: bool = False,
) -> Feedback:
    """What a person says the photo shows; saying it again replaces what was said. Needs an answered photo."""
    if identification.status != Status.DONE:
        raise NotPossibleNow("Feedback needs an answer to be about: wait until the photo is identified.")
    with transaction.atomic():
        before = Feedback.objects.filter(identification=identification).first()
        feedback, _ = Feedback.objects.update_or_create(
            identification=identification,
            defaults={
                "author": author if author.is_authenticated else None,
                "verdict": verdict,
                "variant": variant,
                "text": text,
                "may_train": may_train,
            },
        )
        curation.decision_reset(before=before, after=feedback)
    return feedback
