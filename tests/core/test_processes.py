"""A process is known by a name that no other has, and whether it still runs is seen from its own machine alone."""

from __future__ import annotations

import os
import subprocess
import sys

from core import processes


def test_a_process_lives_until_it_has_ended_and_even_while_nobody_has_asked_how():
    process = subprocess.Popen(["sleep", "60"])
    name = processes.name_of(process.pid)
    assert processes.lives(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # ended, and a zombie
    assert processes.lives(name) is False
    process.wait()
    assert processes.lives(name) is False


def test_a_process_has_the_same_name_for_itself_and_for_others():
    words = [sys.executable, "-c", "from core import processes; print(processes.own_name()); input()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        name = process.stdout.readline().strip()
        assert name == processes.name_of(process.pid)
        assert processes.lives(name)
        process.communicate("\n", timeout=30)
    assert processes.lives(name) is False


def test_a_later_process_with_the_same_number_is_another_one():
    table, pid, started = processes.own_name().rsplit(":", 2)
    assert processes.lives(f"{table}:{pid}:{int(started) - 1}") is False


def test_nothing_is_known_of_other_machines_and_of_names_of_another_form():
    table, pid, started = processes.own_name().rsplit(":", 2)
    for name in ("", "host", "host:1", f"other-{table}:{pid}:{started}", f"{table}:x:{started}", ":::"):
        assert processes.lives(name) is None


def test_a_name_has_room_in_a_row():
    assert len(processes.own_name()) <= processes.LONGEST
