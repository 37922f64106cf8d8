"""What the admin's sidebar and its first page show: tasks and the few tables that are worked with, by
section.

All other tables hold what the site writes down by itself (each answer's candidates, events, facts). They are
found under "All records" on the first page, and from the rows that they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db.models import Model, QuerySet
from django.urls import reverse

from classifier.models import Feedback, Identification
from core.models import OutgoingEmail
from dealers.models import Enquiry
from scraper.models import StagedCar

#: section → model → (title, symbol). The tasks of "To decide" stand before them, "All records" behind.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Catalogue": {
        "catalog.Variant": ("Cars", "directions_car"),
        "catalog.CarModel": ("Models", "garage"),
        "catalog.Make": ("Makes", "workspaces"),
        "catalog.Source": ("Sources", "menu_book"),
        "scraper.ScrapeRun": ("Crawls", "travel_explore"),
        "scraper.ApprovalRule": ("Approval rules", "rule"),
        "scraper.CatalogChange": ("Changes", "published_with_changes"),
    },
    "Dealers": {
        "dealers.Dealer": ("Dealers", "storefront"),
        "dealers.Enquiry": ("Enquiries", "mail"),
    },
    "Models": {
        "classifier.Identification": ("Photos and answers", "photo_camera"),
        "classifier.Feedback": ("Feedback", "rate_review"),
        "classifier.ModelVersion": ("Model versions", "network_intelligence"),
        "classifier.TrainingRun": ("Training runs", "model_training"),
        "classifier.DatasetVersion": ("Datasets", "dataset"),
        "classifier.ReferencePhoto": ("Reference photos", "add_a_photo"),
    },
    "System": {
        "accounts.User": ("Users", "person"),
        "auth.Group": ("Groups", "group"),
        "mfa.Authenticator": ("Second factors", "phonelink_lock"),
        "accounts.ApiToken": ("API tokens", "key"),
        "core.OutgoingEmail": ("Outgoing e-mails", "outgoing_mail"),
    },
}


@dataclass(frozen=True)
class Task:
    """Rows that wait for a decision. `query` makes the model's list show the rows that `rows` returns."""

    title: str
    icon: str
    model: type[Model]
    query: str
    rows: Callable[[], QuerySet]

    @property
    def link(self) -> str:
        """The model's list, with these rows only."""
        path = changelist_of(self.model)
        return f"{path}?{self.query}" if self.query else path

    def is_for(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whether the user may see the rows."""
        meta = self.model._meta
        permission = f"{meta.app_label}.view_{meta.model_name}"
        return isinstance(user, PermissionsMixin) and user.has_perm(permission)


def changelist_of(model: type[Model]) -> str:
    """The address of a model's list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


_WRONG = [verdict for verdict in Feedback.Verdict.values if verdict != Feedback.Verdict.RIGHT]
_PENDING = Feedback.Curation.PENDING

TASKS = (
    Task(
        "New enquiries",
        "mail",
        Enquiry,
        "status__exact=new",
        lambda: Enquiry.objects.filter(status=Enquiry.Status.NEW),
    ),
    Task(
        "Cars to publish",
        "inbox",
        StagedCar,
        "",  # the list opens with what waits
        lambda: StagedCar.objects.filter(status__in=StagedCar.PENDING),
    ),
    Task(
        "Photos to learn from",
        "fact_check",
        Feedback,
        "may_train__exact=1&curation__exact=pending",
        lambda: Feedback.objects.may_train().filter(curation=_PENDING),
    ),
    Task(
        "Answers called wrong",
        "rate_review",
        Feedback,
        f"verdict__in={','.join(_WRONG)}",
        lambda: Feedback.objects.filter(verdict__in=_WRONG),
    ),
    Task(
        "Photos that failed",
        "broken_image",
        Identification,
        "status__exact=failed",
        lambda: Identification.objects.filter(status=Identification.Status.FAILED),
    ),
    Task(
        "Photos in the queue",
        "hourglass_top",
        Identification,
        "status__in=queued,running",
        Identification.objects.waiting,
    ),
    Task(
        "E-mails that could not be sent",
        "outgoing_mail",
        OutgoingEmail,
        "attempts__gt=0",
        lambda: OutgoingEmail.objects.filter(attempts__gt=0),
    ),
)


def tasks_of(user: AbstractBaseUser | AnonymousUser) -> list[Task]:
    """The tasks that a user may see."""
    return [task for task in TASKS if task.is_for(user)]


def figures(user: AbstractBaseUser | AnonymousUser) -> list[dict[str, str | int]]:
    """For the first page: each task with the number of rows that wait."""
    return [{"title": task.title, "link": task.link, "count": task.rows().count()} for task in tasks_of(user)]


def sections_of(links: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """The sections with the tables that `links` (model's label → address) has."""
    return {
        section: [
            {"title": title, "icon": icon, "link": links[label]}
            for label, (title, icon) in models.items()
            if label in links
        ]
        for section, models in SECTIONS.items()
    }


def current_link(links: Iterable[str], path: str, query: str) -> str:
    """Which link leads to the page at `path` with `query`: that very list, else the nearest page above it."""
    links = list(links)
    if query and (very := f"{path}?{query}") in links:
        return very
    above = [link for link in links if "?" not in link and "#" not in link and path.startswith(link)]
    return max(above, key=len, default="")
