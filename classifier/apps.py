"""App configuration: what happens at sign-in and when a worker process starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

    from classifier.models import ReferencePhoto


class ClassifierConfig(AppConfig):
    """Which car a photo shows."""

    name = "classifier"

    def ready(self) -> None:
        """Connect signals.

        A guest's photos follow into an account and are deleted with it; workers load the model at start.
        """
        from celery.signals import worker_process_init
        from django.conf import settings
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import post_delete, pre_delete

        reference = self.get_model("ReferencePhoto")
        post_delete.connect(_remove_reference_files, sender=reference, dispatch_uid="classifier.reference")
        pre_delete.connect(_erase_photos, sender=settings.AUTH_USER_MODEL, dispatch_uid="classifier.erase")
        user_logged_in.connect(_claim_guest_photos, dispatch_uid="classifier.claim")
        worker_process_init.connect(_warm_model, dispatch_uid="classifier.warm")


def _claim_guest_photos(*, request: HttpRequest, user: AbstractBaseUser, **_: object) -> None:
    from classifier.photos.claim import identifications_claim
    from core.people import guest_key

    identifications_claim(user=user, guest_key=guest_key(request))


def _erase_photos(*, instance: AbstractBaseUser, **_: object) -> None:
    from classifier.models import Identification
    from classifier.photos.delete import identifications_delete

    identifications_delete(rows=list(Identification.objects.filter(owner=instance.pk)))


def _remove_reference_files(*, instance: ReferencePhoto, **_: object) -> None:
    from django.db import transaction

    from classifier.training import reference_photos

    transaction.on_commit(lambda: reference_photos.files_remove(rows=[instance]), robust=True)


def _warm_model(**_: object) -> None:
    from celery import current_app

    from classifier.answers import engine

    if "identify" in current_app.amqp.queues.consume_from:  # the trainer answers no photos
        engine.warm()
