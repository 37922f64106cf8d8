"""CSV files as people's programs write them."""

from __future__ import annotations

import pytest

from core.sheets import rows_of

ROWS = [
    ["Name", "E-Mail", "Ort"],
    ["Müller & Söhne", "a@example.org", "Köln"],
    ["", "", ""],
    ["Zwei, Brüder", "b@example.org", ""],
]
WANTED = [
    {"name": "Müller & Söhne", "email": "a@example.org", "ort": "Köln"},
    {"name": "Zwei, Brüder", "email": "b@example.org", "ort": ""},
]


def written(separator: str) -> str:
    return (
        "\r\n".join(separator.join(f'"{c}"' if separator in c else c for c in row) for row in ROWS) + "\r\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_in_any_encoding(separator: str, encoding: str) -> None:
    assert [row for _, row in rows_of(written(separator).encode(encoding))] == WANTED


def test_excels_first_line_says_the_separator_and_lines_are_counted() -> None:
    found = list(rows_of(b'sep=;\nname;city, or place\n\nA;B,C\n"D\nE";F\nG\n'))
    assert found == [
        (4, {"name": "A", "cityorplace": "B,C"}),
        (6, {"name": "D\nE", "cityorplace": "F"}),
        (7, {"name": "G", "cityorplace": ""}),
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"name;email\n", b"\xff\xfe", b"\xef\xbb\xbf"])
def test_nothing_is_no_rows(content: bytes) -> None:
    assert list(rows_of(content)) == []
