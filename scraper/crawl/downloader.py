"""Scrapy's downloader, with the pauses that hosts need."""

from __future__ import annotations

import time
from collections.abc import Coroutine

from scrapy.core.downloader import Downloader, Slot
from scrapy.http import Request, Response
from twisted.internet.defer import Deferred


class SlotCountingDownloader(Downloader):
    """Counts a request as sent once it is taken from its host's queue.

    Scrapy 2.19 does so a moment later, when its coroutine first runs, and who reads the queue in
    between sends another one beside it: always where there is no delay, now and then where it is shorter than
    that moment.
    """

    def _wait_for_download(
        self, slot: Slot, request: Request, queue_dfd: Deferred[Response]
    ) -> Coroutine[Deferred[None], object, None]:
        slot.transferring.add(request)
        return super()._wait_for_download(slot, request, queue_dfd)


def leave_alone(slot: Slot, seconds: float) -> None:
    """Send nothing to a host for so long.

    To Scrapy it looks as if the last request was sent in the future.
    """
    slot.delay = max(slot.delay, 0.01)  # without a delay Scrapy does not check the time
    slot.lastseen = max(slot.lastseen, time.monotonic() + seconds)
