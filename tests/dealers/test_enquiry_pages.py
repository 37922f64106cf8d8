"""Who sees an enquiry and its photo, as sender and as the dealer's staff; how a lead moves on."""

from __future__ import annotations

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from dealers import access, services
from dealers.models import Enquiry
from tests.dealers.conftest import PHOTO

Status = Enquiry.Status


def as_(user):
    client = Client()
    if user:
        client.force_login(user)
    return client


def path_of(link):
    """An e-mail's link as the test client takes it."""
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def photo_url(enquiry):
    return enquiry.photo_url


class TestSender:
    """My enquiries."""

    def test_the_sender_sees_their_enquiry_and_no_one_else_does(
        self, enquiry, user, other_user, seller, rival, staff_user
    ):
        url = enquiry.get_absolute_url()
        page = as_(user).get(url)
        assert page.status_code == 200
        assert "Is it still there?" in page.content.decode()
        for stranger in (other_user, seller, rival, staff_user, None):
            assert as_(stranger).get(url).status_code == 404

    def test_the_list_is_mine_only(self, enquiry, asked, user, other_user):
        services.enquiry_create(**asked | {"message": "Somebody else asks"}, user=other_user)
        text = as_(user).get("/enquiries/").content.decode()
        assert enquiry.get_absolute_url() in text
        assert text.count('class="enquiry card"') == 1
        assert "Somebody else asks" in as_(other_user).get("/enquiries/").content.decode()

    def test_a_guest_is_sent_to_sign_in_for_the_list(self, db):
        answer = Client().get("/enquiries/")
        assert answer.status_code == 302
        assert "/login/" in answer.url

    def test_an_empty_list_leads_on(self, user):
        assert "You have not sent an enquiry yet" in as_(user).get("/enquiries/").content.decode()

    def test_the_list_costs_the_same_however_long(self, user, asked, variant, django_assert_max_num_queries):
        for number in range(15):
            services.enquiry_create(**asked | {"nonce": str(number)}, user=user, variant=variant)
        client = as_(user)
        with django_assert_max_num_queries(6) as counted:
            client.get("/enquiries/")
        Enquiry.objects.exclude(pk=Enquiry.objects.first().pk).delete()
        with django_assert_max_num_queries(len(counted)):
            client.get("/enquiries/")

    def test_the_history_is_shown_without_the_dealers_notes(self, enquiry, user, seller):
        services.enquiry_set_status(enquiry=enquiry, status=Status.CONTACTED, actor=seller, note="Haggles.")
        text = as_(user).get(enquiry.get_absolute_url()).content.decode()
        assert "<b>Contacted</b>" in text
        assert "The dealer has contacted you" in text
        assert "Haggles" not in text
        assert seller.email not in text

    def test_a_guests_enquiry_moves_into_the_account_they_sign_in_to(self, ask_url, typed, user, other_user):
        client = Client()
        url = client.post(ask_url, typed).url
        client.force_login(user)
        assert Enquiry.objects.get().user == user
        assert "/enquiries/" in client.get("/enquiries/").content.decode()
        assert as_(user).get(url).status_code == 200
        assert as_(other_user).get(url).status_code == 404

    def test_the_link_in_the_copy_opens_the_enquiry_without_an_account(self, enquiry):
        client = Client()
        answer = client.get(path_of(access.link_to(enquiry, access.Door.SENDER)))
        assert answer.url == enquiry.get_absolute_url()
        assert client.get(answer.url).status_code == 200
        assert client.get(f"/leads/{enquiry.pk}/").status_code == 404


class TestPhoto:
    """The photo that went along."""

    def test_goes_to_sender_dealer_and_site_staff_only(
        self, photo_url, enquiry, user, seller, staff_user, other_user, rival
    ):
        for reader in (user, seller, staff_user):
            answer = as_(reader).get(photo_url)
            assert answer.status_code == 200
            assert b"".join(answer.streaming_content) == PHOTO
        for stranger in (other_user, rival, None):
            assert as_(stranger).get(photo_url).status_code == 404

    def test_needs_more_than_a_mark_as_staff(self, photo_url, django_user_model):
        clerk = django_user_model.objects.create_user(
            "clerk@example.org", "a long enough password", is_staff=True
        )
        assert as_(clerk).get(photo_url).status_code == 404

    def test_is_shown_by_either_link(self, photo_url, enquiry):
        for door in (access.Door.SENDER, access.Door.LEAD):
            client = Client()
            assert client.get(photo_url).status_code == 404
            client.get(path_of(access.link_to(enquiry, door)))
            assert client.get(photo_url).status_code == 200

    def test_is_kept_by_one_browser_and_taken_for_nothing_else(self, photo_url, user):
        answer = as_(user).get(photo_url)
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "private" in answer["Cache-Control"]
        assert answer["Content-Disposition"] == "inline"
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_that_was_not_sent_or_is_lost_is_not_found(self, enquiry, asked, user):
        without, _ = services.enquiry_create(**asked | {"nonce": "2"}, user=user)
        assert as_(user).get(without.photo_url).status_code == 404
        default_storage.delete(enquiry.photo.name)
        assert as_(user).get(enquiry.photo_url).status_code == 404


