"""Commands that write bundles and their cards: export, card."""

from __future__ import annotations

import argparse
from pathlib import Path

from ml.cli.arguments import Commands, add_threads


def add_export(commands: Commands) -> None:
    """`export`: the bundle of a run."""
    export = commands.add_parser(
        "export", help="make the bundle of a run: network, calibration, figures, model card"
    )
    export.add_argument("run", type=Path, help="folder of the run")
    export.add_argument("out", type=Path, help="folder of the bundle; one that is there is replaced")
    export.add_argument(
        "--notes", type=Path, help="release notes (TOML): further photos to measure on, data, licence, limits"
    )
    export.add_argument("--version", help="version of the bundle (default: today)")
    add_threads(export)
    export.set_defaults(run_command=_export)


def _export(arguments: argparse.Namespace) -> None:
    from ml.cli.report_text import print_report
    from ml.packaging.build_bundle import build_bundle
    from ml.recipes import read_notes

    bundle, report = build_bundle(
        arguments.run,
        arguments.out,
        notes=read_notes(arguments.notes),
        version=arguments.version,
        threads=arguments.threads,
    )
    print_report(report)
    size = sum(file.stat().st_size for file in bundle.path.iterdir())
    where = arguments.run / "report.json"
    print(f"Written: {bundle.path} ({size / 1e6:.1f} MB); the whole report is {where}")


def add_card(commands: Commands) -> None:
    """`card`: a bundle's model card."""
    card = commands.add_parser("card", help="write a bundle's model card anew from its bundle.json")
    card.add_argument("bundle", type=Path)
    card.set_defaults(run_command=_card)


def _card(arguments: argparse.Namespace) -> None:
    from ml.bundle.bundle import read_bundle
    from ml.packaging.model_card import write_card

    print(f"Written: {write_card(read_bundle(arguments.bundle))}")
