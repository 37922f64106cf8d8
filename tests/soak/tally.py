"""Counting what became of each photo. The database itself notes every end of a row, so that a second one can't hide."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection

from classifier.models import Identification, Prediction
from ml.serving.predictor import Predictor
from tests.faults import poison
from tests.faults.site import FaultySite
from tests.soak.people import Person

_NOTES = """
CREATE TABLE IF NOT EXISTS soak_turn (photo TEXT, was TEXT, became TEXT);
CREATE TABLE IF NOT EXISTS soak_answer (photo TEXT);
DELETE FROM soak_turn;
DELETE FROM soak_answer;
CREATE TRIGGER IF NOT EXISTS soak_turned AFTER UPDATE OF status ON classifier_identification
    WHEN OLD.status IN ('done', 'failed') OR NEW.status IN ('done', 'failed')
    BEGIN INSERT INTO soak_turn VALUES (NEW.id, OLD.status, NEW.status); END;
CREATE TRIGGER IF NOT EXISTS soak_answered AFTER INSERT ON classifier_prediction WHEN NEW.rank = 1
    BEGIN INSERT INTO soak_answer VALUES (NEW.identification_id); END;
CREATE TRIGGER IF NOT EXISTS soak_deleted AFTER DELETE ON classifier_identification
    BEGIN INSERT INTO soak_turn VALUES (OLD.id, OLD.status, 'deleted'); END;
"""
#: A person may ask for another try of what failed; nothing else may leave an end behind.
ASKED_AGAIN = ("failed", "queued")


def take_notes(site: FaultySite) -> None:
    """Let the site's database note, from now on, every end of an identification and every answer."""
    with contextlib.closing(sqlite3.connect(site.var / "db.sqlite3")) as database:
        database.executescript(_NOTES)


@dataclass
class Tally:
    """Lines of a table, and what is wrong with them."""

    lines: list[tuple[str, int, int | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, count: int, wanted: int | None = None) -> None:
        """A line; where a number is wanted, any other is a fault."""
        self.lines.append((what, count, wanted))

    @property
    def wrong(self) -> list[str]:
        """The lines that are not as wanted."""
        return [what for what, count, wanted in self.lines if wanted is not None and count != wanted]

    def __str__(self) -> str:
        table = [
            f"  {what:58}{count:>7}  "
            + ("" if wanted is None else "as wanted" if count == wanted else f"WRONG: {wanted} wanted")
            for what, count, wanted in self.lines
        ]
        return "\n".join([*table, *(f"  {note}" for note in self.notes)])


def tally(site: FaultySite, people: list[Person]) -> Tally:
    """What became of the photos of these people, once nothing waits any more."""
    found, sent = Tally(), sum(len(person.numbers) for person in people)
    taken = [pk for person in people for pk in person.taken.values()]
    rows = {str(row.pk): row for row in Identification.objects.all()}
    found.add("photos sent", sent)
    found.add("photos that the site said it had taken", len(taken), sent)
    found.add("identifications, each of another photo", len(set(taken)), sent)
    found.add("identifications in the database", len(rows), sent)
    found.add("identifications that no sender was told of", len(rows.keys() - set(taken)), 0)
    _states(found, rows)
    _ends(found, rows)
    _answers(found, site, rows)
    _files(found, site, people)
    return found


def _states(found: Tally, rows: dict[str, Identification]) -> None:
    states = Counter(row.status for row in rows.values())
    deadly = {pk for pk, row in rows.items() if row.width == poison.WIDTH}
    found.add("still waiting", states["queued"] + states["running"], 0)
    found.add("final states", states["done"] + states["failed"], len(rows))
    found.add("  answered", states["done"])
    found.add("  failed, of photos that kill their worker", sum(rows[pk].status == "failed" for pk in deadly))
    others = [row for pk, row in rows.items() if row.status == "failed" and pk not in deadly]
    found.add("  failed, of others", len(others))
    for reason, count in Counter(row.failure for row in others).items():
        found.notes.append(f"others failed with {reason}: {count}")
    found.add(
        "photos that kill their worker answered all the same",
        len(deadly) - sum(rows[pk].status == "failed" for pk in deadly),
        0,
    )
    found.add("attempts, all photos together", sum(row.attempt for row in rows.values()))


def _ends(found: Tally, rows: dict[str, Identification]) -> None:
    """Each photo comes to its end once, and once more for each time its sender asks again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT photo, was, became FROM soak_turn")
        turns = cursor.fetchall()
    ends = Counter(photo for photo, was, became in turns if became in ("done", "failed") and was != became)
    again = Counter(photo for photo, was, became in turns if (was, became) == ASKED_AGAIN)
    left = [turn for turn in turns if turn[1] in ("done", "failed") and (turn[1], turn[2]) != ASKED_AGAIN]
    once = sum(ends[row.pk.hex] - again[row.pk.hex] == 1 for row in rows.values())
    found.add("came to their end exactly once", once, len(rows))
    found.add("ends that something came after", len(left), 0)
    found.add("failed ones that their senders sent again", sum(again.values()))


def _answers(found: Tally, site: FaultySite, rows: dict[str, Identification]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT photo FROM soak_answer")
        answers = Counter(photo for (photo,) in cursor.fetchall())
    done = [row for row in rows.values() if row.status == "done"]
    found.add("answers written", sum(answers.values()), len(done))
    found.add("answered exactly once", sum(answers[row.pk.hex] == 1 for row in done), len(done))
    predictor = Predictor(site.bundle)
    said = dict(Prediction.objects.filter(rank=1).values_list("identification", "label"))
    right = sum(
        said[row.pk] == predictor.predict(site.var / "media" / row.photo.name).predictions[0].label
        for row in done
    )
    found.add("answers that the model gives again when it is asked in peace", right, len(done))


def _files(found: Tally, site: FaultySite, people: list[Person]) -> None:
    media = site.var / "media"
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    named = {name for pair in Identification.objects.values_list("photo", "thumbnail") for name in pair}
    found.add("files that rows name and that are gone", len(named - stored), 0)
    found.add("files without rows, of web servers killed in between", len(stored - named))
    site.manage("orphans", "--mend", "--minutes", "0")
    stored = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    found.add("files without rows after `manage.py orphans --mend`", len(stored - named), 0)
    met: Counter[str] = sum((person.met for person in people), Counter())
    found.notes += [f"people met, and sent again: {what}, {count} times" for what, count in met.most_common()]