class TestLeads:
    """The dealer's side."""

    def test_the_dealers_staff_see_the_lead_and_no_one_else_does(
        self, enquiry, seller, user, other_user, rival
    ):
        url = f"/leads/{enquiry.pk}/"
        assert "Is it still there?" in as_(seller).get(url).content.decode()
        for stranger in (user, other_user, rival, None):
            assert as_(stranger).get(url).status_code == 404
            change = as_(stranger).post(url, {"status": Status.CLOSED, "seen": Status.NEW})
            assert change.status_code == 404
        enquiry.refresh_from_db()
        assert enquiry.status == Status.NEW

    def test_the_sites_staff_read_the_lead_that_the_admin_links_to(self, enquiry, staff_user):
        admin = as_(staff_user).get(f"/admin/dealers/enquiry/{enquiry.pk}/change/").content.decode()
        url = f"/leads/{enquiry.pk}/"
        assert f'href="{url}"' in admin
        page = as_(staff_user).get(url)
        assert "Is it still there?" in page.content.decode()
        assert "Save the note" not in page.content.decode()
        assert as_(staff_user).post(url, {"status": Status.CLOSED, "seen": Status.NEW}).status_code == 403
        enquiry.refresh_from_db()
        assert enquiry.status == Status.NEW
        staff_user.is_superuser = False
        staff_user.save()
        assert as_(staff_user).get(url).status_code == 404, "staff who may see no enquiries"

    @pytest.mark.parametrize("status", ["", "new"])
    def test_a_note_is_saved_without_another_status(self, enquiry, seller, user, status):
        url = f"/leads/{enquiry.pk}/"
        sent = as_(seller).post(url, {"status": status, "seen": "new", "note": "Calls back on Monday."})
        assert sent.status_code == 302
        assert "Calls back on Monday." in as_(seller).get(url).content.decode()
        enquiry.refresh_from_db()
        assert enquiry.status == Status.NEW
        mine = as_(user).get(enquiry.get_absolute_url()).content.decode()
        assert "Monday" not in mine
        assert mine.count("<b>New</b>") == 1, "a note is no change that the visitor sees"
        nothing = as_(seller).post(url, {"status": "", "seen": "new", "note": ""})
        assert nothing.status_code == 400
        assert "Write a note" in nothing.content.decode()

    def test_both_sides_use_the_same_words_for_a_status(self, enquiry, user, seller):
        for status in (Status.CONTACTED, Status.CLOSED):
            services.enquiry_set_status(enquiry=enquiry, status=status, actor=seller)
        theirs = as_(seller).get(f"/leads/{enquiry.pk}/").content.decode()
        mine = as_(user).get(enquiry.get_absolute_url()).content.decode()
        for label in Status.labels:
            assert f"<b>{label}</b>" in theirs
            assert f"<b>{label}</b>" in mine

    def test_the_list_has_the_own_dealers_leads_only(self, enquiry, seller, rival, user):
        assert str(enquiry.pk) in as_(seller).get("/leads/").content.decode()
        theirs = as_(rival).get("/leads/").content.decode()
        assert "Ada" not in theirs
        assert "No leads yet" in theirs
        assert "does not belong to a dealer" in as_(user).get("/leads/").content.decode()
        assert Client().get("/leads/").status_code == 302

    def test_who_leaves_the_dealer_loses_the_leads(self, enquiry, seller, dealer):
        dealer.staff.remove(seller)
        assert as_(seller).get(f"/leads/{enquiry.pk}/").status_code == 404

    def test_the_list_filters_by_status_and_counts(self, enquiry, asked, seller):
        closed, _ = services.enquiry_create(**asked | {"nonce": "2", "name": "Grace"})
        services.enquiry_set_status(enquiry=closed, status=Status.CLOSED, actor=seller)
        text = as_(seller).get("/leads/?status=closed").content.decode()
        assert "Grace" in text
        assert "Ada" not in text
        assert "No leads here" in as_(seller).get("/leads/?status=contacted").content.decode()
        assert "Ada" in as_(seller).get("/leads/?status=nonsense").content.decode()

    def test_the_list_costs_the_same_however_long(
        self, seller, asked, variant, django_assert_max_num_queries
    ):
        for number in range(15):
            services.enquiry_create(**asked | {"nonce": str(number)}, variant=variant)
        client = as_(seller)
        with django_assert_max_num_queries(10) as counted:
            client.get("/leads/")
        Enquiry.objects.exclude(pk=Enquiry.objects.first().pk).delete()
        with django_assert_max_num_queries(len(counted)):
            client.get("/leads/")

    def test_staff_move_a_lead_on_with_a_note(self, enquiry, seller):
        url = f"/leads/{enquiry.pk}/"
        client = as_(seller)
        answer = client.post(url, {"status": Status.CONTACTED, "seen": Status.NEW, "note": "<b>Called.</b>"})
        assert answer.url == url
        text = client.get(url).content.decode()
        assert "&lt;b&gt;Called.&lt;/b&gt;" in text
        assert seller.email in text
        enquiry.refresh_from_db()
        assert enquiry.status == Status.CONTACTED

    def test_a_double_click_changes_it_once(self, enquiry, seller):
        client = as_(seller)
        for _ in range(2):
            answer = client.post(f"/leads/{enquiry.pk}/", {"status": Status.CONTACTED, "seen": Status.NEW})
            assert answer.status_code == 302
        assert enquiry.events.count() == 2

    @pytest.mark.parametrize(
        ("before", "change", "status", "message"),
        [
            (Status.CONTACTED, {"status": "new", "seen": "contacted"}, 409, "cannot become"),
            (
                Status.CLOSED,
                {"status": "contacted", "seen": "new"},
                409,
                "Somebody else has just changed this lead",
            ),
            (Status.NEW, {"status": "won", "seen": "new"}, 400, "not one of the available choices"),
            (Status.NEW, {"status": "closed", "seen": "new", "note": "n" * 401}, 400, "400"),
        ],
    )
    def test_what_is_not_possible_is_told_and_the_note_stays(
        self, enquiry, seller, before, change, status, message
    ):
        Enquiry.objects.filter(pk=enquiry.pk).update(status=before)
        page = as_(seller).post(f"/leads/{enquiry.pk}/", {"note": "My note"} | change)
        assert page.status_code == status
        assert message in page.content.decode()
        assert ("My note" if "note" not in change else "n" * 401) in page.content.decode()
        enquiry.refresh_from_db()
        assert enquiry.status == before

    def test_only_possible_steps_are_offered(self, enquiry, seller):
        text = as_(seller).get(f"/leads/{enquiry.pk}/").content.decode()
        assert 'value="contacted">Mark as contacted' in text
        assert 'name="status" value="closed">Close' in text
        services.enquiry_set_status(enquiry=enquiry, status=Status.CLOSED, actor=seller)
        text = as_(seller).get(f"/leads/{enquiry.pk}/").content.decode()
        assert "Open again" in text
        assert 'name="status" value="closed"' not in text


