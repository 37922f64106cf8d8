"""Train a candidate from the active model and the confirmed photos: `manage.py retrain`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.exceptions import ClassifierError
from classifier.models import TrainingRun
from classifier.training import runs


class Command(BaseCommand):
    """The active model goes on answering until a person promotes the candidate."""

    help = "Ask the trainer for a candidate model, or make one in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--here", action="store_true", help="in this process, without queue and trainer")
        parser.add_argument("--cancel", action="store_true", help="end the run that is under way")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            if options["cancel"]:
                self._cancel()
                return
            run = runs.run_start(enqueue=not options["here"])
        except ClassifierError as error:
            raise CommandError(error.message) from None
        if not options["here"]:
            self.stdout.write(f"Training run {run.pk} waits for the trainer; the admin shows how far it is.")
            return
        runs.run_work(run_id=run.pk)
        run.refresh_from_db()
        if run.status != TrainingRun.Status.DONE:
            raise CommandError(f"Training run {run.pk} has {run.get_status_display().lower()}: {run.failure}")
        self.stdout.write(
            f"{run.candidate} is a candidate now: `manage.py models promote {run.candidate_id}`."
        )

    def _cancel(self) -> None:
        run = TrainingRun.objects.open().first()
        if run is None:
            raise CommandError("No training run is under way.")
        runs.run_cancel(run=run)
        self.stdout.write(f"Training run {run.pk} ends.")
