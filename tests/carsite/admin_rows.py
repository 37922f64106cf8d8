"""Rows of every model of the admin, each with everything that refers to it.

Also the addresses of its pages, its actions, and its clerks.
"""

from __future__ import annotations

import io
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts import services as accounts
from accounts.models import User
from catalog.choices import BodyStyle
from catalog.models import CarModel, Make, OldAddress, Source, Spec, Variant, VariantPhoto
from classifier.models import (
    CurationEvent,
    DatasetVersion,
    Feedback,
    Identification,
    ModelEvent,
    ModelOutput,
    ModelVersion,
    Prediction,
    ReferencePhoto,
    Sighting,
    TrainingRun,
)
from classifier.photos.receive import identification_create
from core import mail
from dealers import services as dealers
from dealers.models import City, Dealer, Enquiry
from scraper.models import ApprovalRule, CatalogChange, ChangedCar, ScrapeRun, SourcePhoto, StagedCar
from tests.conftest import PASSWORD


def photo(number: int) -> bytes:
    """A small JPEG that differs with its number."""
    out = io.BytesIO()
    Image.new("RGB", (320, 240), (number * 7 % 256, number * 31 % 256, 120)).save(out, "JPEG")
    return out.getvalue()


def fill(count: int) -> None:
    """`count` rows of each model, with distinct related rows, so that a query per row can't hide."""
    source = Source.objects.create(slug="us-epa", name="US EPA", licence="public domain", rank=10)
    for number in range(count):
        variant = _variant(number, source)
        user = _user(number)
        row = _identification(number, user, variant)
        _enquiry(number, user, variant, row)
        Source.objects.create(slug=f"source-{number}", name=f"Source {number}")
        _supply(number, source, variant, user)
        Group.objects.create(name=f"Group {number}")
        mail.queue(to=user.email, subject=f"Subject {number}", body="https://secret.example/link")


def _variant(number: int, source: Source) -> Variant:
    make = Make.objects.create(name=f"Make {number}", slug=f"make-{number}", aliases=[f"M{number}"])
    model = CarModel.objects.create(make=make, name=f"Model {number}", slug=f"model-{number}")
    variant = Variant.objects.create(
        model=model, year=1990 + number % 30, body_style=BodyStyle.COUPE, slug=f"car-{number}"
    )
    OldAddress.objects.create(path=f"make-{number}/model-{number}/old-{number}", variant=variant)
    for key, low in (("power", 100_000), ("length", 4.5)):
        Spec.objects.create(
            variant=variant,
            key=key,
            low=low,
            high=low,
            source=source,
            retrieved=date(2026, 1, 1 + number % 28),
        )
    picture = VariantPhoto(variant=variant, credit="A. Person", licence="CC0")
    picture.image.save(f"{number}.jpg", ContentFile(photo(number)))
    return variant


def _supply(number: int, source: Source, variant: Variant, user: User) -> None:
    own = Source.objects.create(slug=f"site-{number}", name=f"Site {number}")
    run = ScrapeRun.objects.create(source="demo_site", status="done", is_open=False, actor=user)
    row = StagedCar.objects.create(
        source=own,
        run=run,
        record=f"page {number}",
        make=variant.model.make.name,
        model=variant.model.name,
        values=[{"key": "power", "low": 120_000, "high": 120_000, "raw": "120 kW"}],
        variant=variant,
        status="conflict",
        open_keys=" power ",
        held={"power": "US EPA says otherwise"},
        fetched=timezone.now(),
        seen=timezone.now(),
        opened=timezone.now(),
        opened_by=user,
    )
    SourcePhoto.objects.create(staged=row, url=f"https://site.example/{number}.jpg", state="gone")
    ApprovalRule.objects.create(source=own, key="power", low=1, high=2)
    change = CatalogChange.objects.create(
        kind="publish", summary=f"Change {number}", actor=user, undone_by=user
    )
    ChangedCar.objects.create(change=change, variant=variant, staged=row, source=own, added=["power"])


def _user(number: int) -> User:
    user = User.objects.create_user(f"user{number}@example.org", None, name=f"User {number}")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=bool(number % 2))
    accounts.token_create(user=user, name=f"Program {number}")
    TOTP.activate(user, f"JBSWY3DPEHPK3P{number:02}")
    return user


