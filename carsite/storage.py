"""Where photos are kept, from one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def storage_from(url: str, *, signed_seconds: int) -> dict[str, Any]:
    """STORAGE_URL as Django's storage: s3://KEY:SECRET@HOST/BUCKET?region=…&tls=0|1, or local files where it is empty.

    Addresses of photos in a bucket are signed for `signed_seconds`. Raises ImproperlyConfigured for any other address.
    """
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.path.strip("/"):
        raise ImproperlyConfigured("STORAGE_URL has to look like s3://KEY:SECRET@HOST/BUCKET?region=REGION.")
    query = parse_qs(parts.query)
    secure = query.get("tls", ["1"])[0] != "0"
    port = f":{parts.port}" if parts.port else ""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(parts.username or ""),
            "secret_key": unquote(parts.password or ""),
            "endpoint_url": f"{'https' if secure else 'http'}://{parts.hostname}{port}",
            "bucket_name": parts.path.strip("/"),
            "region_name": query.get("region", ["us-east-1"])[0],
            "default_acl": "private",
            "querystring_auth": True,
            "querystring_expire": signed_seconds,
            "file_overwrite": False,
            "signature_version": "s3v4",
            "addressing_style": "path",
        },
    }
