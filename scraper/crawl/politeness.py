"""How sites are asked: what a robots.txt means, how long a host is left alone, when a site is left.

Crawls and fetches of single files share these rules. Arithmetic alone: the caller does the waiting.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

#: So many refusals in a row, and the site is left alone until the next run.
MAX_REFUSALS = 5
#: As is one that asks for a longer pause than this, in seconds.
LONGEST_PAUSE = 300.0
#: Without a word from the site, pauses double up to so many seconds.
LONGEST_GUESS = 60.0
REFUSED = frozenset({401, 403, 429})
BUSY = frozenset({429, 500, 502, 503, 504, 522, 524})
#: Bytes of a robots.txt that count, as RFC 9309 allows: each rule is compared with each address.
MOST_BYTES = 512 * 2**10
_SHUT = b"User-agent: *\nDisallow: /\n"


def robots_txt(status: int, body: bytes, *, of_files: bool = False) -> bytes:
    """The rules that an answer for /robots.txt stands for, by RFC 9309.

    One that can't be had for an error of the server shuts the site; one that is not there allows everything.
    Status 0 is no answer.

    A site of pages that refuses its robots.txt shuts itself, too. Hosts `of_files` answer so where it
    does not exist.
    """
    if status == 0 or status >= 500 or (status in REFUSED and not of_files):
        return _SHUT
    if status != 200:
        return b""
    return body if len(body) <= MOST_BYTES else body[:MOST_BYTES].rpartition(b"\n")[0]


def retry_after(header: str) -> float | None:
    """Seconds that a Retry-After header asks to wait; None where it can't be read."""
    words = header.strip()
    if words.isdecimal():
        return float(words)
    try:
        return max(0.0, parsedate_to_datetime(words).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True)
class Pause:
    """How long a host is left alone.

    With a reason to leave, it is not asked again in this run; `words` say why.
    """

    seconds: float
    leave: str = ""
    words: str = ""


class Backoff:
    """What the answers of hosts ask for: the time that a site names, else 1, 2, 4 … times `unit` seconds.

    Five refusals in a row are a reason to leave ("refused"), as is a pause that is too long ("pause").
    """

    def __init__(self, unit: float) -> None:
        self.unit = max(0.05, unit)
        self._refusals: Counter[str] = Counter()

    def after(self, host: str, status: int, *, header: str = "", tried: int = 0) -> Pause | None:
        """The pause after an answer; None where none is needed. `tried`: so often it was asked for before."""
        self._refusals[host] = self._refusals[host] + 1 if status in REFUSED else 0
        if status not in BUSY | REFUSED:
            return None
        refusals = self._refusals[host]
        asked = retry_after(header)
        guess = min(LONGEST_GUESS, self.unit * 2 ** max(tried, refusals - 1))
        seconds = guess if asked is None else asked
        if refusals >= MAX_REFUSALS:
            return Pause(seconds, "refused", f"{host} refused {MAX_REFUSALS} requests in a row")
        if seconds > LONGEST_PAUSE:
            return Pause(seconds, "pause", f"{host} asks for a pause of {seconds:.0f} s")
        return Pause(seconds)
