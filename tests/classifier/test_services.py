"""The life of a row: taken in once, answered once, never lost."""

from __future__ import annotations

import contextlib
import io
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier import engine, services, sharing
from classifier.exceptions import ClassifierAway, NotPossibleNow, PhotoRefused
from classifier.models import Feedback, Identification, Prediction
from ml.exceptions import PhotoError
from tests.classifier.conftest import GUEST, answer, other_photo, send
from tests.classifier.photos import encoded, picture

pytestmark = pytest.mark.django_db
Status = Identification.Status


def stored_files() -> list[str]:
    found = []
    for folder in ("photos", "thumbnails"):
        stack = [folder]
        while stack:
            at = stack.pop()
            if not default_storage.exists(at):
                continue
            folders, files = default_storage.listdir(at)
            found += [f"{at}/{name}" for name in files]
            stack += [f"{at}/{name}" for name in folders]
    return found


def test_a_photo_is_stored_with_its_row_and_rung_after_commit(
    user, rings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row = send(user)
        assert rings == [], "rung before the transaction was over"
    assert rings == [str(row.pk)]
    assert (row.status, row.owner, row.attempt) == (Status.QUEUED, user, 0)
    assert len(stored_files()) == 2


def test_a_broker_that_is_away_loses_nothing(user, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    from classifier.tasks import identify

    def away(pk):
        raise OperationalError("no broker")

    monkeypatch.setattr(identify, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        row = send(user)
    row.refresh_from_db()
    assert row.status == Status.QUEUED


def test_a_refused_photo_leaves_nothing_behind(user):
    with pytest.raises(PhotoRefused):
        services.identification_create(file=io.BytesIO(b"text"), name="a.jpg", size=4, user=user)
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
    first = send(user)
    # The second request looked before the first one's row was there.
    real = services.Identification.objects.visible_to
    answers = iter([Identification.objects.none()])
    monkeypatch.setattr(
        type(Identification.objects),
        "visible_to",
        lambda self, *a: next(answers, None) or real(*a),
        raising=True,
    )
    second = send(user)
    assert second.pk == first.pk
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
    assert services.identification_run(identification_id=row.pk)
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
    assert services.identification_run(identification_id=row.pk)
    assert not services.identification_run(identification_id=row.pk)
    assert not services.identification_run(identification_id=row.pk, redelivered=True)
    assert predictor.calls == 1
    assert Prediction.objects.count() == 2


def test_a_running_photo_is_taken_over_only_when_its_worker_is_gone(user, predictor):
    row = send(user)
    assert services._claim(row.pk, take_over=False)
    assert not services.identification_run(identification_id=row.pk)
    assert services.identification_run(identification_id=row.pk, redelivered=True)
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.DONE, 2)


def test_an_overtaken_attempt_may_not_write_its_answer(user, predictor, version):
    row = send(user)
    slow = services._claim(row.pk, take_over=False)
    assert services.identification_run(identification_id=row.pk, redelivered=True)
    late = answer(decision="unknown")
    assert not services.identification_record(row=slow, answer=late, version_id=version.pk)
    assert not services.identification_fail(row=slow, failure="timeout")
    row.refresh_from_db()
    assert (row.status, row.decision) == (Status.DONE, "sure")
    assert Prediction.objects.count() == 2


def test_a_task_for_a_deleted_photo_ends_quietly(user, predictor, version):
    row = send(user)
    claimed = services._claim(row.pk, take_over=False)
    user.delete()
    assert not services.identification_record(row=claimed, answer=answer(), version_id=version.pk)
    assert not services.identification_run(identification_id=row.pk)
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
    services.identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, failure)
    assert row.finished


def test_photo_whose_file_is_gone_fails_at_once(user, predictor):
    row = send(user)
    row.photo.storage.delete(row.photo.name)
    assert services.identification_run(identification_id=row.pk) == 1
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, "photo_missing")


