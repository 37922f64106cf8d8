"""What address and language of a page say about its country: its dollar, gallon and decimal mark."""

from __future__ import annotations

from urllib.parse import urlsplit

from scraper.reading.vocabulary import language

_BY_DOMAIN = {
    "uk": "GB",
    "eu": "",
    "com": "",
    "net": "",
    "org": "",
    "io": "",
    "co": "",
    "info": "",
    "cars": "",
    "auto": "",
    "tv": "",
    "me": "",
    "app": "",
    "biz": "",
}
_BY_LANGUAGE = {
    "sv": "SE",
    "ro": "RO",
    "hi": "IN",
    "it": "IT",
    "da": "DK",
    "nb": "NO",
    "no": "NO",
    "pl": "PL",
    "cs": "CZ",
}
# Languages without labels of their own whose decimal mark is known all the same.
_COMMA = {
    "da",
    "nb",
    "nn",
    "no",
    "pl",
    "cs",
    "sk",
    "hu",
    "pt",
    "fi",
    "ru",
    "uk",
    "tr",
    "el",
    "bg",
    "hr",
    "sl",
    "sr",
    "lt",
    "lv",
    "et",
    "is",
    "id",
}
_MILES = ("US", "GB")


def country(url: str, tag: str) -> str:
    """ISO country of a page, by its address, else by its language tag; empty where neither says."""
    host = (urlsplit(url).hostname or "").rsplit(".", 1)[-1]
    if len(host) == 2 and host not in _BY_DOMAIN:
        return host.upper()
    if _BY_DOMAIN.get(host):
        return _BY_DOMAIN[host]
    base, _, region = tag.replace("_", "-").partition("-")
    if len(region) == 2:
        return region.upper()
    return _BY_LANGUAGE.get(base.lower(), "")


def decimal_mark(tag: str, where: str) -> str:
    """The decimal mark of the page's language.

    English pages of continental Europe write numbers the English way all the same.
    """
    if where in ("IN", "GB", "US", "AU", "NZ", "IE", "MX", "CH") and tag[:2].lower() != "fr":
        return "."
    return "," if tag[:2].lower() in _COMMA else language(tag).decimal


def odometer_unit(where: str) -> str:
    """The unit that odometers of a country count in; empty where the country isn't known."""
    if not where:
        return ""
    return "mi" if where in _MILES else "km"
