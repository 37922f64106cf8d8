"""The figures that a run noted, epoch by epoch."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

_NAMES = ("train_loss", "val_loss", "val_top1")


def figures_by_epoch(run: Path) -> dict[str, dict[int, float]]:
    """Name to {epoch, counted from 1: value}, from the logs of all starts of a run."""
    values: dict[str, dict[int, float]] = defaultdict(dict)
    for log in sorted(run.glob("log/**/metrics.csv"), key=lambda log: log.stat().st_mtime):
        with log.open(newline="") as lines:
            for row in csv.DictReader(lines):
                for name in _NAMES:
                    if row.get(name):
                        values[name][int(float(row["epoch"])) + 1] = float(row[name])
    return {name: dict(sorted(points.items())) for name, points in values.items()}