def _identification(number: int, user: User, variant: Variant) -> Identification:
    version = ModelVersion.objects.create(
        name="lite0", version=str(number), digest=f"{number:064}", card={"top1": 0.9}
    )
    data = photo(number)
    row, _ = identification_create(
        file=io.BytesIO(data),
        size=len(data),
        user=user if number % 3 else AnonymousUser(),
        guest_key="g",
    )
    done = number % 2 == 0
    Identification.objects.filter(pk=row.pk).update(
        status="done" if done else "failed",
        failure="" if done else "timeout",
        finished=timezone.now(),
        decision="sure" if done else "",
        scene="exterior" if done else "",
        makes=[{"make": "Audi", "probability": 0.93}],
        car_models=[{"make": "Audi", "model": "A5", "probability": 0.91}],
        model_version=version,
    )
    Prediction.objects.create(
        identification=row, rank=1, label=f"Car {number}", probability=0.9, variant=variant
    )
    Prediction.objects.create(identification=row, rank=2, label="Another car", probability=0.1)
    feedback = Feedback.objects.create(
        identification=row,
        author=user,
        verdict="other_variant",
        variant=variant if number % 2 else None,
        text="mine",
        may_train=bool(number % 3),
    )
    CurationEvent.objects.create(feedback=feedback, action="confirmed", variant=variant, actor=user)
    ReferencePhoto.objects.create(
        variant=variant,
        photo=row.photo.name,
        thumbnail=row.thumbnail.name,
        sha256=f"{number:064}",
        state="refused",
        reason="not_outside",
        model_version=version,
        added_by=user,
    )
    _learning(number, row, version, user)
    row.refresh_from_db()
    return row


def _learning(number: int, row: Identification, version: ModelVersion, user: User) -> None:
    Identification.objects.filter(pk=row.pk).update(sighting=Sighting.objects.create(owner=user))
    ModelEvent.objects.create(model_version=version, action="promoted", previous=version, actor=user)
    ModelOutput.objects.create(
        identification=row,
        model_version=version,
        role="shadow",
        scene="exterior",
        predictions=[{"label": f"Car {number}", "slug": "", "probability": 0.5}],
        agrees=bool(number % 2),
        answered=timezone.now(),
    )
    dataset = DatasetVersion.objects.create(
        number=number + 1,
        file=f"{number}.csv",
        sha256=f"{number:064}",
        summary={"training": 5, "validation": 1, "changes": {"added": 2}},
        actor=user,
    )
    TrainingRun.objects.create(
        base=version,
        candidate=version,
        dataset=dataset,
        recipe="recipes/retrain.toml",
        status="done",
        is_open=False,
        actor=user,
    )


def _enquiry(number: int, user: User, variant: Variant, row: Identification) -> Enquiry:
    city = City.objects.create(name=f"City {number}", country="DE", latitude=52, longitude=13)
    dealer = Dealer.objects.create(
        name=f"Dealer {number}",
        slug=f"dealer-{number}",
        email=f"d{number}@example.org",
        city=city,
        latitude=52,
        longitude=13,
    )
    dealer.makes.add(variant.model.make)
    dealer.staff.add(user)
    evidence = SimpleNamespace(
        summary="An Audi for certain", photo=row.photo, photo_url="", variant_slug=variant.slug
    )
    enquiry, _ = dealers.enquiry_create(
        dealer=dealer,
        name=f"Visitor {number}",
        email=user.email,
        message="Is it for sale? <script>alert(1)</script>",
        nonce=str(number),
        user=user,
        variant=variant,
        identification_id=row.pk,
        evidence=evidence,
        send_photo=True,
    )
    if number % 2:
        dealers.enquiry_set_status(enquiry=enquiry, status="contacted", actor=user, note="called back")
    Enquiry.objects.filter(pk=enquiry.pk).update(created=timezone.now() - timedelta(days=number))
    return enquiry


def path_of(model: type[Model], page: str = "changelist", *args: object) -> str:
    """The address of a page of a model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def act(client: Client, action: str, *rows: Model) -> Any:
    """Run an action on rows of one model."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(path_of(type(rows[0])), data, follow=True)


def limited(client: Client, *permissions: str) -> User:
    """Staff who may only what they are given; signed in."""
    user = User.objects.create_user("clerk@example.org", PASSWORD, is_staff=True)
    found = Permission.objects.filter(codename__in=permissions)
    assert found.count() == len(permissions)
    user.user_permissions.set(found)
    client.force_login(user)
    return user
