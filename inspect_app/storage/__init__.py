"""Where bytes live: a local folder or S3, behind one small protocol."""

from __future__ import annotations

from inspect_app.storage.base import Storage, StorageFull
from inspect_app.storage.local import LocalStorage

__all__ = ["LocalStorage", "Storage", "StorageFull", "storage_from_url"]


def storage_from_url(url: str) -> Storage:
    """`file:///folder` or `s3://bucket?endpoint=http://host:port&region=...&key=...&secret=...`."""
    from urllib.parse import parse_qs, unquote, urlsplit

    parts = urlsplit(url)
    if parts.scheme == "file":
        from pathlib import Path

        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.hostname:
        from inspect_app.storage.s3 import S3Storage

        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return S3Storage(parts.hostname, options)
    raise ValueError("STORAGE_URL must be file:///... or s3://bucket?endpoint=...")
