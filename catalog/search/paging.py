"""Pages of lists that may be very long."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
if TYPE_CHECKING:
    _Base = Paginator[Row]
else:
    _Base = Paginator  # takes no type at runtime


class LongPaginator(_Base):
    """A paginator whose database finds, sorts and skips keys, and reads whole rows of one page only.

    Rows of a thousand pages, each with names joined to it, take longer to carry along than to look up in the
    end.
    """

    def __init__(self, rows: QuerySet[Row], size: int, *, count: int | None = None) -> None:
        """`count` where it is known already, which spares a query."""
        super().__init__(rows, size)
        if count is not None:
            self.count = count

    def page(self, number: int | str) -> Page[Row]:
        """As Django's, in a query for keys, one for rows, and their prefetches."""
        page = super().page(number)
        rows = cast("QuerySet[Row]", self.object_list)
        of_page = cast("QuerySet[Row]", page.object_list)
        keys = list(of_page.prefetch_related(None).values_list("pk", flat=True))
        found = rows.in_bulk(keys)
        page.object_list = [found[key] for key in keys if key in found]
        return page