def test_what_waits_is_answered_together_where_the_model_likes_that(user, predictor):
    predictor.batch = 3
    rows = [send(user, data=other_photo(i)) for i in range(5)]
    rows[1].photo.storage.delete(rows[1].photo.name)
    assert services.identification_run(identification_id=rows[0].pk) == 3
    assert services.identification_run(identification_id=rows[1].pk) == 0, "answered with the first"
    assert services.identification_run(identification_id=rows[3].pk) == 2
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
                services.identification_run(identification_id=row.pk)
        services.identifications_sweep()
    states = {row.pk: (row.status, row.attempt) for row in Identification.objects.all()}
    assert [states[row.pk][0] for row in rows] == [Status.DONE, Status.FAILED, Status.DONE]
    assert [states[rows[i].pk][1] for i in (0, 2)] == [2, 2], "taken down once, then answered alone"


def test_an_unforeseen_error_is_tried_three_times_then_failed(user, predictor):
    predictor.answer = RuntimeError("defect")
    row = send(user)
    for attempt in (1, 2, 3):
        with pytest.raises(RuntimeError):
            services.identification_run(identification_id=row.pk)
        row.refresh_from_db()
        assert (row.status, row.attempt) == (Status.RUNNING, attempt)
        services.identifications_sweep()
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.FAILED, "worker_lost")
    assert not services.identification_run(identification_id=row.pk)


def test_without_a_model_photos_wait_and_no_attempt_is_counted(user, monkeypatch, rings):
    def away():
        raise ClassifierAway("no bundle")

    monkeypatch.setattr(engine, "current", away)
    row = send(user)
    assert not services.identification_run(identification_id=row.pk)
    Identification.objects.update(enqueued=timezone.now() - timedelta(hours=1))
    assert services.identifications_sweep() == {"failed": 0, "requeued": 0, "rung": 0}
    row.refresh_from_db()
    assert (row.status, row.attempt) == (Status.QUEUED, 0)
    assert rings == []


def test_the_sweeper_brings_on_what_is_stale_and_nothing_else(
    user, predictor, rings, django_capture_on_commit_callbacks
):
    now = timezone.now()
    rows = {
        name: send(user, data=other_photo(i))
        for i, name in enumerate(["fresh", "lost bell", "held", "expired", "worn"])
    }

    def put(name, **changes):
        Identification.objects.filter(pk=rows[name].pk).update(**changes)

    put("lost bell", enqueued=now - timedelta(minutes=2))
    put("held", status="running", attempt=1, lease_until=now + timedelta(seconds=5))
    put("expired", status="running", attempt=1, lease_until=now - timedelta(seconds=5))
    put("worn", status="running", attempt=3, lease_until=now - timedelta(seconds=5))
    with django_capture_on_commit_callbacks(execute=True):
        counts = services.identifications_sweep(now=now)
    assert counts == {"failed": 1, "requeued": 1, "rung": 2}
    assert set(rings) == {str(rows["lost bell"].pk), str(rows["expired"].pk)}
    states = {name: Identification.objects.get(pk=row.pk).status for name, row in rows.items()}
    assert states == {
        "fresh": "queued",
        "lost bell": "queued",
        "held": "running",
        "expired": "queued",
        "worn": "failed",
    }
    # Rung is rung: a second sweep a moment later has nothing to do.
    with django_capture_on_commit_callbacks(execute=True):
        assert services.identifications_sweep(now=now)["rung"] == 0


def test_long_queue_that_moves_is_not_rung_for_again_but_what_was_overtaken_is(
    user, predictor, rings, django_capture_on_commit_callbacks
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
        assert services.identifications_sweep(now=now) == {"failed": 0, "requeued": 1, "rung": 3}
    assert set(rings) == {
        str(rows[name].pk) for name in ("overtaken", "left by its worker", "of a future that was taken back")
    }
    # Nothing is answered any more: all bells may be lost.
    rings.clear()
    with django_capture_on_commit_callbacks(execute=True):
        services.identifications_sweep(now=now + timedelta(seconds=40))
    assert {str(rows["next"].pk), str(rows["last"].pk)} <= set(rings)


def test_lease_from_before_the_clock_was_set_back_is_over(user, predictor, version):
    row = send(user)
    held = services._claim(row.pk, take_over=False)
    assert held
    now = timezone.now() - timedelta(hours=1)
    assert services.identifications_sweep(now=now)["requeued"] == 1
    assert not services.identification_record(row=held, answer=answer(), version_id=version.pk)


def test_only_failed_photos_can_be_tried_again(user, predictor):
    predictor.answer = PhotoError("broken")
    row = send(user)
    with pytest.raises(NotPossibleNow):
        services.identification_retry(identification=row)
    services.identification_run(identification_id=row.pk)
    services.identification_retry(identification=row)
    predictor.answer = answer()
    assert services.identification_run(identification_id=row.pk)
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.DONE, "")


