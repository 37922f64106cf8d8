"""The sweeper brings on photos that wait too long, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.answers import engine
from classifier.answers.identify import LEASE, identification_record, identification_run
from classifier.answers.sweep import identifications_sweep
from classifier.exceptions import ClassifierAway
from classifier.models import Identification
from tests.classifier.conftest import answer, other_photo, send

pytestmark = pytest.mark.django_db
Status = Identification.Status


def test_without_a_model_photos_wait_and_no_attempt_is_counted(user, monkeypatch, wake_ups):
    def away():
        raise ClassifierAway("no bundle")

    monkeypatch.setattr(engine, "current", away)
    row = send(user)
    assert not identification_run(identification_id=row.pk)
    Identification.objects.update(enqueued=timezone.now() - timedelta(hours=1))
    assert identifications_sweep() == {"failed": 0, "requeued": 0, "woken": 0}
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.QUEUED, 0)
    assert wake_ups == []


def test_the_sweeper_brings_on_what_is_stale_and_nothing_else(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    now = timezone.now()
    rows = {
        name: send(user, data=other_photo(i))
        for i, name in enumerate(["fresh", "lost wake-up", "held", "expired", "worn"])
    }

    def put(name, **changes):
        Identification.objects.filter(pk=rows[name].pk).update(**changes)

    put("lost wake-up", enqueued=now - timedelta(minutes=2))
    put("held", status="running", attempt=1, lease_until=now + timedelta(seconds=5))
    put("expired", status="running", attempt=1, lease_until=now - timedelta(seconds=5))
    put("worn", status="running", attempt=3, lease_until=now - timedelta(seconds=5))
    with django_capture_on_commit_callbacks(execute=True):
        counts = identifications_sweep(now=now)
    assert counts == {"failed": 1, "requeued": 1, "woken": 2}
    assert set(wake_ups) == {str(rows["lost wake-up"].pk), str(rows["expired"].pk)}
    states = {name: Identification.objects.get(pk=row.pk).status for name, row in rows.items()}
    assert states == {
        "fresh": "queued",
        "lost wake-up": "queued",
        "held": "running",
        "expired": "queued",
        "worn": "failed",
    }
    # A wake-up is on record: a second sweep a moment later has nothing to do.
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep(now=now)["woken"] == 0


def test_long_queue_that_moves_is_not_woken_again_but_what_was_overtaken_is(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    now = timezone.now()
    names = ("answered", "next", "last", "overtaken", "left by its worker", "of a future that was taken back")
    rows = {name: send(user, data=other_photo(i)) for i, name in enumerate(names)}

    def put(name, seconds, **changes):
        changes["enqueued"] = now - timedelta(seconds=seconds)
        Identification.objects.filter(pk=rows[name].pk).update(**changes)

    put("answered", 600, status="done", attempt=1, finished=now - timedelta(seconds=1))
    put("next", 599)
    put("last", 60)
    put("overtaken", 601)
    put("left by its worker", 602, status="running", attempt=1, lease_until=now - timedelta(seconds=1))
    put("of a future that was taken back", -3600)
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep(now=now) == {"failed": 0, "requeued": 1, "woken": 3}
    assert set(wake_ups) == {
        str(rows[name].pk) for name in ("overtaken", "left by its worker", "of a future that was taken back")
    }
    # Nothing is answered any more: all wake-ups may be lost.
    wake_ups.clear()
    with django_capture_on_commit_callbacks(execute=True):
        identifications_sweep(now=now + timedelta(seconds=40))
    assert {str(rows["next"].pk), str(rows["last"].pk)} <= set(wake_ups)


def test_photo_that_lost_its_wake_up_is_woken_though_photos_of_the_same_sweep_were_answered(
    user, predictor, wake_ups, django_capture_on_commit_callbacks
):
    """A sweep notes one time for all that it wakes: of them, what was passed by is woken, what follows is not."""
    now = timezone.now()
    rows = [send(user, data=other_photo(i)) for i in range(3)]
    batch = now - timedelta(minutes=1)
    Identification.objects.update(enqueued=batch)
    Identification.objects.filter(pk=rows[1].pk).update(status="done", attempt=1, finished=now)
    with django_capture_on_commit_callbacks(execute=True):
        assert identifications_sweep(now=now)["woken"] == 1
    assert wake_ups == [str(rows[0].pk)]


def test_lease_from_before_the_clock_was_set_back_is_over(user, predictor, version):
    row = send(user)
    held = Identification.objects.claim(row.pk, lease=LEASE)
    assert held
    now = timezone.now() - timedelta(hours=1)
    assert identifications_sweep(now=now)["requeued"] == 1
    assert not identification_record(row=held, answer=answer(), version_id=version.pk)
