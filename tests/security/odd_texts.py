"""Odd values, and where they can be sent: every parameter, field, header, cookie and path part of every address.

What an address takes is read from what it shows: the controls of its page's forms, its links' queries, and the OpenAPI
schema. Names that the code reads from requests are added, so that a parameter without a control is no exception.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from drf_spectacular.generators import SchemaGenerator
from lxml import html

from tests.conftest import ROOT
from tests.security.walking import Address

#: As they stand in a form or a query. Each has brought down some site.
TEXTS = (
    "00200099999999999999999999", "-9223372036854775809", "1e400", "nan", "-inf", "٣", "²", "1_0", "0x10", "+1", "--1", "1,5",
    "2026-13-45T99:99", "0000-00-00", "9999-12-31T23:59:59.999999+23:59", "0001-01-01T00:00:00-23:59", "2026-02-30", "1-1-1-1",
    "\0", "a\0b", "\ud800", "\ufffe\uffff", "\u202e\u200b\ufeff", "👩‍👩‍👧‍👦" * 3, "İ", "ß" * 300, "x" * 20_000, "9" * 5_000,
    "", " ", "\r\nSet-Cookie: a=b", "%00", "%", "%s%n{}", "{0.__class__}", "' OR 1=1 --", "\\", "../../etc/passwd",
    "null", "undefined", "[object Object]", "[]", "{}", '{"a":', "true", "None", "on",
    "00000000-0000-0000-0000-00000000000g", "ffffffffffffffffffffffffffffffff", "51.5,nan", "1e308,1e308", "91,181", "inf,inf",
    "//evil.example/", "javascript:alert(1)", "http://[::1", "http://[v1.x]/", "https://\x7f/", "a@b@c", "@", "a@\u3002",
    "in__", "-", "--", "id__exact", "pk", "(((((((((((", "[[[[[[", "*" * 50, ".*" * 30, "\t" * 50,
)  # fmt: skip
#: The worst of them: each goes to each field.
WORST = ("00200099999999999999999999", "\0\ud800", "2026-13-45T99:99", "nan", "x" * 20_000, "http://[::1")
NESTED = "[" * 1_000 + "]" * 1_000
#: As they stand in JSON.
JSONS = (
    "9" * 30, "-1e400", "NaN", "-Infinity", "9" * 5_000, '"\\ud800"', '"\\u0000"', "null", "true", "[]", "{}", NESTED, '{"a":' * 1_000 + "1" + "}" * 1_000,
    "1.7976931348623157e308", '"2026-13-45T99:99"', '["x", null, {}]', '{"__proto__": 1}', json.dumps("x" * 20_000), '""', "-0", "1e-400",
)  # fmt: skip
WORST_JSONS = (NESTED, "9" * 30, '"\\ud800\\u0000"', "NaN", "[{}]", "null")
#: Bodies, whatever the address takes, with what they say they are.
BODIES = (
    (NESTED.encode(), "application/json"),
    (b'{"a":' * 100_000, "application/json"),
    (b"\xff\xfe", "application/json"),
    (b"9" * 5_000, "application/json"),
    (b"{}", "application/json; charset=nonsense"),
    (b"{}", "application/json; charset=\xff".encode() if False else "application/json; charset=utf-16"),
    (b"a=1", "application/x-www-form-urlencoded; charset=nonsense"),
    (b"a=%ff%fe&%ff=1&=&&a", "application/x-www-form-urlencoded"),
    (b"&".join(b"f%d=1" % number for number in range(1_500)), "application/x-www-form-urlencoded"),
    (b"x", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary="),
    (b"x", "multipart/form-data; boundary=" + "x" * 300),
    (b"x", "multipart/form-data; boundary=\xe9"),
    (b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a\0.jpg"\r\n\r\nx', "multipart/form-data; boundary=b"),
    (b'--b\r\nContent-Disposition: form-data; name="\xff"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--', "multipart/form-data; boundary=b"),
    (b'--b\r\nContent-Disposition: form-data; name="photos"; filename*=utf-8\'\'%ff\r\nContent-Length: 9x\r\n\r\nx\r\n--b--\r\n', "multipart/form-data; boundary=b"),
    (b"--b\r\n" * 2_000, "multipart/form-data; boundary=b"),
    (b"x", ""),
    (b"x", "nonsense"),
    (b"x", "text/plain; " + "a=b; " * 500),
    (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
)  # fmt: skip
#: Headers with what they are given; of a cookie its name.
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Authorization", ("Token \xff", "Token " + "x" * 8_000, "Token \0", "Token", "Basic !!!", "Basic /////w==", "\xff", "Bearer a.b.c")),
    ("Accept", ("\xff", "*", ";;;", "application/json;q=x", "text/html;" * 200, "image/jpeg", "application/json; indent=99999999999")),
    ("Accept-Language", ("\xff", "x" * 5_000, "en;q=nan", "../../etc", "zh-hant-" * 50, "-")),
    ("Accept-Encoding", ("\xff", "gzip;q=x", "identity;q=0")),
    ("If-Modified-Since", ("Mon, 99 Feb 99999 99:99:99 GMT", "\xff", "x" * 2_000, "Thu, 01 Jan 0000 00:00:00 GMT")),
    ("If-Unmodified-Since", ("Mon, 99 Feb 2026 25:00:00 GMT",)),
    ("If-None-Match", ('"' * 100, "\xff", "*", "W/" * 100)),
    ("If-Match", ("\xff",)),
    ("Range", ("bytes=9-1", "bytes=-", "bytes=99999999999999999999999-", "bytes=\xff", "x=1", "bytes=0-0,0-0," * 200)),
    ("Host", ("evil.example", "\xff", "a" * 300, "[::1", "localhost:99999999", "testserver:x", "", "testserver/a@b")),
    ("Origin", ("null", "\xff", "http://[::1", "https://" + "a." * 500, "//", "http://testserver:x")),
    ("Referer", ("\xff", "http://[::1", "https://testserver:x/", "javascript:1", "//" * 2_000)),
    ("Content-Language", ("\xff",)),
    ("User-Agent", ("\xff" * 100, "\0", "x" * 8_000, "")),
    ("Idempotency-Key", ("\xff\0", "x" * 8_000, "")),
    ("X-CSRFToken", ("\xff", "x" * 64, "\0", "x" * 8_000)),
    ("X-Requested-With", ("XMLHttpRequest", "\xff")),
    ("X-HTTP-Method-Override", ("DELETE", "\xff")),
    ("X-Request-ID", ("\xff", "x" * 8_000, "a\r\nb")),
    ("X-Forwarded-For", ("\xff", "1.2.3.4, " * 500, "[::1]:80", "999.1.1.1", "")),
    ("X-Forwarded-Proto", ("\xff", "javascript")),
    ("X-Forwarded-Host", ("evil.example", "\xff")),
    ("Sec-Fetch-Site", ("\xff", "cross-site")),
    ("HX-Request", ("true", "\xff")),
    ("HX-Current-URL", ("http://[::1", "\xff", "%ff%00", "x" * 8_000)),
    ("HX-Current-URL-URI-AutoEncoded", ("true",)),
    ("HX-Target", ("\xff", "'\"><")),
    ("HX-Trigger", ("\xff", "{" * 1_000)),
    ("HX-Boosted", ("\xff",)),
    ("HX-Prompt", ("\xff",)),
    ("Triggering-Event", ("[" * 1_000, '{"a": NaN}', "\xff", NESTED)),
    ("Triggering-Event-URI-AutoEncoded", ("true",)),
    ("Expect", ("nonsense",)),
    ("Transfer-Encoding", ("nonsense",)),
    ("Upgrade", ("\xff",)),
    ("Forwarded", ("for=\xff;;;",)),
)  # fmt: skip
COOKIES = {
    "sessionid": ("\xff", "x" * 4_000, "a b", "../x", "\0", '"\\303"'),
    "csrftoken": ("\xff", "x" * 4_000, "\0"),
    "messages": ("\xff", "[" * 1_000, "a:b:c", '"[[\\"__json_message\\",0,25]]"'),
    "units": ("\xff", "x" * 4_000, "\0"),
    "theme": ("\xff", "'><", "\0"),
    "known": ("\xff", "a:b:c", "x" * 4_000, "e30:1:x"),
    "known_devices": ("\xff",),
}
#: What stands in a part of a path, encoded as a browser would send it.
PARTS = (
    "%00", "%ff", "%ED%A0%80", "9" * 30, "0", "-1", "x" * 3_000, "%2e%2e%2f", "%0d%0a", "٣", "nan", "__all__", "a%20b", "%F0%9F%9A%97",
    "00000000-0000-0000-0000-000000000000", "%252e", "_2F", "_", "_G1", "1_00",
)  # fmt: skip


# --- What an address takes ----------------------------------------------------------------------------------
@cache
def names_in_code() -> tuple[str, ...]:
    """Every name that the code reads from a query, a form or a header."""
    reads = re.compile(r"""(?:GET|POST|FILES|query_params|COOKIES)(?:\.get|\.getlist|\[)\(?"([\w-]+)\"""")
    apps = ("accounts", "catalog", "classifier", "dealers", "scraper", "carsite", "core", "ops")
    sources = [path.read_text() for app in apps for path in Path(ROOT / app).rglob("*.py")]
    return tuple(sorted({name for source in sources for name in reads.findall(source)}))


def fields_of(page: bytes, path: str) -> set[str]:
    """The controls of a page's forms, and the parameters of its links to itself."""
    if not page.strip():
        return set()
    tree = html.fromstring(page)
    names = {
        str(name) for name in tree.xpath("//input/@name | //select/@name | //textarea/@name | //button/@name")
    }
    for link in tree.xpath("//a/@href"):
        parts = urlsplit(str(link))
        if parts.path in ("", path):
            names |= {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return names


@cache
def schema() -> dict[str, Any]:
    """The API as it describes itself."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))


def taken_by_api(route: str, method: str) -> tuple[set[str], set[str]]:
    """Parameters and body fields of an address of the API, by the schema."""
    known = {_bare(path): operations for path, operations in schema()["paths"].items()}
    operation = known.get(_bare(route), {}).get(method.lower(), {})
    parameters = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    body: set[str] = set()
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        body |= set(schema()["components"]["schemas"].get(name, {}).get("properties", {}))
    return parameters, body


def _bare(route: str) -> str:
    return re.sub(r"<[^>]+>|\{[^}]+\}", "*", route)


def odd_paths(address: Address) -> Iterator[str]:
    """The address with odd things in the places of its parts."""
    places = len(re.findall(r"<[^>]+>", address.route))
    for part in PARTS if places else ():
        yield re.sub(r"<[^>]+>", part, address.route)


def encoded(text: str) -> str:
    """As it stands in a query, also what is no text."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
