"""Where bytes live: a local folder or S3, behind one small protocol."""

from __future__ import annotations

from inspect_app.config import WrongSetting
from inspect_app.storage.base import Storage, StorageFull
from inspect_app.storage.local import LocalStorage

__all__ = ["LocalStorage", "Storage", "StorageFull", "storage_from_url"]
OPTIONS = {"endpoint", "region", "key", "secret"}


def storage_from_url(url: str) -> Storage:
    """`file:///folder` or `s3://bucket?endpoint=http://host:port&region=...&key=...&secret=...`. Raises `WrongSetting`."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        from pathlib import Path

        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.hostname and not parts.fragment:
        options = dict(parse_qsl(parts.query.replace("+", "%2B")))  # a secret has plus signs, and no blanks
        if options.keys() <= OPTIONS and urlsplit(options.get("endpoint", "http://")).scheme in (
            "http",
            "https",
        ):
            from inspect_app.storage.s3 import S3Storage

            return S3Storage(parts.hostname, options)
    raise WrongSetting(
        "STORAGE_URL",
        "must be file:///folder or s3://bucket?endpoint=http://host:port&region=...&key=...&secret=...; "
        "& and # in a secret are written as %26 and %23.",
    )
