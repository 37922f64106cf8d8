"""Requests to a host go out one after the other, however late Scrapy's coroutines run."""

from __future__ import annotations

from collections import deque

import pytest
import scrapy.core.downloader
from scrapy import Request
from scrapy.core.downloader import Slot
from twisted.internet.defer import Deferred

from scraper.crawl.downloader import SlotCountingDownloader


@pytest.mark.parametrize(("at_once", "waiting"), [(1, 3), (2, 3), (4, 3)])
def test_no_more_go_out_than_may_before_any_has_begun(monkeypatch, at_once, waiting):
    begun_later = []
    monkeypatch.setattr(scrapy.core.downloader, "_schedule_coro", begun_later.append)
    slot = Slot(at_once, delay=0.0)
    slot.queue = deque((Request(f"https://cars.example/{i}"), Deferred()) for i in range(waiting))
    downloader = object.__new__(SlotCountingDownloader)
    downloader._process_queue(slot)
    downloader._process_queue(slot)  # as a request does that comes to the queue meanwhile
    assert len(begun_later) == len(slot.transferring) == min(at_once, waiting)
    for coroutine in begun_later:
        coroutine.close()
