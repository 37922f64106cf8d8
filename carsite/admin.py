"""The admin's look, in one place: apps register plain ModelAdmins, this site dresses them in django-unfold."""

from __future__ import annotations

from typing import Any

from unfold.sites import UnfoldAdminSite


class CarsiteAdminSite(UnfoldAdminSite):
    """Unfold's site; staff sign in on the same page as everybody."""

    site_header = site_title = "Carsite staff"
    index_title = "Everything"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        super().register(model_or_iterable, admin_class, **options)
