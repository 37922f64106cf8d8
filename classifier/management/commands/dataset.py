"""Make a dataset version of the photos that are there and confirmed now: `manage.py dataset`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from classifier.exceptions import ClassifierError
from classifier.models import DatasetVersion, ModelVersion
from classifier.training import datasets, registry
from ml.exceptions import MlError
from ml.recipes import read_recipe


class Command(BaseCommand):
    """The same as the admin's button, in this process."""

    help = "Make a dataset version: an immutable manifest of photos to learn from and to judge by."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--list", action="store_true", help="list the versions there are")

    def handle(self, *args: object, **options: Any) -> None:
        if options["list"]:
            for row in DatasetVersion.objects.all():
                self.stdout.write(f"{row.number:>4}  {row.created:%Y-%m-%d %H:%M}  {_words(row)}")
            return
        active = ModelVersion.objects.active()
        if active is None:
            raise CommandError(
                "No model is active yet, so it is not known which cars matter. Start a worker first."
            )
        try:
            recipe = read_recipe(settings.RETRAIN_RECIPE)
            bundle = registry.bundle_checked(active)
            row, is_new = datasets.dataset_create(
                recipe=recipe, labels=bundle.labels, licence=datasets.licence_of(bundle)
            )
        except (MlError, ClassifierError) as error:
            raise CommandError(str(error)) from None
        if not is_new:
            self.stdout.write(f"Nothing has changed since dataset {row.number}.")
            return
        self.stdout.write(f"Dataset {row.number}: {_words(row)} ({datasets.datasets_folder() / row.file})")


def _words(row: DatasetVersion) -> str:
    facts = row.summary
    changed = facts.get("changes", {})
    counts = (
        f"{facts['training']} photos to train on, {facts['validation']} to validate with, "
        f"{facts['confirmed']} of them confirmed"
    )
    return f"{counts}; " + ", ".join(f"{changed.get(name, 0)} {name}" for name in datasets.CHANGES)
