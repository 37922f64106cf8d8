"""A small soak of the kinds of faults that end at once; `make soak` has all of them, and a thousand photos."""

from __future__ import annotations

from tests.faults.site import FaultySite
from tests.soak import breaking
from tests.soak.soak import soak

FAULTS = [
    breaking.worker_process_killed,
    breaking.web_process_killed,
    breaking.redis_killed_and_its_file_lost,
    breaking.storage_away,
    breaking.disk_full_under_web,
    breaking.tasks_delivered_again,
]


def test_nothing_is_lost_or_doubled_in_a_small_soak(site: FaultySite) -> None:
    site.start_beat()
    try:
        went = soak(site, photos=40, seed=7, people=4, pause=0.25, faults=FAULTS, most_faults=6, slowest=60)
    finally:
        site.stop("beat")
    print(went.faults, went.tally, sep="\n")
    assert went.tally.wrong == []
    assert sum(went.faults.values()) >= 4, "the photos were through before enough broke"
