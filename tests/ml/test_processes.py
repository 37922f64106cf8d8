"""Training on several processes."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

from tests.ml.conftest import CLASSES, ROOT, write_folder
from tests.ml.test_training_commands import write_recipe


def test_two_processes_reach_the_loss_of_one(tmp_path: Path) -> None:
    """One step of all photos an epoch, nothing random: only the way to the same gradient differs."""
    write_folder(tmp_path / "cars", CLASSES, 6)
    plain = "[augmentation]\ncrop_scale = [1, 1]\nflip = 0.0\ncolour = 0.0\n"
    recipe = write_recipe(tmp_path, more=plain, epochs=4)
    split = tmp_path / "split.txt"
    split.write_text("".join(f"{label}/0{n}.jpg\n" for label in CLASSES for n in (0, 1)))
    losses = []
    for run, devices in (("one", "1"), ("two", "2")):
        command = [
            sys.executable, "-m", "ml", "train", recipe, "--data", str(tmp_path / "cars"),
            "--split", str(split), "--run", str(tmp_path / run), "--batch", "12", "--threads", "1",
            "--accelerator", "cpu",
            "--devices", devices,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count("Finished:") == 1
        assert json.loads((tmp_path / run / "facts.json").read_text())["processes"] == int(devices)
        losses.append(curve(tmp_path / run))
    one, two = losses
    assert len(one) == len(two) == 4
    assert one[3] < one[0]
    for a, b in zip(one, two, strict=True):
        assert math.isclose(a, b, rel_tol=1e-3)


def curve(run: Path) -> list[float]:
    """The training loss of each epoch."""
    with (run / "log/version_0/metrics.csv").open(newline="") as lines:
        return [float(row["train_loss"]) for row in csv.DictReader(lines) if row["train_loss"]]
