"""`manage.py build_catalog_seed --data FOLDER`: for developers; users get the built seed with the source."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.exceptions import SeedError
from catalog.seed.build import Builder
from catalog.seed.files import FACTS, FOLDER


class Command(BaseCommand):
    help = "Build catalog/data/facts.jsonl from the source tables (see catalog/seed/build.py)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--data", type=Path, default=Path("../shared/data/specs"), help="folder of the tables"
        )

    def handle(self, *, data: Path, **options: object) -> None:
        if not data.is_dir():
            raise CommandError(f"There are no tables in {data}: name their folder with --data.")
        try:
            seed = Builder(data).build()
        except SeedError as error:
            raise CommandError(error.message) from None
        (FOLDER / FACTS).write_text(seed.text, encoding="utf-8")
        self._report(seed.text)

    def _report(self, text: str) -> None:
        cars: dict[str, set[str]] = {}
        count: Counter[str] = Counter()
        for line in map(json.loads, text.splitlines()):
            for fact in line["facts"]:
                count[line["source"]] += 1
                cars.setdefault(fact["key"], set()).add(line["slug"])
        self.stdout.write(
            f"{sum(count.values())} facts ({', '.join(f'{n} from {s}' for s, n in count.items())})"
        )
        for key, slugs in sorted(cars.items(), key=lambda item: -len(item[1])):
            self.stdout.write(f"  {key:22}{len(slugs):4} cars")
