"""Pictures of sources: taken once, made anew, judged, shown by kind with credit and licence, or refused with a reason."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image
from pytest_django import Settings

from catalog.models import Variant, VariantPhoto
from ml.data.manifests import read_manifest
from scraper.models import SourcePhoto, StagedCar
from scraper.pictures.fetching import Fetcher, FetchFailed, FetchGone, FetchRefused
from scraper.pictures.pictures import pictures_collect, pictures_fetch
from scraper.reading.cars import Car, RawPhoto
from scraper.staging.publish import staged_publish
from scraper.staging.stage import cars_stage
from tests.scraper.supply import value

SITE = "https://cars.example/a5"


def image(seed: int = 1, size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    """A picture; each seed gives another one."""
    blocks = np.random.default_rng(seed).integers(0, 255, (9, 8, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC).save(
        out, options.pop("format", "JPEG"), **options
    )
    return out.getvalue()


class Shelf:
    """What the network would give; counts how often it is asked."""

    def __init__(self, **pictures: Any) -> None:
        self.pictures, self.asked = pictures, 0

    def get(self, url: str, *, page: str) -> bytes:
        assert page == SITE
        self.asked += 1
        found = self.pictures[url.rpartition("/")[2]]
        if isinstance(found, Exception):
            raise found
        return found


def outside(content: bytes) -> str:
    """A model that sees a car from outside in everything, in plain JPEGs only."""
    with Image.open(io.BytesIO(content)) as kept:
        assert kept.format == "JPEG"
    return "exterior"


@pytest.fixture
def published(db: None) -> Callable[..., Variant]:
    """`published("a", "b")`: a car of the catalogue whose source shows these pictures."""

    def publish(*names: str, licence: str = "CC BY-SA 4.0", credit: str = "A. Person") -> Variant:
        shown = tuple(RawPhoto(f"https://cars.example/{name}", "", credit, licence) for name in names)
        said = (value("power", 100e3),)
        car = Car(
            "site",
            SITE,
            "a5",
            "Audi",
            "A5",
            body_style="coupe",
            years=(2012, 2012),
            values=said,
            photos=shown,
        )
        cars_stage(source="site", cars=[car])
        staged_publish(staged=StagedCar.objects.get(), actor=None)
        assert pictures_collect() == len(names)
        return Variant.objects.get()

    return publish


def states() -> list[str]:
    return list(SourcePhoto.objects.order_by("pk").values_list("state", flat=True))


# --- Into the gallery -----------------------------------------------------------------------------------------
def test_pictures_are_shown_by_kind_with_credit_licence_and_source(
    client: Client, published: Callable[..., Variant]
) -> None:
    car = published("out", "in")
    scenes = iter(["exterior", "interior"])
    pictures_fetch(fetch=Shelf(out=image(1), **{"in": image(2)}), gate=lambda _: next(scenes))
    page = client.get(car.get_absolute_url()).content.decode()
    assert page.index('aria-label="Photos: exterior"') < page.index('aria-label="Photos: interior"')
    assert f'<a href="{SITE}" rel="noopener">A. Person</a>, CC BY-SA 4.0' in page
    for photo in car.photos.all():
        assert client.get(photo.get_absolute_url()).status_code == 200


def test_what_is_kept_carries_nothing_but_pixels(published: Callable[..., Variant]) -> None:
    car = published("gps")
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    pictures_fetch(fetch=Shelf(gps=image(1, exif=exif, comment=b"SECRET-PLACE")), gate=outside)
    kept = car.photos.get().image.read()
    assert b"SECRET" not in kept
    assert kept.startswith(b"\xff\xd8\xff")


def test_a_picture_is_taken_once(published: Callable[..., Variant]) -> None:
    published("a")
    shelf = Shelf(a=image(1))
    for _ in range(2):
        pictures_fetch(fetch=shelf, gate=outside)
    assert shelf.asked == 1
    assert pictures_collect() == 0


def test_one_picture_at_two_addresses_or_sizes_is_shown_once(published: Callable[..., Variant]) -> None:
    car = published("a", "again", "small", "other")
    shelf = Shelf(a=image(1), again=image(1), small=image(1, (480, 360)), other=image(2))
    pictures_fetch(fetch=shelf, gate=outside)
    assert states() == ["published", "double", "double", "published"]
    assert car.photos.count() == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (image(1, (200, 150)), "too small: 200 x 150"),
        (b"<html>not found</html>", "not a photo"),
        (image(1)[:2000], "damaged or ends early"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (FetchRefused("its robots.txt forbids it"), "robots.txt forbids"),
    ],
    ids=["small", "html", "cut", "pdf", "robots"],
)
def test_what_can_not_be_shown_is_refused_with_a_reason(
    published: Callable[..., Variant], content: Any, reason: str
) -> None:
    car = published("a")
    pictures_fetch(fetch=Shelf(a=content), gate=outside)
    row = SourcePhoto.objects.get()
    assert row.state == "refused"
    assert reason in row.reason
    assert not car.photos.exists()


def test_what_shows_no_car_is_not_shown(published: Callable[..., Variant]) -> None:
    car = published("a")
    pictures_fetch(fetch=Shelf(a=image(1)), gate=lambda _: "other")
    assert (SourcePhoto.objects.get().reason, car.photos.count()) == ("it shows no car", 0)


@pytest.mark.parametrize("missing", ["licence", "credit"])
def test_without_licence_or_author_nothing_is_even_fetched(
    published: Callable[..., Variant], missing: str
) -> None:
    published("a", **{missing: ""})
    shelf = Shelf(a=image(1))
    pictures_fetch(fetch=shelf, gate=outside)
    assert (states(), shelf.asked) == (["refused"], 0)


def test_pictures_wait_where_there_is_no_model(published: Callable[..., Variant]) -> None:
    published("a")
    pictures_fetch(fetch=Shelf(a=image(1)), gate=lambda _: "")
    assert states() == ["waiting"]


def test_a_dead_source_is_flagged_and_the_silhouette_stays(
    client: Client, published: Callable[..., Variant]
) -> None:
    car = published("gone", "away")
    shelf = Shelf(gone=FetchGone("the site answers 404"), away=FetchFailed("the site answers 503"))
    for _ in range(3):
        pictures_fetch(fetch=shelf, gate=outside)
    assert states() == ["gone", "gone"]
    assert shelf.asked == 4
    page = client.get(car.get_absolute_url()).content.decode()
    assert 'class="stage"' in page
    assert "gallery" not in page


def test_nothing_is_fetched_before_owners_know_how_to_reach_us(
    published: Callable[..., Variant], settings: Settings
) -> None:
    published("a")
    settings.SCRAPE_CONTACT = ""
    assert pictures_fetch() == {}
    assert states() == ["waiting"]


# --- Learning -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("CC BY-SA 4.0", True),
        ("CC0", True),
        ("CC BY-NC 4.0", False),
        ("CC-BY-SA-ND 3.0", False),
        ("Press use", False),
    ],
)
def test_only_open_licences_allow_learning(
    published: Callable[..., Variant], settings: Settings, licence: str, may: bool
) -> None:
    published("a", licence=licence)
    pictures_fetch(fetch=Shelf(a=image(1)), gate=outside)
    if not may:
        with pytest.raises(CommandError, match="open licence"):
            call_command("photo_manifest", verbosity=0)
        return
    call_command("photo_manifest", verbosity=0)
    path = settings.MEDIA_ROOT / "manifest.csv"
    (row,) = read_manifest(path)
    assert (row.label, row.licence) == ("audi-a5-coupe-2012", licence)
    assert (path.parent / row.path).exists()
    assert next(iter(csv.DictReader(path.open())))["source"] == "https://cars.example/a"


def test_photos_of_the_catalogue_that_no_source_gave_are_not_in_the_manifest(
    published: Callable[..., Variant],
) -> None:
    car = published("a", licence="Press use")
    pictures_fetch(fetch=Shelf(a=image(1)), gate=outside)
    VariantPhoto.objects.create(variant=car, credit="Staff", licence="CC0", image="catalog/own.jpg")
    with pytest.raises(CommandError, match="open licence"):
        call_command("photo_manifest", verbosity=0)


# --- Fetching -------------------------------------------------------------------------------------------------
class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        status, headers, body = {
            "/robots.txt": (200, {}, b"User-agent: *\nDisallow: /secret/\n"),
            "/a.jpg": (200, {}, b"bytes of a"),
            "/moved.jpg": (302, {"Location": "/a.jpg"}, b""),
            "/away.jpg": (302, {"Location": "http://127.0.0.2:9/a.jpg"}, b""),
            "/round.jpg": (302, {"Location": "/round.jpg"}, b""),
            "/busy.jpg": (503, {}, b""),
            "/packed.jpg": (200, {"Content-Encoding": "gzip"}, b"x"),
            "/large.jpg": (200, {}, b"x" * (15 * 2**20 + 1)),
        }.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    """A small site on the loopback address."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    site.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()


