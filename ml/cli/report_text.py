"""A report on a terminal."""

from __future__ import annotations

from ml.evaluation.report import EvaluationReport
from ml.evaluation.tables import Table, parity_table, report_tables


def print_report(report: EvaluationReport) -> None:
    """Print all tables of a report."""
    for table in (*report_tables(report), parity_table(report)):
        if table.rows:
            print(f"\n{table_text(table)}")


def table_text(table: Table) -> str:
    """A table with its columns aligned."""
    lines = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join(
        [table.title, *(f"  {line}" for line in text), *([f"  {table.note}"] if table.note else [])]
    )
