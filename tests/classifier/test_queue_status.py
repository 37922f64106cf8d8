"""How long a photo may still wait: for its sender, and for staff, who can have failed ones tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.answers import queue_status
from classifier.models import Identification
from tests.carsite.admin_rows import limited
from tests.classifier.conftest import other_photo, send

pytestmark = pytest.mark.django_db
PAGE = "admin:classifier_identification_waiting"


@pytest.fixture(autouse=True)
def _one_factor(settings) -> None:
    """These tests sign staff in with a password alone."""
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def staff(client: Client, staff_user) -> Client:
    client.force_login(staff_user)
    return client


@pytest.fixture
def _still() -> Iterator[None]:
    """The clock stands still, so what is told of times does not hang on how long the test takes."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


def sent(user, seconds_ago: float, number: int, **changes) -> Identification:
    row = send(user, data=other_photo(number))
    created = timezone.now() - timedelta(seconds=seconds_ago)
    Identification.objects.filter(pk=row.pk).update(created=created, **changes)
    row.refresh_from_db()
    return row


def failed(user, number: int) -> Identification:
    return sent(user, 30, number, status="failed", failure="timeout", attempt=1, finished=timezone.now())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "a few seconds"), (12, "10 seconds"), (89, "90 seconds"), (100, "2 minutes"), (8000, "2 hours")],
)
def test_times_are_told_as_roughly_as_they_are_known(seconds, words):
    assert queue_status.span(seconds) == words


@pytest.mark.usefixtures("_still")
def test_pace_is_what_was_answered_while_the_oldest_waited(user):
    assert queue_status.pace() is None, "nothing waits"
    sent(user, 1, 0)
    assert queue_status.pace() is None, "a second says nothing"
    sent(user, 20, 1)
    assert queue_status.pace() is None, "nothing was answered"
    for number in range(2, 6):
        sent(user, 30, number, status="done", finished=timezone.now() - timedelta(seconds=number))
    sent(user, 300, 6, status="done", finished=timezone.now() - timedelta(seconds=200))
    assert queue_status.pace() == pytest.approx(4 / 20)


@pytest.mark.usefixtures("_still")
def test_visitor_sees_the_place_in_the_queue_and_the_time_to_go(client, user):
    client.force_login(user)
    rows = [sent(user, 40 - number, number) for number in range(4)]
    page = client.get(rows[-1].get_absolute_url()).content.decode()
    assert "3 photos ahead of yours." in page
    for number in range(4, 8):
        sent(user, 60, number, status="done", finished=timezone.now() - timedelta(seconds=5))
    cache.clear()
    page = client.get(rows[-1].get_absolute_url()).content.decode()
    assert "3 photos ahead of yours: about 40 seconds to go." in page
    assert "Yours is next." in client.get(rows[0].get_absolute_url()).content.decode()


def test_staff_see_what_waits_and_for_how_long(staff, user, django_assert_max_num_queries):
    assert "No photo is waiting." in staff.get(reverse(PAGE)).content.decode()
    for number in range(30):
        sent(user, 200 + number, number)
    sent(user, 5, 40, status="running", attempt=1, lease_until=timezone.now())
    sent(user, 9000, 41, status="failed", failure="timeout", finished=timezone.now() - timedelta(hours=2))
    with django_assert_max_num_queries(30):
        page = staff.get(reverse(PAGE)).content.decode()
    assert "<strong>30 are waiting</strong>, 1 is being looked at. The oldest arrived 4 minutes ago." in page
    assert "No photo has been answered since then." in page
    assert page.count("<td>Waiting</td>") == 30
    assert ">timeout</a>" in page


def test_only_staff_who_may_see_photos_see_what_waits(client, user):
    client.force_login(user)
    assert client.get(reverse(PAGE)).status_code == 302
    limited(client, "view_make")
    assert client.get(reverse(PAGE)).status_code == 403


def test_failed_photos_have_a_button_that_tries_them_again(
    staff, user, wake_ups, django_capture_on_commit_callbacks
):
    rows = [failed(user, number) for number in range(3)]
    answered = sent(user, 9, 9, status="done", finished=timezone.now())
    page = staff.get(reverse("admin:classifier_identification_changelist")).content.decode()
    assert "3 photos failed." in page
    one = reverse("admin:classifier_identification_retry", args=[rows[0].pk])
    assert f'formaction="{one}"' in page
    assert reverse("admin:classifier_identification_retry", args=[answered.pk]) not in page
    assert (
        one
        in staff.get(reverse("admin:classifier_identification_change", args=[rows[0].pk])).content.decode()
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert "1 photo is queued again" in staff.post(one, follow=True).content.decode()
    assert wake_ups == [str(rows[0].pk)]
    assert "Only a photo that could not be identified" in staff.post(one, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        every = reverse("admin:classifier_identification_retry-all")
        assert "2 photos are queued again" in staff.post(every, follow=True).content.decode()
    assert set(wake_ups) == {str(row.pk) for row in rows}
    assert set(Identification.objects.values_list("status", flat=True)) == {"queued", "done"}


def test_who_may_only_look_can_try_nothing_again(client, user, wake_ups):
    row = failed(user, 1)
    limited(client, "view_identification")
    page = client.get(reverse("admin:classifier_identification_changelist")).content.decode()
    assert "1 photo failed." in page
    assert "Identifying this photo took too long" in page
    assert "/retry" not in page
    for url in ("retry-all", "retry"):
        args = [] if url == "retry-all" else [row.pk]
        assert client.post(reverse(f"admin:classifier_identification_{url}", args=args)).status_code == 403
        assert client.get(reverse(f"admin:classifier_identification_{url}", args=args)).status_code == 405
    row.refresh_from_db()
    assert (row.status, wake_ups) == ("failed", [])
