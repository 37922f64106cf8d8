"""`manage.py extract FILE …`: what saved pages state about a car, or why they state nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Read saved pages without storing anything.

    The exit code is 1 where a file can't be read; the others are read all the same.
    """

    help = "Print what saved pages state about a car, one after the other, or the reason why there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="Saved pages.")
        parser.add_argument(
            "--url",
            default="",
            help="The address the pages came from: it tells the country and whose photos they are.",
        )
        parser.add_argument("--json", action="store_true", help="One JSON line a file.")

    def handle(self, *args: object, **options: Any) -> None:
        from scraper.reading.report import read

        unread = 0
        for name in options["files"]:
            try:
                content = Path(name).read_bytes()
            except OSError as error:
                unread += 1
                self.stderr.write(f"{name}: can't be read ({error.strerror or error}).")
                continue
            found = read(content, name, options["url"])
            self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else people(found))
        if unread:
            raise CommandError(f"{unread} of {len(options['files'])} files could not be read.")


def people(found: dict[str, Any]) -> str:
    """The same for people: a line a field, the value beside the words it comes from."""
    lines = [found["file"]]
    if not found["items"]:
        lines.append(f"  no car: {found['reason']}")
    for item in found["items"]:
        for key, said in item.items():
            value = said["value"]
            shown = " to ".join(str(end) for end in value) if isinstance(value, list) else str(value)
            lines.append(f"  {key:22} {(shown + ' ' + said['unit']).strip():34} {said['raw'][:80]!r}")
    lines += [
        f"  not read: {left['label']} {left['raw'][:60]!r} ({left['reason']})" for left in found["unparsed"]
    ]
    return "\n".join(lines)
