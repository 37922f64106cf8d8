"""Sitemaps (sitemaps.org), plain or gzipped, as the addresses in them."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree
from scrapy.http import Response
from scrapy.utils._compression import _DecompressionMaxSizeExceeded
from scrapy.utils.gz import gunzip, gzip_magic_number
from scrapy.utils.sitemap import Sitemap

_START = 2000  # bytes within which a sitemap's root element begins


class SitemapFound(NamedTuple):
    """What a sitemap names: pages, or further sitemaps."""

    addresses: list[str]
    is_index: bool


def sitemap_in(response: Response, *, most_bytes: int) -> SitemapFound | None:
    """The sitemap of a response, entities left alone; None where it is none, or unpacks to more than that."""
    body = response.body
    if gzip_magic_number(response):
        try:
            body = gunzip(body, max_size=most_bytes)
        except (OSError, EOFError, _DecompressionMaxSizeExceeded):
            return None
    start = body[:_START]
    if b"<urlset" not in start and b"<sitemapindex" not in start:
        return None
    try:
        found = Sitemap(body)
        return SitemapFound([entry["loc"] for entry in found if entry["loc"]], found.type == "sitemapindex")
    except (etree.XMLSyntaxError, KeyError, StopIteration):
        return None
