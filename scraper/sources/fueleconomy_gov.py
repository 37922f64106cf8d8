"""fueleconomy.gov: one file that holds the whole table.

It is fetched and unpacked here; `scraper.runs.epa` reads it.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator

from scrapy.http import Response

from core.files import replaced_file
from scraper.crawl.items import PageItem
from scraper.crawl.spider import CarSpider

#: What the table is unpacked to, in the run's folder (see `scraper.runs.process`).
TABLE = "table.csv"
_MOST_BYTES = 200 * 2**20


class Source(CarSpider):
    """No pages of cars: a single archive."""

    hosts = ("www.fueleconomy.gov",)
    lists = ("https://www.fueleconomy.gov/feg/epadata/vehicles.csv.zip",)
    site_settings = {"DOWNLOAD_MAXSIZE": 50 * 2**20, "DOWNLOAD_TIMEOUT": 300}

    def parse_car(self, response: Response, *, is_car: bool) -> Iterator[PageItem]:
        """The table, unpacked into the run's folder."""
        self.count("pages")
        reason = self._unpack(response.body)
        yield {
            "page": response.url,
            "status": response.status,
            "cars": 0,
            "reason": reason,
            "failed": bool(reason),
        }

    def _unpack(self, archive: bytes) -> str:
        """Why it can't be done; nothing where it is done."""
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                tables = [entry for entry in packed.infolist() if entry.filename.endswith(".csv")]
                if len(tables) != 1:
                    return "the archive does not hold one table"
                if tables[0].file_size > _MOST_BYTES:
                    return "the table is too large"
                with (
                    replaced_file(self.job.path / TABLE) as part,
                    packed.open(tables[0]) as table,
                    part.open("wb") as file,
                ):
                    shutil.copyfileobj(table, file)
        except zipfile.BadZipFile:
            return "this is no archive"
        return ""