@pytest.fixture
def get(server: ThreadingHTTPServer) -> Callable[[str], bytes]:
    """`get("/a.jpg")` from the site, whose address is allowed for once."""
    host = f"127.0.0.1:{server.server_port}"
    fetcher = Fetcher("CarsiteBot/1.0", private=[host], delay=0)
    return lambda path: fetcher.get(f"http://{host}{path}", page=f"http://{host}/page")


def test_a_file_of_the_pages_own_site_is_fetched_also_where_it_moved(get: Callable[[str], bytes]) -> None:
    assert get("/a.jpg") == get("/moved.jpg") == b"bytes of a"


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/secret/a.jpg", FetchRefused, "robots.txt forbids"),
        ("/away.jpg", FetchRefused, "not of the site"),
        ("/round.jpg", FetchRefused, "on and on"),
        ("/packed.jpg", FetchRefused, "packed"),
        ("/large.jpg", FetchRefused, "larger than 15 MB"),
        ("/none.jpg", FetchGone, "404"),
        ("/busy.jpg", FetchFailed, "503"),
    ],
)
def test_what_may_not_or_can_not_be_fetched_is_told_apart(
    get: Callable[[str], bytes], path: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        get(path)


def test_a_private_address_is_refused_unless_it_is_allowed(server: ThreadingHTTPServer) -> None:
    place = f"http://127.0.0.1:{server.server_port}"
    before = list(server.asked)
    with pytest.raises(FetchRefused, match="not public"):
        Fetcher("CarsiteBot/1.0", delay=0).get(f"{place}/a.jpg", page=f"{place}/page")
    assert server.asked == before


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/a.jpg",
        "https://cars.example.evil.example/a.jpg",
        "https://notcars.example/a.jpg",
        "file:///a",
    ],
)
def test_pictures_of_other_sites_are_not_fetched(url: str) -> None:
    with pytest.raises(FetchRefused, match="not of the site"):
        Fetcher("CarsiteBot/1.0", delay=0).get(url, page="https://www.cars.example/page")


def test_a_host_is_asked_once_a_second_at_most(server: ThreadingHTTPServer) -> None:
    slept: list[float] = []
    host = f"127.0.0.1:{server.server_port}"
    fetcher = Fetcher("CarsiteBot/1.0", private=[host], sleep=slept.append)
    for _ in range(2):
        fetcher.get(f"http://{host}/a.jpg", page=f"http://{host}/page")
    assert len(slept) == 2, "between robots.txt and the first, and before the second"
    assert all(0 < seconds <= 1 for seconds in slept)
