"""Pictures of sources into the galleries: fetched once, judged by the active model, kept with their credit.

What is kept is made anew from the pixels, so nothing else that the file carried is in it. A picture without a
licence, or one that shows no car, is not shown; the silhouette stands for cars without any.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from catalog.models import VariantPhoto
from core.images import PHOTO_LIMITS, ImageRefused, jpeg_bytes, open_image
from scraper.contact import user_agent
from scraper.exceptions import PictureRefused
from scraper.models.pictures import SourcePhoto
from scraper.models.staging import StagedCar
from scraper.pictures.fetching import MAX_BYTES, Fetcher, FetchFailed, FetchGone, FetchRefused
from scraper.staging.publish import clipped

State = SourcePhoto.State
#: Smaller ones are thumbnails and logos.
LIMITS = replace(PHOTO_LIMITS, max_bytes=MAX_BYTES, min_width=320, min_height=200)
#: Of the kept copy: its long side in pixels, and its quality as a JPEG.
KEPT_SIDE, QUALITY = 1600, 88
#: Bits of 64 in which pictures of one car differ at most to be one picture.
NEAR = 4
PICTURES_PER_CAR = 12

Gate = Callable[[bytes], str]


class Fetch(Protocol):
    """Bytes of an address that a page names."""

    def get(self, url: str, *, page: str) -> bytes:
        """As `scraper.pictures.fetching.Fetcher` does."""


@dataclass(frozen=True)
class Picture:
    """A picture that may be kept: JPEG bytes without metadata, its hashes and what it shows."""

    content: bytes
    sha256: str
    fingerprint: str


@transaction.atomic
def pictures_collect(*, limit: int = 1000) -> int:
    """Make rows for the pictures of published cars that were read anew; returns how many are new."""
    decided = StagedCar.objects.filter(
        status__in=(StagedCar.Status.APPROVED, StagedCar.Status.UNCHANGED), variant__isnull=False
    )
    rows = list(decided.filter(has_new_pictures=True)[:limit])
    known = SourcePhoto.objects.count()
    SourcePhoto.objects.bulk_create(
        (
            SourcePhoto(
                staged=row,
                url=photo["url"],
                credit=clipped(photo.get("credit", ""), 160),
                licence=clipped(photo.get("licence", ""), 120),
            )
            for row in rows
            for photo in row.photos[:PICTURES_PER_CAR]
            if len(photo["url"]) <= 500
        ),
        ignore_conflicts=True,
    )
    StagedCar.objects.filter(pk__in=[row.pk for row in rows]).update(has_new_pictures=False)
    return SourcePhoto.objects.count() - known


def pictures_fetch(
    *, limit: int = 100, seconds: float = 300.0, fetch: Fetch | None = None, gate: Gate | None = None
) -> Counter[str]:
    """Fetch pictures that wait, the oldest first, for at most `seconds`; returns how many are in which state.

    Stops early where no model can judge them: they wait on. As in crawls, nothing is fetched before the
    settings say how owners of sites reach us.
    """
    if fetch is None and not settings.SCRAPE_CONTACT:
        return Counter()
    fetch = fetch or Fetcher(user_agent(), private=settings.SCRAPE_PRIVATE_ADDRESSES)
    gate = gate or import_string(settings.PHOTO_GATE)
    until, counts = time.monotonic() + seconds, Counter[str]()
    waiting = SourcePhoto.objects.filter(state=State.WAITING).select_related("staged")
    for row in waiting.order_by("tries", "pk")[:limit]:
        if time.monotonic() > until or not picture_take(row=row, fetch=fetch, gate=gate):
            break
        counts[row.state] += 1
    return counts


def picture_take(*, row: SourcePhoto, fetch: Fetch, gate: Gate) -> bool:
    """Fetch one picture and note in its row what became of it. False where no model can judge it now."""
    try:
        _check_rights(row)
        data = fetch.get(row.url, page=row.staged.url)
        row.sha256 = hashlib.sha256(data).hexdigest()
        if double := _same_file(row):
            row.state, row.photo = State.DOUBLE, double.photo
        else:
            picture = picture_of(data)
            row.fingerprint, row.scene = picture.fingerprint, gate(picture.content)
            if not row.scene:
                return False
            _publish(row, picture)
    except (PictureRefused, ImageRefused, FetchRefused) as refusal:
        row.state, row.reason = State.REFUSED, clipped(str(refusal), 200)
    except FetchGone as gone:
        row.state, row.reason = State.GONE, clipped(str(gone), 200)
    except FetchFailed as failure:
        row.tries, row.reason = row.tries + 1, clipped(str(failure), 200)
        if row.tries >= SourcePhoto.MAX_TRIES:
            row.state = State.GONE
    row.taken = timezone.now()
    row.save()
    return True


def _check_rights(row: SourcePhoto) -> None:
    if not row.licence.strip() or not row.credit.strip():
        raise PictureRefused("its licence or its author is not stated")


def _of_the_same_car(row: SourcePhoto) -> Iterable[SourcePhoto]:
    kept = SourcePhoto.objects.filter(state=State.PUBLISHED, photo__variant=row.staged.variant_id)
    return kept.exclude(pk=row.pk).select_related("photo")


def _same_file(row: SourcePhoto) -> SourcePhoto | None:
    return next((other for other in _of_the_same_car(row) if other.sha256 == row.sha256), None)


def _publish(row: SourcePhoto, picture: Picture) -> None:
    if row.scene not in VariantPhoto.View.values:
        raise PictureRefused("it shows no car")
    if row.staged.variant_id is None:
        raise PictureRefused("its car is not in the catalogue any more")
    for other in _of_the_same_car(row):
        if other.fingerprint and _distance(other.fingerprint, row.fingerprint) <= NEAR:
            row.state, row.photo = State.DOUBLE, other.photo
            return
    photo = VariantPhoto(
        variant_id=row.staged.variant_id,
        view=row.scene,
        credit=row.credit,
        licence=row.licence,
        source_url=row.staged.url,
        position=VariantPhoto.objects.filter(variant=row.staged.variant_id).count(),
    )
    photo.image.save(f"{uuid.uuid4()}.jpg", ContentFile(picture.content))
    row.state, row.photo, row.reason = State.PUBLISHED, photo, ""


def picture_of(data: bytes) -> Picture:
    """The picture that is kept of a file. Raises ImageRefused where it is none, too small or too large."""
    from ml.data.duplicates import dhash

    image = open_image(data, limits=LIMITS, side=KEPT_SIDE)
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    content = jpeg_bytes(image, quality=QUALITY)
    bits = dhash(content)
    return Picture(content, hashlib.sha256(data).hexdigest(), f"{bits:016x}")


def _distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def manifest_rows() -> list[dict[str, str]]:
    """Published pictures to learn from, as `ml.data.manifests` reads them; paths are of the storage."""
    rows = SourcePhoto.objects.filter(state=State.PUBLISHED, photo__view=VariantPhoto.View.EXTERIOR)
    return [
        {
            "path": str(row.photo.image.name),
            "label": row.photo.variant.slug,
            "sha256": hashlib.sha256(row.photo.image.read()).hexdigest(),
            "source": row.url,
            "licence": row.licence,
        }
        for row in rows.select_related("photo__variant").order_by("pk")
        if row.photo is not None and row.may_be_learned_from
    ]
