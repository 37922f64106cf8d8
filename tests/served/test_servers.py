"""The servers of tests leave nothing behind, even where the test is killed."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from tests.servers import NotInstalled, Postgres, Redis, Server
from tests.services import ROOT, is_alive, wait_for

CODE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from tests.servers import {kind}
with {kind}() as server:
    print(server.process.pid, server.folder, flush=True)
    input()
"""


@pytest.mark.parametrize("kind", [Postgres, Redis])
def test_a_test_that_is_killed_leaves_no_server(kind: type[Server]) -> None:
    try:
        kind()
    except NotInstalled as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))
    with subprocess.Popen(
        [sys.executable, "-c", CODE.format(kind=kind.__name__)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as test:
        assert test.stdout
        pid = int(test.stdout.readline().split()[0])
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        test.kill()
    wait_for(lambda: not any(is_alive(one) for one in family), what="the watchdog's work")


def test_what_is_not_installed_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Postgres, "find", classmethod(lambda cls: None))
    with pytest.raises(NotInstalled, match="Debian package postgresql"):
        Postgres()