def test_the_database_refuses_rows_that_make_no_sense(user):
    row = send(user)
    for wrong in ({"status": "failed", "failure": ""}, {"status": "done", "finished": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identification.objects.filter(pk=row.pk).update(**wrong)


def test_deleting_removes_row_answer_and_files_after_commit(
    user, predictor, django_capture_on_commit_callbacks
):
    row = send(user)
    services.identification_run(identification_id=row.pk)
    with django_capture_on_commit_callbacks(execute=True):
        services.identification_delete(identification=row)
        assert len(stored_files()) == 2, "files were gone before the commit"
    assert stored_files() == []
    assert not Identification.objects.exists()
    assert not Prediction.objects.exists()


def test_guests_photos_follow_them_into_their_account(user, django_capture_on_commit_callbacks):
    kept = send(user)
    send(GUEST, "mine")  # the same photo as `kept`
    new = send(GUEST, "mine", other_photo(1))
    foreign = send(GUEST, "theirs", other_photo(2))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.identifications_claim(user=user, guest_key="mine") == 1
    assert set(Identification.objects.filter(owner=user)) == {kept, new}
    foreign.refresh_from_db()
    assert foreign.owner is None
    assert len(stored_files()) == 6
    assert services.identifications_claim(user=user, guest_key="") == 0


def test_guests_photos_expire_and_members_photos_stay(user, django_capture_on_commit_callbacks):
    send(user)
    send(GUEST, "old")
    send(GUEST, "new", other_photo(1))
    Identification.objects.exclude(guest_key="new").update(created=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert services.guest_photos_expire() == 1
    assert set(Identification.objects.values_list("guest_key", flat=True)) == {"", "new"}
    assert len(stored_files()) == 4


def test_feedback_needs_an_answer_and_replaces_itself(user, predictor, audi):
    row = send(user)
    say = {"author": user, "verdict": Feedback.Verdict.RIGHT, "variant": audi}
    with pytest.raises(NotPossibleNow):
        services.feedback_record(identification=row, **say)
    services.identification_run(identification_id=row.pk)
    row.refresh_from_db()
    services.feedback_record(identification=row, **say)
    services.feedback_record(
        identification=row, **say | {"verdict": Feedback.Verdict.NOT_A_CAR, "variant": None}
    )
    feedback = Feedback.objects.get()
    assert (feedback.verdict, feedback.author, feedback.may_train) == ("not_a_car", user, False)


def test_evidence_is_given_to_the_owner_only(user, other_user, predictor, audi):
    row = send(user)
    assert sharing.evidence_for(identification_id=row.pk, user=user) is None, "there is no answer yet"
    services.identification_run(identification_id=row.pk)
    evidence = sharing.evidence_for(identification_id=row.pk, user=user)
    assert evidence.summary == "Audi A5 Coupe 2012, 90% sure"
    assert evidence.variant_slug == "audi-a5-coupe-2012"
    assert evidence.photo.read(2) == b"\xff\xd8"
    assert sharing.evidence_for(identification_id=row.pk, user=other_user) is None
    assert sharing.evidence_for(identification_id=row.pk, user=GUEST, guest_key="x") is None


def test_personal_data_hold_all_of_one_and_nothing_of_others(user, other_user, predictor):
    mine = send(user)
    send(other_user)
    services.identification_run(identification_id=mine.pk)
    facts, files = sharing.personal_data(user)
    assert [entry["id"] for entry in facts["identifications"]] == [str(mine.pk)]
    assert [name for name, _ in files] == [f"photos/{mine.pk}.jpg"]
