"""Web server, disk, storage, database or model break around an upload: one identification in the end, or a kind word."""

from __future__ import annotations

import http.client
import io
import os
import signal
import threading
from urllib.error import URLError

import pytest
from PIL import Image

from classifier.models import Identification, Prediction
from tests.faults.site import FaultySite
from tests.rows import (
    Status,
    answered_once,
    files,
    files_of_rows,
    grow_old,
    reached,
    row_of,
    send,
    send_held,
    sweep,
)
from tests.services import Page, Visitor, paused, photo, wait_for


class Upload(threading.Thread):
    """An upload in the background: its answer, or the error that its sender sees."""

    def __init__(self, visitor: Visitor, content: bytes) -> None:
        super().__init__(daemon=True)
        self._visitor, self._content = visitor, content
        self.answer: Page | None = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._visitor.upload(self._content)
        except (OSError, http.client.HTTPException, URLError) as error:
            self.error = error


def kill_web_processes(site: FaultySite) -> None:
    for pid in site.children("web"):
        os.kill(pid, signal.SIGKILL)


# --- The web server -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(200, 202))
def test_upload_whose_web_server_is_killed_before_the_row_is_there_is_one_photo_after_the_retry(
    site: FaultySite, visitor: Visitor, seed: int
) -> None:
    with site.database_locked():  # so the upload stands still between its files and its row
        upload = Upload(visitor, photo(seed))
        wait_for(lambda: len(files(site)) == 2, what="the files")
        site.kill_children("web")
        upload.join()
    assert upload.error, "the sender got an answer from a web server that was killed"
    assert not Identification.objects.exists()
    row = send(visitor, seed)
    answered_once(row)
    assert Identification.objects.count() == 1
    assert len(files(site)) == 4
    site.manage("orphans", "--mend", "--minutes", "0")
    assert files(site) == files_of_rows()


@pytest.mark.parametrize("seed", range(202, 204))
def test_upload_whose_web_server_is_killed_before_it_answers_is_one_photo_after_the_retry(
    site: FaultySite, visitor: Visitor, seed: int
) -> None:
    with paused(site.redis.pid):  # so the upload blocks at its wake-up, behind the row
        upload = Upload(visitor, photo(seed))
        wait_for(Identification.objects.exists, what="the row")
        kill_web_processes(site)
        upload.join()
    wait_for(lambda: len(site.children("web")) >= 2, what="new web processes")
    answer = visitor.upload(photo(seed))
    row = row_of(answer)
    if upload.error:  # and else the answer was faster than the kill
        assert answer.status == 200, "the retry made another photo"
    grow_old(row)
    sweep(site)
    answered_once(row)
    assert Identification.objects.count() == 1
    assert files(site) == files_of_rows()


def test_upload_that_breaks_off_in_the_middle_leaves_nothing(site: FaultySite, visitor: Visitor) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    connection.putrequest("POST", "/identify/")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", "100000")
    connection.endheaders()
    connection.send(
        b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n' + photo(1)[:500]
    )
    connection.close()
    answered_once(send(visitor, 204))
    assert Identification.objects.count() == 1
    assert files(site) == files_of_rows()


