"""Reasons for which pages were left out, as a run counts them."""

from __future__ import annotations

from collections import Counter

#: Before the reasons of pages that could not be had.
UNREAD = "not read: "
#: So many different reasons are counted by themselves: answers of sites can make any number of them.
MOST_REASONS = 50
_LONGEST = 120
_OTHERS = "other reasons, see the log"


def count(dropped: Counter[str], kind: str, reason: str) -> None:
    """Count a reason of a kind (such as `UNREAD`)."""
    name = f"{kind}{reason[:_LONGEST]}"
    dropped[name if name in dropped or len(dropped) < MOST_REASONS else f"{kind}{_OTHERS}"] += 1
