"""The life of a row: taken in once, answered once, never lost."""

from __future__ import annotations

import contextlib
import io
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction

from classifier.answers.identify import LEASE, identification_fail, identification_record, identification_run
from classifier.answers.sweep import identification_retry, identifications_sweep
from classifier.exceptions import NotPossibleNow, PhotoRefused
from classifier.figures import figures
from classifier.models import Identification, Prediction
from classifier.photos import receive
from classifier.photos.receive import identification_create
from core import clock
from ml.exceptions import PhotoError
from tests.classifier.conftest import GUEST, answer, other_photo, send, stored_files
from tests.classifier.photos import encoded, picture

pytestmark = pytest.mark.django_db
Status = Identification.Status


def test_a_photo_is_stored_with_its_row_and_a_worker_is_woken_after_commit(
    user, wake_ups, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row = send(user)
        assert wake_ups == [], "woken before the transaction was over"
    assert wake_ups == [str(row.pk)]
    assert (row.status, row.owner, row.attempt) == (Status.QUEUED, user, 0)
    assert len(stored_files()) == 2


def test_a_broker_that_is_away_loses_nothing(user, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    from classifier import tasks

    def away(pk):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.identify, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        row = send(user)
    row.refresh_from_db()
    assert row.status == Status.QUEUED


def test_a_refused_photo_leaves_nothing_behind(user):
    with pytest.raises(PhotoRefused):
        identification_create(file=io.BytesIO(b"text"), size=4, user=user)
    assert not Identification.objects.exists()
    assert stored_files() == []


def test_the_same_photo_leads_to_the_same_row_for_its_sender_only(user, other_user):
    first = send(user)
    assert send(user).pk == first.pk
    assert send(other_user).pk != first.pk
    assert send(GUEST, "key").pk != first.pk
    assert send(GUEST, "key").pk == send(GUEST, "key").pk
    assert Identification.objects.count() == 3


def test_two_uploads_of_one_photo_at_the_same_moment_make_one_row(user, monkeypatch):
    real, others = receive.files_write, []

    def meanwhile(row, photo):
        """The other request comes after this one has read the rows and before it writes its own."""
        monkeypatch.setattr(receive, "files_write", real)
        others.append(send(user))
        real(row, photo)

    monkeypatch.setattr(receive, "files_write", meanwhile)
    assert [send(user)] == others
    assert Identification.objects.get() == others[0]
    assert len(stored_files()) == 2


def test_a_row_that_can_not_be_written_leaves_no_files(user, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(Identification, "save", full)
    with pytest.raises(OSError, match="disk full"):
        send(user)
    assert stored_files() == []


def test_an_answer_is_recorded_with_links_to_the_catalogue(user, predictor, audi, version):
    row = send(user)
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.decision, row.scene, row.attempt) == (Status.DONE, "sure", "exterior", 1)
    assert row.model_version == version
    assert [(p.rank, p.label, p.variant) for p in row.predictions.all()] == [
        (1, "Audi A5 Coupe 2012", audi),
        (2, "BMW M3 Coupe 2012", None),
    ]
    assert row.makes[0] == {"make": "Audi", "probability": 0.9}


def test_the_same_task_twice_answers_once(user, predictor):
    row = send(user)
    assert identification_run(identification_id=row.pk)
    assert not identification_run(identification_id=row.pk)
    assert not identification_run(identification_id=row.pk, redelivered=True)
    assert predictor.calls == 1
    assert Prediction.objects.count() == 2


def test_a_running_photo_is_taken_over_only_when_its_worker_is_gone(user, predictor):
    row = send(user)
    assert Identification.objects.claim(row.pk, lease=LEASE)
    assert not identification_run(identification_id=row.pk)
    assert identification_run(identification_id=row.pk, redelivered=True)
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.DONE, 2)


def test_an_overtaken_attempt_may_not_write_its_answer(user, predictor, version):
    row = send(user)
    slow = Identification.objects.claim(row.pk, lease=LEASE)
    assert identification_run(identification_id=row.pk, redelivered=True)
    late = answer(decision="unknown")
    assert not identification_record(row=slow, answer=late, version_id=version.pk)
    assert not identification_fail(row=slow, failure="timeout")
    row.refresh_from_db()
    assert (row.status, row.decision) == (Status.DONE, "sure")
    assert Prediction.objects.count() == 2


def test_a_task_for_a_deleted_photo_ends_quietly(user, predictor, version):
    row = send(user)
    claimed = Identification.objects.claim(row.pk, lease=LEASE)
    user.delete()
    assert not identification_record(row=claimed, answer=answer(), version_id=version.pk)
    assert not identification_run(identification_id=row.pk)
    assert not Prediction.objects.exists()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (PhotoError("broken"), "unreadable"),
        (SoftTimeLimitExceeded(), "timeout"),
    ],
)
def test_errors_that_trying_again_can_not_cure_fail_at_once(user, predictor, error, failure):
    predictor.answer = error
    row = send(user)
    identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, failure)
    assert row.finished


