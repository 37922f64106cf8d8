"""CSV files as people's programs write them."""

from __future__ import annotations

import pytest

from core.sheets import SheetUnreadable, number, rows_of, text_of

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


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04\x00", b"\x89PNG\r\n\x00", b"\xff\xfe\x00\xd8\x00\xd8", b'a\n"' + b"b" * 200_000]
)
def test_what_is_no_table_is_said_in_words(content: bytes) -> None:
    with pytest.raises(SheetUnreadable, match="Save the sheet"):
        list(rows_of(content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_zeros_between_letters_are_an_encoding_without_a_mark(encoding: str) -> None:
    assert text_of("name;Ort\nMüller;Köln".encode(encoding)) == "name;Ort\nMüller;Köln"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("9.4", 9.4), ("9,4", 9.4), ("-9,45", -9.45), ("0,123", 0.123), ("1585", 1585), (9.4, 9.4)],
)
def test_a_comma_is_a_decimal_mark_where_it_can_be_nothing_else(said: str | float, meant: float) -> None:
    assert number(said) == meant


@pytest.mark.parametrize("said", ["1,585", "1.585,5", "1,5,5", "", "nine", "9,4 l"])
def test_a_figure_that_is_not_clear_is_none(said: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        number(said)
