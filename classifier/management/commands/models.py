"""List models, and change which one answers: `manage.py models [add|promote|rollback|shadow]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.exceptions import ClassifierError
from classifier.models import ModelVersion
from classifier.training import registry


class Command(BaseCommand):
    """Workers see a change before their next photo; nothing has to be restarted."""

    help = "List the models; add a bundle, promote one, roll back, or let one answer unseen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does")
        does.add_parser("list", help="list them (default)")
        add = does.add_parser("add", help="copy a bundle into VAR_DIR/models, as a candidate")
        add.add_argument("bundle", help="folder of the bundle")
        promote = does.add_parser("promote", help="let a model answer from now on")
        promote.add_argument("model", help="its number in the list, or the first signs of its digest")
        does.add_parser("rollback", help="go back to the model before the active one")
        shadow = does.add_parser("shadow", help="let a model answer live photos unseen")
        shadow.add_argument("model", nargs="?", help="as for promote; without one the shadow run ends")

    def handle(self, *args: object, does: str | None = None, **options: Any) -> None:
        try:
            getattr(self, f"_{does or 'list'}")(**options)
        except ClassifierError as error:
            raise CommandError(error.message) from None

    def _list(self, **_: object) -> None:
        versions = list(ModelVersion.objects.order_by("pk"))
        if not versions:
            self.stdout.write("No model yet: the one that ships is registered when a worker starts.")
        for row in versions:
            where = f"models/{row.folder}" if row.folder else "ships"
            line = f"{row.pk:>4}  {row.state:<9}  {row!s:<28}  {row.digest[:12]}  {where}"
            self.stdout.write(self.style.SUCCESS(line) if row.is_active else line)

    def _add(self, *, bundle: str, **_: object) -> None:
        row, is_new = registry.version_add(path=bundle)
        what = "is a candidate now" if is_new else f"was here already ({row.state})"
        self.stdout.write(f"{row} {what}: number {row.pk}.")

    def _promote(self, *, model: str, **_: object) -> None:
        seen = ModelVersion.objects.active()
        row = registry.version_promote(version=_found(model), seen=seen.pk if seen else None)
        self.stdout.write(f"{row} answers from now on; before it was {seen or 'none'}.")

    def _rollback(self, **_: object) -> None:
        seen = ModelVersion.objects.active()
        row = registry.version_roll_back(seen=seen.pk if seen else None)
        self.stdout.write(f"{row} answers again, in place of {seen}.")

    def _shadow(self, *, model: str | None, **_: object) -> None:
        if model is None:
            ended = registry.shadow_stop()
            self.stdout.write(f"{ended} answers no more photos unseen." if ended else "No shadow run is on.")
            return
        version = _found(model)
        registry.shadow_start(version=version)
        self.stdout.write(f"{version} answers live photos unseen; the admin shows how far it agrees.")


def _found(model: str) -> ModelVersion:
    rows = ModelVersion.objects.filter(digest__startswith=model.lower())
    if model.isdecimal() and len(model) < 12:
        rows = ModelVersion.objects.filter(pk=model)
    found = list(rows[:2])
    if len(found) != 1:
        raise CommandError(
            f"{'More than one model has' if found else 'No model has'} the number or digest {model}; "
            "`manage.py models` lists them."
        )
    return found[0]
