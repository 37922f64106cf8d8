"""A site with six sorts of people on it and one of everything, in which only the first one's things are secret.

Whatever is a secret of the `user` has SECRET in it, or is a photo's bytes, or the random part of an address: where any of
it shows up for another person, something leaked, and where none does for its owner, nothing was there to leak.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from catalog.models import Variant
from classifier.models import Feedback, Identification, Prediction, Sighting
from classifier.photos.receive import identification_create
from dealers import services as dealers
from dealers.models import Dealer
from tests.carsite.admin_rows import fill, photo
from tests.conftest import PASSWORD

SECRET = "Secret"
WHO = ("guest", "user", "other", "dealer", "curator", "admin")
#: Staff of each group that the site comes with. A curator stands for staff on the site's own pages, too.
GROUPS = {"curator": "Curators", "desk": "Dealer desk", "keeper": "Model keepers", "support": "Support"}
#: Who may open the admin.
STAFF = (*GROUPS, "admin")


@dataclass
class World:
    """The people's sessions, and what addresses on the site are made of."""

    browser: Client = field(
        # A browser says of each form which site sent it.
        default_factory=lambda: Client(raise_request_exception=False, headers={"origin": "http://testserver"})
    )
    sessions: dict[str, str] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[bytes, ...] = ()
    people: dict[str, User] = field(default_factory=dict)
    pending: Any = None

    def client(self, who: str) -> Client:
        """A fresh browser of a person, in which nothing is left of earlier requests."""
        self.browser.cookies.clear()
        if key := self.sessions.get(who):
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = key
        return self.browser

    def things_of(self, model: type[Model]) -> list[Model]:
        """The user's own rows of a model, as far as they are kept here."""
        kept = [*self.args.values(), self.people["user"], self.pending]
        return [row for row in kept if isinstance(row, model)]


def make_world() -> World:
    """All users and all rows."""
    fill(1)
    world = World()
    people = {
        "user": User.objects.create_user("ada-Secret@example.org", PASSWORD, name="Ada Secret"),
        "other": User.objects.create_user("bob@example.org", PASSWORD, name="Bob"),
        "dealer": User.objects.create_user("seller@example.org", PASSWORD, name="Seller"),
        **{who: User.objects.create_user(f"{who}@example.org", PASSWORD, is_staff=True) for who in GROUPS},
        "admin": User.objects.create_superuser("boss@example.org", PASSWORD),
    }
    for user in people.values():
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    world.pending = EmailAddress.objects.create(user=people["user"], email="new-Secret@example.org")
    for who, group in GROUPS.items():
        people[who].groups.add(Group.objects.get(name=group))
    _things_of(people["user"], people["dealer"], world)
    for who, user in people.items():
        client = Client()
        client.force_login(user)
        world.sessions[who] = client.session.session_key or ""
    world.people = people
    return world


def _things_of(user: User, seller: User, world: World) -> None:
    variant = Variant.objects.get()
    row = _photo_of(user, variant)
    dealer = Dealer.objects.get()
    dealer.staff.set([seller])
    evidence = SimpleNamespace(summary="An Audi", photo=row.photo, photo_url="", variant_slug=variant.slug)
    enquiry, _ = dealers.enquiry_create(
        dealer=dealer,
        name="Ada Secret",
        email=user.email,
        message="Secret question",
        nonce="n",
        user=user,
        variant=variant,
        identification_id=row.pk,
        evidence=evidence,
        send_photo=True,
    )
    token, _ = accounts.token_create(user=user, name="Secret program")
    kept = [file.open("rb").read() for file in (row.photo, row.thumbnail)]
    keys = [str(key).encode() for key in (row.pk, row.sighting_id, enquiry.pk, token.public_id)]
    world.secrets = (SECRET.encode(), *kept, *keys)
    failed = _photo_of(user, variant, 78)
    Identification.objects.filter(pk=failed.pk).update(status="failed", failure="timeout")
    interior = _photo_of(user, variant, 79)
    Identification.objects.filter(pk=interior.pk).update(scene="interior", decision="unknown")
    world.args = {
        "identification": row,
        "interior": interior,
        "failed": failed,
        "sighting": row.sighting,
        "enquiry": enquiry,
        "token": token,
        "dealer": dealer,
        "variant": variant,
    }


def _photo_of(user: User, variant: Variant, number: int = 77) -> Identification:
    data = photo(number)
    row, _ = identification_create(file=io.BytesIO(data), size=len(data), user=user)
    Identification.objects.filter(pk=row.pk).update(
        status="done", finished=timezone.now(), decision="sure", scene="exterior",
        sighting=Sighting.objects.create(owner=user),
        makes=[{"make": "Secret", "probability": 0.9}],
        car_models=[{"make": "Secret", "model": "Car", "probability": 0.9}],
        ranking=[{"label": "Secret Car Coupe 2012", "slug": "", "probability": 0.9}],
    )  # fmt: skip
    row.refresh_from_db()
    Prediction.objects.create(identification=row, rank=1, label="Secret Car Coupe 2012", probability=0.9)
    Feedback.objects.create(identification=row, author=user, verdict="not_listed", text="Secret words")
    return row
