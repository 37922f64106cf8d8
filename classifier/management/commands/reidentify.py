"""Have the active model identify photos again that older models answered: `manage.py reidentify`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext

from classifier.exceptions import ClassifierError
from classifier.models import Identification
from classifier.training import backfill


class Command(BaseCommand):
    """Workers do it in small batches while no visitor waits; every older answer is kept."""

    help = "Have the active model identify photos again that older models answered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corrected", action="store_true", help="only those that people corrected")

    def handle(self, *args: object, **options: Any) -> None:
        rows = Identification.objects.all()
        if options["corrected"]:
            rows = rows.filter(feedback__isnull=False).exclude(feedback__verdict="right")
        try:
            count = backfill.identifications_reidentify(rows=rows)
        except ClassifierError as error:
            raise CommandError(error.message) from None
        waiting = Identification.objects.for_backfill().count()
        text = ngettext(
            "%d more photo will be answered again, %d in all.",
            "%d more photos will be answered again, %d in all.",
            count,
        )
        self.stdout.write(text % (count, waiting))
