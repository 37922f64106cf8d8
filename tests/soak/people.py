"""People who send photos until each of theirs is taken, whatever the site does meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.faults import poison
from tests.services import Page, Visitor, photo

#: Every so many photos one is deadly to the process that answers it.
DEADLY_EVERY = 97
#: How long a person waits before sending a photo again that was not taken.
AGAIN_SECONDS = 0.7
#: How long a person tries; longer than any fault lasts.
PATIENCE_SECONDS = 180.0


def picture(number: int) -> bytes:
    """The photo of that number, unlike any other."""
    width = poison.WIDTH if number % DEADLY_EVERY == DEADLY_EVERY - 1 else 550
    return photo(number, size=(width, 412))


class Person(threading.Thread):
    """A person with photos to send: a guest by browser or, with a token, a user by the API."""

    def __init__(self, url: str, numbers: list[int], *, pause: float, token: str = "") -> None:
        super().__init__(daemon=True)
        self.numbers = numbers
        self.visitor = Visitor(url)
        self.visitor.patience = 30.0  # then a person sends it again
        self._pause, self._token = pause, token
        self._random = random.Random(numbers[0])
        #: Ids of the photos that the site says it has taken, by number.
        self.taken: dict[int, str] = {}
        #: When they were, by this process's steady clock.
        self.taken_at: dict[int, float] = {}
        #: What went wrong on the way, by what it was.
        self.met: Counter[str] = Counter()

    def run(self) -> None:
        """Send all but the first, which makes a guest known to the site before anything breaks."""
        for number in self.numbers[1:]:
            time.sleep(self._random.expovariate(1 / self._pause))
            self.send(number)

    def send(self, number: int) -> None:
        """Send a photo, again and again until it is taken or patience ends."""
        content = picture(number)
        upload = self._by_api if self._token else self.visitor.upload
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._is_taken(number, upload, content) and time.monotonic() < until:
            time.sleep(AGAIN_SECONDS)

    def _is_taken(self, number: int, upload: Callable[[bytes], Page], content: bytes) -> bool:
        try:
            answer = upload(content)
            if answer.status in (200, 202):
                self.taken[number] = answer.json()["url"].rstrip("/").split("/")[-1]
                self.taken_at[number] = time.monotonic()
                return True
            self.met[f"{answer.status} {_code(answer)}"] += 1
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.met[type(error).__name__] += 1
        return False

    def _by_api(self, content: bytes) -> Page:
        file = SimpleUploadedFile("car.jpg", content, "image/jpeg")
        return self.visitor.post(
            "/api/v1/identifications/", {"photo": file}, Authorization=f"Token {self._token}"
        )


def _code(answer: Page) -> str:
    try:
        return str(answer.json()["code"])
    except (json.JSONDecodeError, KeyError):
        return "page"
