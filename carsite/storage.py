"""Where photos are kept, from one address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from botocore.config import Config


def storage_from(url: str, *, signed_seconds: int) -> dict[str, object]:
    """STORAGE_URL as Django's storage: s3://KEY:SECRET@HOST/BUCKET?region=…&tls=0|1&direct=0|1, or local
    files where it is empty.

    The bucket is private. With `direct` (as by default) browsers fetch photos from it, by addresses that are
    signed for `signed_seconds`; direct=0 is for a bucket that browsers can't reach: the site passes its
    photos on. Raises ImproperlyConfigured for any other address.
    """
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.path.strip("/"):
        raise ImproperlyConfigured("STORAGE_URL has to look like s3://KEY:SECRET@HOST/BUCKET?region=REGION.")
    query = parse_qs(parts.query)
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "endpoint_url": _endpoint(url),
            "bucket_name": parts.path.strip("/"),
            "region_name": query.get("region", ["us-east-1"])[0],
            "default_acl": "private",
            "querystring_auth": _is_direct(url),
            "querystring_expire": signed_seconds,
            "file_overwrite": False,
            "client_config": _time_limits(),
        },
    }


def image_sources(url: str) -> list[str]:
    """Where browsers load photos from besides the site itself, for the Content-Security-Policy."""
    return [_endpoint(url)] if url and _is_direct(url) else []


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    secure = parse_qs(parts.query).get("tls", ["1"])[0] != "0"
    port = f":{parts.port}" if parts.port else ""
    return f"{'https' if secure else 'http'}://{parts.hostname}{port}"


def _is_direct(url: str) -> bool:
    return parse_qs(urlsplit(url).query).get("direct", ["1"])[0] != "0"


def _time_limits() -> Config:
    """Time limits of requests to the bucket: botocore's (a minute, five times) would block all threads."""
    from botocore.config import Config

    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
