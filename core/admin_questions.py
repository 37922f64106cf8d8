"""Questions of the admin before something that is hard to take back, for however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin import actions, helpers
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

#: Of rows that are named in a question.
NAMED = 20
#: Sent with the answer: of how many rows the question spoke.
_ASKED = "asked"


def is_answered(request: HttpRequest, count: int) -> bool:
    """Whether the question about so many rows was answered. Others may have come in the meantime."""
    return request.POST.get(_ASKED) == str(count)


def ask(
    modeladmin: ModelAdmin[Any],
    request: HttpRequest,
    rows: QuerySet[Any] | None,
    *,
    title: str,
    question: str,
    button: str,
    count: int = 0,
    summary: Sequence[str] = (),
    more: Iterable[tuple[str, object]] = (),
    refusal: str = "",
    faults: Sequence[str] = (),
) -> TemplateResponse:
    """The page with the question. Its answer comes to the same address, and `is_answered` knows it.

    Where all rows of a list are meant, that is said again: thousands of keys are more than a form may hold.
    """
    chosen: list[tuple[str, object]] = []
    if rows is not None:
        chosen = [("action", request.POST.get("action", ""))]
        if request.POST.get("select_across") == "1":
            chosen.append(("select_across", 1))
            rows = rows[:1]
        chosen += [(helpers.ACTION_CHECKBOX_NAME, row.pk) for row in rows]
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": title,
        "opts": modeladmin.opts,
        "question": question,
        "summary": summary,
        "button": button,
        "refusal": refusal,
        "faults": faults,
        "fields": [*chosen, *more, (_ASKED, count)],
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/ask_first.html", context)


@admin.action(permissions=["delete"], description=gettext_lazy("Delete selected %(verbose_name_plural)s"))
def delete_selected(
    modeladmin: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Model]
) -> HttpResponse | None:
    """Django's, with a question that any number of rows can be answered for."""
    count = queryset.count()
    if request.POST.get("post") and request.POST.get(_ASKED) not in (None, str(count)):
        unanswered = request.POST.copy()
        del unanswered["post"]
        request.POST = unanswered  # type: ignore[assignment]  # Django's actions read it there
    answer: HttpResponse | None = actions.delete_selected(modeladmin, request, queryset)
    if not isinstance(answer, TemplateResponse) or answer.context_data is None:
        return answer
    said = answer.context_data
    names = [str(row) for row in queryset[:NAMED]]
    rest = [f"… and {count - NAMED:,} more"] if count > NAMED else []
    return ask(
        modeladmin,
        request,
        queryset,
        title=str(said["title"]),
        question=f"Delete {count:,} {said['objects_name']}, and what belongs to them? Nobody can undo it.",
        button="Yes, delete",
        count=count,
        summary=[*(f"{number:,} {name}" for name, number in said["model_count"]), "–", *names, *rest],
        more=[("post", "yes")],
        refusal=f"These {said['objects_name']} can't be deleted, because of:",
        faults=[str(one) for one in (*said["perms_lacking"], *said["protected"])],
    )
