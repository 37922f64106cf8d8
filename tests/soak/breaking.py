"""What breaks during a soak, one thing after the other; each is whole again when its function returns."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator

from classifier.models import Identification
from tests.faults.site import FaultySite
from tests.services import paused

Fault = Callable[[FaultySite, random.Random], None]
HOUR = 3600


def _kill_one(site: FaultySite, chance: random.Random, name: str) -> None:
    children = site.children(name)
    if children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(children), signal.SIGKILL)


def worker_process_killed(site: FaultySite, chance: random.Random) -> None:
    _kill_one(site, chance, "worker")


def web_process_killed(site: FaultySite, chance: random.Random) -> None:
    _kill_one(site, chance, "web")


def worker_killed(site: FaultySite, chance: random.Random) -> None:
    site.kill("worker")
    time.sleep(chance.uniform(0, 2))
    site.start_worker()


def worker_restarted(site: FaultySite, chance: random.Random) -> None:
    site.stop("worker")
    site.start_worker()


def worker_replaced(site: FaultySite, chance: random.Random) -> None:
    site.start_spare_worker()
    site.stop("worker")
    site.start_worker()
    site.stop("spare worker")


def web_server_killed(site: FaultySite, chance: random.Random) -> None:
    site.kill("web")
    time.sleep(chance.uniform(0, 1))
    site.start_web()


def web_server_reloaded(site: FaultySite, chance: random.Random) -> None:
    site.reload_web()


def beat_killed(site: FaultySite, chance: random.Random) -> None:
    site.kill("beat")
    time.sleep(chance.uniform(0, 2))
    site.start_beat()


def redis_killed(site: FaultySite, chance: random.Random) -> None:
    site.kill("redis")
    time.sleep(chance.uniform(0, 2))
    site.start_redis()


def redis_killed_and_its_file_lost(site: FaultySite, chance: random.Random) -> None:
    with site.redis_without_its_file():
        time.sleep(chance.uniform(0, 2))


def redis_hangs(site: FaultySite, chance: random.Random) -> None:
    with paused(site.redis.pid):
        time.sleep(chance.uniform(1, 4))


def disk_full_under_web(site: FaultySite, chance: random.Random) -> None:
    with site.full_disk("web"):
        time.sleep(chance.uniform(1, 3))


def disk_full_under_worker(site: FaultySite, chance: random.Random) -> None:
    with site.full_disk("worker"):
        time.sleep(chance.uniform(1, 3))


def storage_away(site: FaultySite, chance: random.Random) -> None:
    with site.storage_away():
        time.sleep(chance.uniform(1, 3))


def database_locked(site: FaultySite, chance: random.Random) -> None:
    with site.database_locked():
        time.sleep(chance.uniform(1, 4))


def model_is_garbage(site: FaultySite, chance: random.Random) -> None:
    with site.garbage_for_a_model():
        _kill_one(site, chance, "worker")
        time.sleep(chance.uniform(1, 3))


def clock_jumps_forward(site: FaultySite, chance: random.Random) -> None:
    with site.clock.set_by(HOUR):
        time.sleep(chance.uniform(1, 5))


def clock_jumps_back(site: FaultySite, chance: random.Random) -> None:
    with site.clock.set_by(-HOUR):
        time.sleep(chance.uniform(1, 5))


def tasks_delivered_again(site: FaultySite, chance: random.Random) -> None:
    """Three times more for whatever waits or was answered lately."""
    newest = Identification.objects.order_by("-created").values_list("pk", flat=True)[:5]
    for pk in newest:
        for _ in range(3):
            site.send_task("classifier.tasks.identify", str(pk), queue="identify")


FAULTS: list[Fault] = [
    worker_process_killed,
    worker_killed,
    worker_restarted,
    worker_replaced,
    web_process_killed,
    web_server_killed,
    web_server_reloaded,
    beat_killed,
    redis_killed,
    redis_killed_and_its_file_lost,
    redis_hangs,
    disk_full_under_web,
    disk_full_under_worker,
    storage_away,
    database_locked,
    model_is_garbage,
    clock_jumps_forward,
    clock_jumps_back,
    tasks_delivered_again,
]


def in_turns(faults: list[Fault], chance: random.Random) -> Iterator[Fault]:
    """For ever, in an order of chance, each as often as the others."""
    while True:
        yield from chance.sample(faults, len(faults))
