"""Pages of lists that may be very long."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet


class LongPaginator(Paginator):
    """A paginator whose database finds, sorts and skips keys, and reads whole rows of one page only.

    Rows of a thousand pages, each with names joined to it, take longer to carry along than to look up in the
    end.
    """

    def __init__(self, rows: QuerySet[Any], size: int, *, count: int | None = None) -> None:
        """`count` where it is known already, which spares a query."""
        super().__init__(rows, size)
        if count is not None:
            self.count = count

    def page(self, number: Any) -> Page[Any]:
        """As Django's, in a query for keys, one for rows, and their prefetches."""
        page = super().page(number)
        rows: Any = self.object_list
        of_page: Any = page.object_list
        keys = list(of_page.prefetch_related(None).values_list("pk", flat=True))
        found = rows.in_bulk(keys)
        page.object_list = [found[key] for key in keys if key in found]
        return page