# --- Disk and storage ---------------------------------------------------------------------------------------
def large_photo() -> bytes:
    """More than the web server keeps in memory while it comes in."""
    noise = Image.frombytes("RGB", (1800, 1200), os.urandom(1800 * 1200 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["small", "large"])
def test_full_disk_is_said_kindly_and_leaves_nothing_half_stored(
    site: FaultySite, visitor: Visitor, kind: str
) -> None:
    content, name = (photo(210), "car.jpg") if kind == "small" else (large_photo(), "car.png")
    site.reload_web()  # new processes have not counted a request yet, and have no file for it
    with site.full_disk("web"):
        answer = visitor.upload(content, name)
        assert answer.status == 503, answer.text
        assert answer.json()["code"] == "storage_full"
        assert "no room" in answer.json()["message"]
        assert visitor.get("/cars/").status == 200
        assert not Identification.objects.exists()
        assert files(site) == []
    row = row_of(visitor.upload(content, name))
    answered_once(row)
    assert files(site) == files_of_rows()


def test_disk_that_fills_up_under_a_worker_costs_no_photo(site: FaultySite, visitor: Visitor) -> None:
    with site.full_disk("worker"):
        said = len(site.log("worker"))
        row = send(visitor, 211)
        wait_for(lambda: "OperationalError" in site.log("worker")[said:], what="the worker to fail")
        row.refresh_from_db()
        assert row.is_waiting
    grow_old(row)
    sweep(site)
    answered_once(row)


def test_photos_wait_while_the_storage_is_away_and_cost_no_attempt(
    site: FaultySite, visitor: Visitor
) -> None:
    with paused(site.worker.pid):
        row = send(visitor, 212)
        wait_for(lambda: len(files(site)) == 2)
        away = site.storage_away()
        away.__enter__()
    try:
        for _ in range(4):  # more often than a photo has attempts
            site.send_task("classifier.tasks.identify", str(row.pk), queue="identify")
        wait_for(site.is_idle, what="the worker to try")
        assert reached(row, Status.QUEUED)
        assert row.attempt == 0
        refused = visitor.upload(photo(213))
        assert refused.status == 503
        assert refused.json()["code"] == "storage_away"
        assert "send it again" in refused.json()["message"]
    finally:
        away.__exit__(None, None, None)
    grow_old(row)
    sweep(site)
    answered_once(row)
    assert row.attempt == 1
    answered_once(send(visitor, 213))


# --- The database -------------------------------------------------------------------------------------------
def test_database_that_another_program_holds_costs_neither_photo_nor_clear_words(
    site: FaultySite, visitor: Visitor
) -> None:
    held = send_held(site, visitor, 220)
    held.process()
    with site.database_locked():
        upload = Upload(visitor, photo(221))
        held.let_go()  # its worker can't write the answer now
        wait_for(lambda: len(files(site)) == 4, what="the upload to come as far as its row")
        upload.join(1)  # a lock that both wait out
        assert upload.is_alive()
        assert reached(held.row, Status.RUNNING)
    upload.join()
    assert upload.answer, upload.error
    answered_once(row_of(upload.answer))
    answered_once(held.row)
    assert held.row.attempt == 1, "a lock of a second cost an attempt"

    with site.database_locked():  # longer than any process waits
        upload = Upload(visitor, photo(222))
        upload.join()
        assert visitor.get("/cars/").status == 200, "reading waits for a writer"
    assert upload.answer, upload.error
    assert upload.answer.status == 503
    assert upload.answer.json()["code"] == "database_busy"
    assert Identification.objects.count() == 2
    answered_once(send(visitor, 222))
    assert files(site) == files_of_rows()


# --- The model ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("garbage", [b"", b"no model " * 999], ids=["empty", "text"])
def test_model_that_turns_to_garbage_never_answers_wrongly(
    site: FaultySite, visitor: Visitor, garbage: bytes
) -> None:
    right = first_label(send(visitor, 230))
    Identification.objects.all().delete()
    with site.garbage_for_a_model(garbage=garbage):
        site.kill_children("worker")  # new ones find nothing but the garbage
        row = send(visitor, 230)
        wait_for(site.is_idle, what="the worker to notice")
        assert reached(row, Status.QUEUED)
        assert row.attempt == 0
        assert "unavailable" in visitor.get(row.get_absolute_url()).text
    grow_old(row)
    sweep(site)
    assert first_label(row) == right
    assert row.attempt == 1


def first_label(row: Identification) -> str:
    answered_once(row)
    return Prediction.objects.get(identification=row, rank=1).label


def test_orphans_command_finds_nothing_on_a_site_that_is_whole(site: FaultySite, visitor: Visitor) -> None:
    answered_once(send(visitor, 240))
    assert "Nothing" in site.manage("orphans", "--minutes", "0")
