"""What becomes of photos later: deleted, claimed by an account, expired, judged, shown to a dealer, handed over."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from classifier.answers.identify import identification_run
from classifier.exceptions import NotPossibleNow
from classifier.models import Feedback, Identification, Prediction
from classifier.photos import delete
from classifier.photos.claim import identifications_claim
from classifier.photos.delete import guest_photos_expire, identification_delete
from classifier.tasks import expire_guest_photos
from classifier.training import exports
from classifier.training.feedback import feedback_record
from tests.classifier.conftest import GUEST, other_photo, send, stored_files

pytestmark = pytest.mark.django_db


def test_deleting_removes_row_answer_and_files_after_commit(
    user, predictor, django_capture_on_commit_callbacks
):
    row = send(user)
    identification_run(identification_id=row.pk)
    with django_capture_on_commit_callbacks(execute=True):
        identification_delete(identification=row)
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
        assert identifications_claim(user=user, guest_key="mine") == 1
    assert set(Identification.objects.filter(owner=user)) == {kept, new}
    foreign.refresh_from_db()
    assert foreign.owner is None
    assert len(stored_files()) == 6
    assert identifications_claim(user=user, guest_key="") == 0


def test_guests_photos_expire_and_members_photos_stay(user, django_capture_on_commit_callbacks):
    send(user)
    send(GUEST, "old")
    send(GUEST, "new", other_photo(1))
    Identification.objects.exclude(guest_key="new").update(created=timezone.now() - timedelta(hours=25))
    with django_capture_on_commit_callbacks(execute=True):
        assert guest_photos_expire() == 1
    assert set(Identification.objects.values_list("guest_key", flat=True)) == {"", "new"}
    assert len(stored_files()) == 4


@pytest.mark.django_db(transaction=True)
def test_expiry_that_is_out_of_time_stops_and_leaves_few_files_without_rows(monkeypatch, settings):
    for seed in range(6):
        send(GUEST, "old", other_photo(seed))
    Identification.objects.update(created=timezone.now() - timedelta(hours=25))
    removed = []

    def slow(self: FileSystemStorage, name: str) -> None:
        removed.append(name)
        if len(removed) > 2:
            raise SoftTimeLimitExceeded

    monkeypatch.setattr(FileSystemStorage, "delete", slow)
    monkeypatch.setattr(delete, "EXPIRED_AT_ONCE", 2)
    with pytest.raises(SoftTimeLimitExceeded):
        expire_guest_photos()
    assert len(removed) == 3, "went on although its time was over"
    assert Identification.objects.count() == 4, "rows went before their files"
    monkeypatch.undo()
    assert delete.EXPIRED_AT_ONCE <= 50
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert expire_guest_photos.soft_time_limit > settings.CELERY_TASK_TIME_LIMIT
    assert expire_guest_photos.soft_time_limit < expire_guest_photos.time_limit < visible_again


def test_file_that_can_not_be_removed_is_logged_by_its_photos_number_alone(
    user, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    row = send(user)

    def denied(self: FileSystemStorage, name: str) -> None:
        raise PermissionError(13, "Permission denied", self.path(name))

    monkeypatch.setattr(FileSystemStorage, "delete", denied)
    with caplog.at_level(logging.ERROR), django_capture_on_commit_callbacks(execute=True):
        identification_delete(identification=row)
    assert f"a file of photo {row.pk} could not be removed: PermissionError" in caplog.text
    assert ".jpg" not in caplog.text


def test_feedback_needs_an_answer_and_replaces_itself(user, predictor, audi):
    row = send(user)
    say = {"author": user, "verdict": Feedback.Verdict.RIGHT, "variant": audi}
    with pytest.raises(NotPossibleNow):
        feedback_record(identification=row, **say)
    identification_run(identification_id=row.pk)
    row.refresh_from_db()
    feedback_record(identification=row, **say)
    feedback_record(identification=row, **say | {"verdict": Feedback.Verdict.NOT_A_CAR, "variant": None})
    feedback = Feedback.objects.get()
    assert (feedback.verdict, feedback.author, feedback.may_train) == ("not_a_car", user, False)


def test_evidence_is_given_to_the_owner_only(user, other_user, predictor, audi):
    row = send(user)
    assert exports.evidence_for(identification_id=row.pk, user=user) is None, "there is no answer yet"
    identification_run(identification_id=row.pk)
    evidence = exports.evidence_for(identification_id=row.pk, user=user)
    assert evidence.summary == "Audi A5 Coupe 2012, 90% sure"
    assert evidence.variant_slug == "audi-a5-coupe-2012"
    assert evidence.photo.read(2) == b"\xff\xd8"
    assert exports.evidence_for(identification_id=row.pk, user=other_user) is None
    assert exports.evidence_for(identification_id=row.pk, user=GUEST, guest_key="x") is None


def test_personal_data_hold_all_of_one_and_nothing_of_others(user, other_user, predictor):
    mine = send(user)
    send(other_user)
    identification_run(identification_id=mine.pk)
    facts, files = exports.personal_data(user)
    assert [entry["id"] for entry in facts["identifications"]] == [str(mine.pk)]
    assert [name for name, _ in files] == [f"photos/{mine.pk}.jpg"]