def test_photo_whose_file_is_gone_fails_at_once(user, predictor):
    row = send(user)
    row.photo.storage.delete(row.photo.name)
    assert identification_run(identification_id=row.pk) == 1
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, "photo_missing")


def test_what_waits_is_answered_together_where_the_model_likes_that(user, predictor):
    predictor.batch = 3
    rows = [send(user, data=other_photo(i)) for i in range(5)]
    rows[1].photo.storage.delete(rows[1].photo.name)
    assert identification_run(identification_id=rows[0].pk) == 3
    assert identification_run(identification_id=rows[1].pk) == 2, "it serves those that wait"
    assert identification_run(identification_id=rows[3].pk) == 0, "nothing is left to do"
    states = [row.status for row in Identification.objects.order_by("enqueued")]
    assert states == [Status.DONE, Status.FAILED, *[Status.DONE] * 3]
    assert set(Identification.objects.values_list("attempt", flat=True)) == {1}


@pytest.mark.parametrize("error", [RuntimeError("defect"), SoftTimeLimitExceeded()])
def test_photo_that_brings_a_batch_down_is_looked_at_alone_the_next_time(user, predictor, monkeypatch, error):
    predictor.batch = 3
    rows = [send(user, data=encoded(picture(320 + 8 * i))) for i in range(3)]
    with rows[1].photo.open("rb") as file:
        poison = file.read()
    real = predictor.predict

    def predict(source):
        if source == poison:
            raise error
        return real(source)

    monkeypatch.setattr(predictor, "predict", predict)
    for _ in range(3):
        for row in rows:
            with contextlib.suppress(RuntimeError):
                identification_run(identification_id=row.pk)
        identifications_sweep()
    states = {row.pk: (row.status, row.attempt) for row in Identification.objects.all()}
    assert [states[row.pk][0] for row in rows] == [Status.DONE, Status.FAILED, Status.DONE]
    assert [states[rows[i].pk][1] for i in (0, 2)] == [2, 2], "taken down once, then answered alone"


def test_an_unforeseen_error_is_tried_three_times_then_failed(user, predictor):
    predictor.answer = RuntimeError("defect")
    row = send(user)
    for attempt in (1, 2, 3):
        with pytest.raises(RuntimeError):
            identification_run(identification_id=row.pk)
        row.refresh_from_db()
        assert (row.status, row.attempt) == (Status.RUNNING, attempt)
        identifications_sweep()
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, "worker_lost")
    assert not identification_run(identification_id=row.pk)


def test_only_failed_photos_can_be_tried_again(user, predictor):
    predictor.answer = PhotoError("broken")
    row = send(user)
    with pytest.raises(NotPossibleNow):
        identification_retry(identification=row)
    identification_run(identification_id=row.pk)
    identification_retry(identification=row)
    predictor.answer = answer()
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.DONE, "")


def test_the_database_refuses_rows_that_make_no_sense(user):
    row = send(user)
    for wrong in ({"status": "failed", "failure": ""}, {"status": "done", "finished": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identification.objects.filter(pk=row.pk).update(**wrong)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_is_set_makes_no_wait_of_an_hour_and_is_counted(user, predictor, monkeypatch, jump):
    row = send(user)
    monkeypatch.setattr(
        clock, "_lead_at_start", clock._lead_at_start - jump
    )  # this process's clock was right before
    Identification.objects.update(created=row.created - timedelta(seconds=jump))
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert 0 <= row.timings["wait"] < 30_000
    assert abs(row.timings["clock"]) == pytest.approx(3_600_000, rel=0.01)
    values = {figure.name: figure.value for figure in figures() if figure.name == "carsite_photos_clock_off"}
    assert values == {"carsite_photos_clock_off": 1}
    stages = {figure.labels["stage"] for figure in figures() if figure.name == "carsite_photo_stage_seconds"}
    assert "wait" in stages
    assert "clock" not in stages


def test_where_no_clock_was_set_times_are_certain(user, predictor):
    row = send(user)
    assert identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert "clock" not in row.timings
    assert {figure.value for figure in figures() if figure.name == "carsite_photos_clock_off"} == {0}
