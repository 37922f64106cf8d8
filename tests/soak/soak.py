"""The soak itself: people, faults, and the wait for the last answer."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from django.contrib.auth import get_user_model

from accounts import services as accounts
from classifier.models import Identification
from tests.faults.site import FaultySite
from tests.soak.breaking import Fault, in_turns
from tests.soak.people import PATIENCE_SECONDS, Person
from tests.soak.tally import Tally, take_notes, tally
from tests.soak.waits import Waits

#: From the end of the last fault on, nothing may wait longer.
LAST_WAIT_SECONDS = 60.0
#: So long may a photo wait once it is taken and nothing is broken any more.
SLOWEST_SECONDS = 20.0


class NoBlocker:
    """Stands in for pytest-django's guard of the database, which is not there outside of tests."""

    @contextmanager
    def unblock(self) -> object:
        yield


@dataclass
class Soak:
    """How one went."""

    tally: Tally = field(default_factory=Tally)
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    last_wait: float = 0.0
    slowest: float = 0.0


def soak(
    site: FaultySite,
    *,
    photos: int,
    seed: int,
    faults: Sequence[Fault],
    most_faults: int | None = None,
    people: int = 8,
    pause: float = 0.3,
    slowest: float = SLOWEST_SECONDS,
    say: Callable[[str], None] = lambda line: None,
) -> Soak:
    """Let people send so many photos to a running site while it breaks; `pause` seconds lie between two photos on average.

    `slowest`: so many seconds may an answer take when nothing is broken (any more).
    The database of the site is the one that queries go to (`Site.database`).
    """
    went, chance, started = Soak(), random.Random(seed), time.monotonic()
    take_notes(site)
    waits = Waits(site.var / "db.sqlite3")
    waits.start()
    crowd = _crowd(site, photos, people, pause * people)
    for person in crowd:
        person.send(person.numbers[0])
    for person in crowd:
        person.start()
    for fault in islice(in_turns(list(faults), chance), most_faults):
        if not any(person.is_alive() for person in crowd):
            break
        time.sleep(chance.uniform(1, 4))
        name = fault.__name__.replace("_", " ")
        say(f"{time.monotonic() - started:6.1f} s  {_taken(crowd):5} taken  {name}")
        with waits.fault():
            fault(site, chance)
        went.faults[name] += 1
    last_fault = time.monotonic()
    for person in crowd:
        person.join(PATIENCE_SECONDS * len(person.numbers))
    last_photo = time.monotonic()
    while Identification.objects.waiting().exists() and time.monotonic() < last_photo + 2 * LAST_WAIT_SECONDS:
        time.sleep(0.2)
    went.last_wait, went.seconds = time.monotonic() - last_photo, time.monotonic() - started
    waits.stop()
    went.slowest = waits.slowest(crowd)
    went.tally = tally(site, crowd)
    in_time = went.last_wait <= LAST_WAIT_SECONDS
    went.tally.add(f"nothing waits {LAST_WAIT_SECONDS:.0f} s after the last fault and photo", int(in_time), 1)
    went.tally.add(f"no photo waits {slowest:.0f} s in peace", int(went.slowest <= slowest), 1)
    went.tally.notes.append(
        f"the slowest answer came {went.slowest:.1f} s after the photo and the last fault before it"
    )
    went.tally.notes.append(
        f"the last answer came {went.last_wait:.1f} s after the last photo, "
        f"and that {last_photo - last_fault:.1f} s after the last fault"
    )
    return went


def _taken(crowd: list[Person]) -> int:
    return sum(len(person.taken) for person in crowd)


def _crowd(site: FaultySite, photos: int, people: int, pause: float) -> list[Person]:
    """Half of them guests, half programs of people with accounts."""
    crowd = []
    for i in range(people):
        token = ""
        if i % 2:
            user = get_user_model().objects.create_user(f"person{i}@example.org", None)
            token = str(accounts.token_create(user=user, name="soak")[1])
        crowd.append(Person(site.url, list(range(i, photos, people)), pause=pause, token=token))
    return crowd
