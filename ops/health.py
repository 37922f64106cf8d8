"""Whether the services that the site needs answer: one small check each, all at once, with a time limit.

HEALTH_CHECKS names the questions: functions that return where the service works and raise where it does not.
"""

from __future__ import annotations

import threading
import time
from typing import ClassVar, NotRequired, TypedDict

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string

from core.outages import Unavailable

#: After this long without an answer a service counts as away, however long its client would still wait.
TIMEOUT_SECONDS = 2.5
#: Without these there is no page.
_NEEDED = ("database", "pages")


class Answer(TypedDict):
    """What one service answered, and after how many milliseconds; `reason` where it is away."""

    ok: bool
    ms: float
    reason: NotRequired[str]


class Report(TypedDict):
    """The state of the site, and of each service by its name."""

    status: str
    checks: dict[str, Answer]


class _Question:
    """A check in a thread of its own: a service that hangs holds up neither the others nor the caller.

    While one goes unanswered no second one is put: a health page that is asked every second must not
    pile up threads.
    """

    _open: ClassVar[dict[str, _Question]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, name: str) -> None:
        self.name = name
        self.answer: Answer | None = None
        self._started = time.perf_counter()
        self._thread = threading.Thread(target=self._put, name=f"readyz-{name}", daemon=True)

    @classmethod
    def put(cls, name: str) -> _Question:
        """The question that is still open, or a new one."""
        with cls._lock:
            question = cls._open.get(name)
            if question is None or not question._thread.is_alive():
                question = cls._open[name] = cls(name)
                question._thread.start()
        return question

    def _put(self) -> None:
        try:
            import_string(settings.HEALTH_CHECKS[self.name])()
        except Unavailable as reason:
            self.answer = self._away(str(reason))
        except Exception as error:  # whatever a client library raises, the answer is "not there"
            self.answer = self._away(type(error).__name__)
        else:
            self.answer = {"ok": True, "ms": self._ms()}
        finally:
            connections.close_all()  # this thread's own

    def wait(self, until: float) -> Answer:
        """The answer; `until` (monotonic seconds) is when silence becomes one."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return self.answer or self._away("No answer in time.")

    def _away(self, reason: str) -> Answer:
        return {"ok": False, "ms": self._ms(), "reason": reason}

    def _ms(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)


def report() -> Report:
    """`{"status", "checks": {name: {"ok", "ms", "reason"?}}}`, within `TIMEOUT_SECONDS`.

    `status` is "ready"; "degraded" where pages work and something waits (photos, mails, limits); "away" where
    no page can be made: the database does not answer, or what pages are made of is missing. A reason is for
    operators; even so it names no address and no secret.
    """
    until = time.monotonic() + TIMEOUT_SECONDS
    questions = [_Question.put(name) for name in settings.HEALTH_CHECKS]
    checks = {question.name: question.wait(until) for question in questions}
    if not all(checks[name]["ok"] for name in _NEEDED if name in checks):
        status = "away"
    else:
        status = "ready" if all(check["ok"] for check in checks.values()) else "degraded"
    return {"status": status, "checks": checks}
