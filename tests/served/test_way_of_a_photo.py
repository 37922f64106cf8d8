"""From upload to answer, with the database in PostgreSQL, the queue in Redis and photos in a private bucket."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import time_machine
from storages.backends.s3 import S3Storage

from carsite.storage import storage_from
from classifier.models import Identification
from tests.e2e.screenshots import open_browser
from tests.rows import answered_once, send
from tests.servers import S3
from tests.servers.site import ServedSite
from tests.services import Visitor, photo, wait_for

SIGNED_SECONDS = 300


def fetch(url: str) -> tuple[int, bytes]:
    """Status and bytes of an address, without cookies."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def storage(s3: S3) -> S3Storage:
    """The storage of the site's settings, here."""
    return S3Storage(**storage_from(s3.url, signed_seconds=SIGNED_SECONDS)["OPTIONS"])


def photo_path(row: Identification) -> str:
    return f"{row.get_absolute_url()}photo/"


def test_photo_is_answered_and_its_page_says_so(site: ServedSite, visitor: Visitor) -> None:
    row = send(visitor, 1)
    answered_once(row)
    page = visitor.get(row.get_absolute_url())
    assert page.status == 200
    assert photo_path(row) in page.text
    assert row.predictions.get(rank=1).label
    assert not (site.var / "media").exists(), "a photo was stored on this machine"
    assert not (site.var / "db.sqlite3").exists(), "the site made a database on this machine"


def test_everything_the_site_leans_on_is_ready(visitor: Visitor) -> None:
    assert visitor.get("/readyz").status == 200


def test_the_bucket_answers_only_to_signed_addresses_that_are_fresh(
    site: ServedSite, visitor: Visitor, s3: S3
) -> None:
    row = send(visitor, 2)
    signed = visitor.get(photo_path(row)).url
    assert signed.startswith(s3.endpoint), "the site did not lead to the bucket"
    status, content = fetch(signed)
    assert (status, content[:3]) == (200, b"\xff\xd8\xff")

    address, _, query = signed.partition("?")
    assert fetch(address)[0] == 403, "anonymous"
    assert fetch(f"{s3.endpoint}/{s3.bucket}")[0] == 403, "the list of all photos"
    before, _, signature = signed.partition("X-Amz-Signature=")
    altered = ("0" if signature[0] != "0" else "1") + signature[1:]
    assert fetch(f"{before}X-Amz-Signature={altered}")[0] == 403, "altered signature"
    assert fetch(f"{address.replace(row.pk.hex, '0' * 32)}?{query}")[0] == 403, "another photo's address"
    assert fetch(signed.replace(f"Expires={SIGNED_SECONDS}", "Expires=99999"))[0] == 403, "a longer life"


def test_signed_addresses_expire(site: ServedSite, visitor: Visitor, s3: S3) -> None:
    row = send(visitor, 3)
    ages = {}
    for age in (SIGNED_SECONDS - 60, SIGNED_SECONDS + 1):
        with time_machine.travel(datetime.now(UTC) - timedelta(seconds=age)):
            url = storage(s3).url(row.photo.name)
        ages[age] = fetch(url)[0]
    assert ages == {SIGNED_SECONDS - 60: 200, SIGNED_SECONDS + 1: 403}


def test_others_get_404_and_no_address(site: ServedSite, visitor: Visitor) -> None:
    row = send(visitor, 4)
    page = Visitor(site.url).get(photo_path(row))
    assert (page.status, page.url) == (404, photo_path(row))
    assert "X-Amz" not in page.text


def test_deleting_a_photo_empties_the_bucket(site: ServedSite, visitor: Visitor, s3: S3) -> None:
    row = send(visitor, 5)
    answered_once(row)
    assert {row.photo.name, row.thumbnail.name} <= s3.keys()
    assert visitor.post(f"{row.get_absolute_url()}delete/", {}).status == 200
    assert not Identification.objects.filter(pk=row.pk).exists()
    wait_for(lambda: not {row.photo.name, row.thumbnail.name} & s3.keys(), what="the files to go")
    status, _ = fetch(storage(s3).url(row.photo.name))
    assert status == 404


def test_files_that_no_row_names_are_removed_from_the_bucket(
    site: ServedSite, visitor: Visitor, s3: S3
) -> None:
    row = send(visitor, 9)
    lost = {"photos/2019/02/lost.jpg", "enquiries/lost.jpg", "thumbnails/2019/02/lost.jpg"}
    for name in lost | {"backups/2019/02/kept.jpg"}:
        s3.client().put_object(Bucket=s3.bucket, Key=name, Body=b"nobody's")
    Identification.objects.filter(pk=row.pk).update(thumbnail="thumbnails/2018/01/gone.jpg")
    told = site.manage("orphans", "--mend", "--minutes", "0", check=False)
    assert f"classifier.Identification {row.pk}: its thumbnail is gone" in told.stdout
    assert "1 row without files" in told.stderr
    assert not lost & s3.keys()
    assert {row.photo.name, "backups/2019/02/kept.jpg"} <= s3.keys()


def test_a_browser_shows_the_photo_under_the_pages_own_policy(
    site: ServedSite, visitor: Visitor, s3: S3
) -> None:
    """A Content-Security-Policy that forgets the bucket would hide every photo."""
    row = send(visitor, 6)
    answered_once(row)
    cookies = [
        {"name": cookie.name, "value": str(cookie.value), "url": site.url} for cookie in visitor.cookies()
    ]
    with open_browser() as browser:
        context = browser.new_context()
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(site.url + row.get_absolute_url())
        shown = page.locator(f"img[src^='{photo_path(row)}']").first
        shown.wait_for(timeout=30_000)
        width = wait_for(lambda: shown.evaluate("image => image.naturalWidth"), what="the photo")
    assert width > 0


def test_photos_pass_through_the_site_where_browsers_can_not_reach_the_bucket(
    site: ServedSite, visitor: Visitor
) -> None:
    row = send(visitor, 7)
    direct = site.env["STORAGE_URL"]
    site.stop("web")
    site.set_environment("web", STORAGE_URL=f"{direct}&direct=0")
    site.start_web()
    try:
        page = visitor.get(photo_path(row))
        assert (page.status, page.url) == (200, photo_path(row))
        assert Visitor(site.url).get(photo_path(row)).status == 404
    finally:
        site.stop("web")
        site.set_environment("web", STORAGE_URL=direct)
        site.start_web()


def test_uploads_while_the_bucket_is_away_are_refused_whole_and_work_when_it_is_back(
    site: ServedSite, visitor: Visitor, s3: S3
) -> None:
    visitor.get("/")
    s3.kill()
    try:
        answer = visitor.upload(photo(8))
        assert (answer.status, answer.json()["code"]) == (503, "storage_away")
        assert answer.seconds < 15
        assert visitor.get("/cars/").status == 200
        assert not Identification.objects.exists()
    finally:
        s3.start()
    answered_once(send(visitor, 8))
