"""Moments as text: those that can be kept, and nothing else."""

from __future__ import annotations

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.moments import moment


def test_moment_of_a_page_comes_back() -> None:
    now = timezone.now()
    assert moment(now.isoformat()) == now


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "2026-13-45T99:99", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59+23:59",
        "2026-11-30T10:00:00", "2026-11-30", "\0", "9" * 5_000,
    ],
)  # fmt: skip
def test_what_names_no_moment_that_can_be_kept_is_none(text: str) -> None:
    assert moment(text) is None


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?", fullmatch=True))
def test_no_text_is_a_defect(text: str) -> None:
    moment(text)
