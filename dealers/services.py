"""Writes to enquiries: create, change the status, export and erase personal data. For e-mails see `mails`.

Functions take keywords, know nothing of requests or templates, and are one transaction each.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from catalog.models import Variant
from core.addresses import lenient_email
from dealers import mails
from dealers.evidence import Evidence
from dealers.exceptions import IllegalTransition, StatusChanged
from dealers.models import Dealer, Enquiry, EnquiryEvent

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile

    from accounts.models import User

#: How many enquiries one transaction erases.
BATCH = 50
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def enquiry_create(
    *,
    dealer: Dealer,
    name: str,
    email: str,
    message: str,
    nonce: str,
    phone: str = "",
    user: User | None = None,
    variant: Variant | None = None,
    identification_id: UUID | None = None,
    evidence: Evidence | None = None,
    send_photo: bool = False,
    admit: Callable[[], None] | None = None,
) -> tuple[Enquiry, bool]:
    """Store an enquiry and its e-mails; returns it and whether it is new.

    The same enquiry (sender, dealer, car, text) with the same `nonce` is stored once, however often it
    arrives. `admit` is called before anything new is stored and may raise to refuse it. A broker that is away
    changes nothing: the outbox sends what is stored.
    """
    enquiry = Enquiry(
        dealer=dealer, user=user, variant=variant, name=name, email=email, phone=phone, message=message
    )
    enquiry.fingerprint = _fingerprint(nonce, enquiry)
    enquiry.email_confirmed = timezone.now() if user and _is_theirs(user, email) else None
    if existing := Enquiry.objects.filter(fingerprint=enquiry.fingerprint).first():
        return existing, False
    if admit:
        admit()
    if evidence:
        enquiry.identification_id, enquiry.evidence = identification_id, evidence.summary[:300]
    try:
        _store(enquiry, photo=evidence.photo if evidence and send_photo else None)
    except IntegrityError:
        # Another request with the same enquiry was faster between the query above and this write.
        if existing := Enquiry.objects.filter(fingerprint=enquiry.fingerprint).first():
            return existing, False
        raise
    return enquiry, True


def enquiry_set_status(
    *, enquiry: Enquiry, actor: User | None, status: str = "", note: str = "", seen: str | None = None
) -> Enquiry:
    """Set the status of a lead and note who did; without an `actor` it was done by the link in the e-mail.

    `seen` is the status the actor saw. Where the status is the present one, or none is given, a `note` is
    kept all the same. Raises IllegalTransition, or StatusChanged where a colleague was faster.
    """
    with transaction.atomic():
        current = Enquiry.objects.select_for_update().get(pk=enquiry.pk)
        status = status or current.status
        if current.status == status:
            if note:
                _note(current, actor, status, note)
            return current
        if current.status != (seen or current.status):
            raise StatusChanged(current=current.get_status_display())
        if status not in Enquiry.TRANSITIONS[Enquiry.Status(current.status)]:
            wanted = Enquiry.Status(status).label
            raise IllegalTransition(current=current.get_status_display(), wanted=wanted)
        _note(current, actor, status, note)
        current.status = status
        current.save(update_fields=["status", "updated"])
    return current


def _note(enquiry: Enquiry, actor: User | None, status: str, note: str) -> None:
    """In the history."""
    EnquiryEvent.objects.create(
        enquiry=enquiry,
        actor=actor,
        by_link=actor is None,
        from_status=enquiry.status,
        to_status=status,
        note=note,
    )


def enquiry_confirm(*, enquiry: Enquiry) -> None:
    """Who came by the link in our e-mail says that the address is theirs."""
    unsure = Enquiry.objects.filter(pk=enquiry.pk, email_confirmed=None)
    unsure.update(email_confirmed=timezone.now())


def _is_theirs(user: User, email: str) -> bool:
    """Whether the address is one that the account has confirmed."""
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return lenient_email(email) in {lenient_email(address) for address in addresses}


def rights_of(user: User) -> set[str]:
    """What working for a dealer is worth in permissions: reading what visitors asked."""
    return {"dealers.view_enquiry"} if user.dealerships.exists() else set()


def personal_data(user: User) -> tuple[dict[str, object], Iterable[tuple[str, File[bytes]]]]:
    """Everything this app keeps of a user: data for JSON, and files with their names in the export.

    Notes of a dealer's staff on a lead are the dealer's, so only those the user wrote are here.
    """
    enquiries = list(Enquiry.objects.sent_by(user).with_names().prefetch_related("events"))
    data: dict[str, object] = {
        "enquiries": [_enquiry_data(enquiry) for enquiry in enquiries],
        "dealerships": [dealer.name for dealer in user.dealerships.all()],
        "lead_changes": [
            {
                "enquiry": str(event.enquiry_id),
                "at": event.at.isoformat(),
                "status": event.to_status,
                "note": event.note,
            }
            for event in EnquiryEvent.objects.filter(actor=user, from_status__gt="")
        ],
    }
    return data, [(_photo_name(enquiry), enquiry.photo) for enquiry in enquiries if enquiry.photo]


@transaction.atomic
def enquiries_erase(*, user: User) -> int:
    """Remove everything personal from a user's enquiries.

    The rows stay, so that dealers' counts stay right.
    """
    return _erase(list(Enquiry.objects.sent_by(user).select_for_update()))


def enquiries_expire(*, now: datetime.datetime | None = None) -> int:
    """Likewise for all enquiries last changed ENQUIRY_DAYS ago, a batch per transaction; returns how many."""
    before = (now or timezone.now()) - datetime.timedelta(days=settings.ENQUIRY_DAYS)
    erased = 0
    while True:
        with transaction.atomic():
            batch = list(Enquiry.objects.expired(before=before).select_for_update()[:BATCH])
            erased += _erase(batch)
        if not batch:
            return erased


def _erase(enquiries: list[Enquiry]) -> int:
    history = EnquiryEvent.objects.filter(enquiry__in=enquiries)
    history.update(note="")
    history.filter(actor=F("enquiry__user")).update(actor=None)
    mails.enquiry_mails_cancel(enquiries=enquiries)
    for enquiry in enquiries:
        if enquiry.photo:
            transaction.on_commit(_deletion_of(enquiry.photo))
        enquiry.mail_to_dealer = enquiry.mail_to_visitor = None
        enquiry.name, enquiry.email, enquiry.phone, enquiry.message = "(erased)", "", "", "(erased)"
        enquiry.evidence, enquiry.identification_id, enquiry.photo, enquiry.fingerprint = "", None, "", None
        enquiry.user = enquiry.email_confirmed = None
        enquiry.save()
    return len(enquiries)


def enquiries_delete(*, enquiries: QuerySet[Enquiry]) -> None:
    """Delete enquiries with their unsent e-mails and their photos."""
    with transaction.atomic():
        chosen = list(enquiries)
        mails.enquiry_mails_cancel(enquiries=chosen)
        enquiries.delete()
        for enquiry in chosen:
            if enquiry.photo:
                transaction.on_commit(_deletion_of(enquiry.photo))


def enquiries_claim(*, user: User, enquiry_ids: Iterable[UUID]) -> int:
    """Assign enquiries that a guest sent to the account they have signed in to; returns how many."""
    return Enquiry.objects.filter(pk__in=list(enquiry_ids), user=None).update(user=user)


def _fingerprint(nonce: str, enquiry: Enquiry) -> str:
    who = (enquiry.user_id, enquiry.name, enquiry.email, enquiry.phone)
    what = (enquiry.dealer_id, enquiry.variant_id, enquiry.message)
    return hashlib.sha256(repr((nonce, who, what)).encode()).hexdigest()


def _store(enquiry: Enquiry, *, photo: File[bytes] | None) -> None:
    """The row, its first event and the copied photo: all of it or nothing."""
    enquiry.consented = timezone.now()
    try:
        with transaction.atomic():
            # The row first: of two equal enquiries the second fails here, before it has copied a photo.
            enquiry.save(force_insert=True)
            EnquiryEvent.objects.create(enquiry=enquiry, actor=enquiry.user, to_status=Enquiry.Status.NEW)
            if photo is not None:
                _copy_photo(enquiry, photo)
            mails.enquiry_mails_queue(enquiry=enquiry)
    except Exception:
        if enquiry.photo:
            enquiry.photo.delete(save=False)
        raise


def _copy_photo(enquiry: Enquiry, photo: File[bytes]) -> None:
    suffix = PurePosixPath(photo.name or "").suffix.lower()
    name = f"{uuid4()}{suffix if suffix in PHOTO_SUFFIXES else '.jpg'}"
    with photo.open("rb") as source:
        enquiry.photo.save(name, File(source), save=False)
    enquiry.save(update_fields=["photo"])


def _enquiry_data(enquiry: Enquiry) -> dict[str, object]:
    return {
        "id": str(enquiry.pk),
        "dealer": enquiry.dealer.name,
        "car": str(enquiry.variant) if enquiry.variant else "",
        "name": enquiry.name,
        "email": enquiry.email,
        "phone": enquiry.phone,
        "message": enquiry.message,
        "evidence": enquiry.evidence,
        "identification": str(enquiry.identification_id or ""),
        "photo": _photo_name(enquiry) if enquiry.photo else "",
        "consented": enquiry.consented.isoformat(),
        "created": enquiry.created.isoformat(),
        "history": [
            {"at": event.at.isoformat(), "status": event.to_status}
            for event in enquiry.events.all()
            if not event.is_note
        ],
    }


def _photo_name(enquiry: Enquiry) -> str:
    return f"enquiries/{enquiry.pk}{PurePosixPath(enquiry.photo.name or '').suffix}"


def _deletion_of(photo: FieldFile) -> Callable[[], None]:
    storage, name = photo.storage, photo.name or ""
    return lambda: storage.delete(name)
