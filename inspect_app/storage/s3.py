"""S3 through obstore (decision 0007)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ClassVar

import obstore
from obstore.store import S3Store

from inspect_app.storage.unfinished import Bucket

CHUNK = 1024 * 1024
BUFFER = 8 * 1024 * 1024


def _signing(bucket: str, options: dict[str, str]) -> Bucket | None:
    """The bucket for requests that obstore does not know; None where it finds its key elsewhere than in the settings."""
    if "key" not in options or "secret" not in options:
        return None
    region = options.get("region", "us-east-1")
    endpoint = options.get("endpoint", f"https://s3.{region}.amazonaws.com")
    return Bucket(endpoint, bucket, region, options["key"], options["secret"])


class S3Storage:
    """One bucket. `options`: endpoint, region, key, secret. An object cannot grow: `append` and `adopt` are not for it."""

    appends: ClassVar[bool] = False

    def __init__(self, bucket: str, options: dict[str, str]) -> None:
        config: dict[str, Any] = {
            "region": options.get("region", "us-east-1"),
            "virtual_hosted_style_request": False,
        }
        for name, ours in (
            ("endpoint", "endpoint"),
            ("access_key_id", "key"),
            ("secret_access_key", "secret"),
        ):
            if ours in options:
                config[name] = options[ours]
        insecure = options.get("endpoint", "").startswith("http:")
        self._bucket = _signing(bucket, options)
        self._store = S3Store(bucket, client_options={"allow_http": insecure}, **config)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """The object appears when the writer closes; when `chunks` raises it is left unclosed and nothing appears."""
        size, writer = 0, obstore.open_writer(self._store, key, buffer_size=BUFFER)
        for chunk in chunks:
            size += writer.write(chunk)
        writer.close()
        return size

    def append(self, key: str, start: int, chunks: Iterable[bytes]) -> int:
        raise NotImplementedError

    def adopt(self, source: str, target: str) -> None:
        raise NotImplementedError

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        try:
            size = obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            raise KeyError(key) from None
        return self._ranges(key, start, size)

    def _ranges(self, key: str, start: int, size: int) -> Iterator[bytes]:
        for begin in range(start, size, CHUNK):
            yield bytes(obstore.get_range(self._store, key, start=begin, end=min(begin + CHUNK, size)))

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        with NamedTemporaryFile(prefix="inspect-app-") as copy:
            for chunk in self.open(key):
                copy.write(chunk)
            copy.flush()
            yield Path(copy.name)

    def size(self, key: str) -> int | None:
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def clear(self, prefix: str) -> None:
        for key in list(self.keys(prefix)):
            self.delete(key)

    def tidy(self, prefix: str) -> None:
        """A bucket has no folders."""

    def forget_unfinished(self, before: datetime) -> int:
        """Without a key in the settings nobody signs, and the bucket's own lifecycle rule has to do it (docs/operations.md)."""
        if self._bucket is None:
            return 0
        left = [one for one in self._bucket.unfinished() if one.begun < before]
        for one in left:
            self._bucket.abort(one)
        return len(left)

    def keys(self, prefix: str) -> Iterator[str]:
        for page in obstore.list(self._store, prefix):
            for item in page:
                yield item["path"]