class TestLeadLink:
    """The link in the dealer's e-mail works without an account."""

    @pytest.fixture
    def link(self, enquiry):
        return path_of(access.link_to(enquiry, access.Door.LEAD))

    def test_opens_the_lead_and_leaves_the_address(self, enquiry, link):
        client = Client()
        assert client.get(f"/leads/{enquiry.pk}/").status_code == 404
        answer = client.get(link)
        assert answer.url == f"/leads/{enquiry.pk}/"
        assert "Is it still there?" in client.get(answer.url).content.decode()
        assert client.get(enquiry.get_absolute_url()).status_code == 404

    def test_is_the_one_in_the_mail(self, enquiry):
        line = next(line for line in enquiry.mail_to_dealer.body.splitlines() if "?key=" in line)
        assert Client().get(path_of(line)).status_code == 302

    def test_changes_nothing_by_being_opened_but_can_change_the_status(self, enquiry, link):
        client = Client()
        url = client.get(link).url
        enquiry.refresh_from_db()
        assert enquiry.status == Status.NEW
        client.post(url, {"status": Status.CONTACTED, "seen": Status.NEW})
        enquiry.refresh_from_db()
        assert enquiry.status == Status.CONTACTED
        assert "by the link in the e-mail" in " ".join(client.get(url).content.decode().split())

    def test_works_for_30_days(self, enquiry, link):
        client = Client()
        url = client.get(link).url
        with time_machine.travel(timezone.now() + timezone.timedelta(days=29, hours=23)):
            assert Client().get(link).status_code == 302
        with time_machine.travel(timezone.now() + timezone.timedelta(days=30, minutes=1)):
            expired = Client().get(link)
            assert expired.status_code == 410
            assert "This link has expired" in expired.content.decode()
            assert "Is it still there?" not in expired.content.decode()
            assert client.get(url).status_code == 404

    def test_opens_one_lead_only(self, enquiry, asked, link):
        other, _ = services.enquiry_create(**asked | {"nonce": "2"})
        key = link.partition("?key=")[2]
        assert Client().get(f"/leads/{other.pk}/?key={key}").status_code == 404
        assert Client().get(f"/enquiries/{enquiry.pk}/?key={key}").status_code == 404

    def test_changed_by_one_character_is_refused(self, link):
        last = "A" if link[-1] != "A" else "B"
        assert Client().get(link[:-1] + last).status_code == 404

    def test_dies_when_the_dealers_address_changes(self, enquiry, dealer, link):
        client = Client()
        url = client.get(link).url
        dealer.email = "new@example.org"
        dealer.save()
        assert Client().get(link).status_code == 404
        assert client.get(url).status_code == 404

    def test_the_session_keeps_a_bounded_number_of_links(self, asked):
        client = Client()
        for number in range(access.LINKS_KEPT + 3):
            enquiry, _ = services.enquiry_create(**asked | {"nonce": str(number)})
            client.get(path_of(access.link_to(enquiry, access.Door.LEAD)))
        assert len(client.session[access.SESSION_KEY][access.Door.LEAD]) == access.LINKS_KEPT
        assert client.get(f"/leads/{enquiry.pk}/").status_code == 200
