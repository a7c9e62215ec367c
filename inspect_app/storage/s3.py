"""S3 through obstore (decision 0064)."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ClassVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from inspect_app.storage.unfinished import Bucket

CHUNK = 1024 * 1024
BUFFER = 8 * 1024 * 1024
CONNECT, ANSWER = (
    5,
    20,
)  # seconds until a bucket counts as away; obstore's own patience holds a thread for minutes
AGAIN = 2  # further tries of what failed at once, within ANSWER


def _signing(bucket: str, options: dict[str, str]) -> Bucket | None:
    """The bucket for requests that obstore does not know; None where it finds its key elsewhere than in the settings."""
    if "key" not in options or "secret" not in options:
        return None
    region = options.get("region", "us-east-1")
    endpoint = options.get("endpoint", f"https://s3.{region}.amazonaws.com")
    return Bucket(endpoint, bucket, region, options["key"], options["secret"])


@contextmanager
def _asked() -> Iterator[None]:
    """A bucket that does not answer, or refuses, is the machine's trouble as a disk's is: OSError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:  # a writer raises the one, everything else the other
        raise OSError(errno.EHOSTUNREACH, "the bucket does not answer", str(error).splitlines()[0]) from error


class S3Storage:
    """One bucket. `options`: endpoint, region, key, secret. An object cannot grow: `append` and `adopt` are not for it.

    Raises OSError (EHOSTUNREACH) within about `ANSWER` seconds where the bucket is away.
    """

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
        self._store = S3Store(
            bucket,
            client_options={
                "allow_http": insecure,
                "connect_timeout": f"{CONNECT}s",
                "timeout": f"{ANSWER}s",
            },
            retry_config={"max_retries": AGAIN, "retry_timeout": timedelta(seconds=ANSWER)},
            **config,
        )

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """The object appears when the writer closes; when `chunks` raises it is left unclosed and nothing appears."""
        size = 0
        with _asked():
            writer = obstore.open_writer(self._store, key, buffer_size=BUFFER)
        for chunk in chunks:
            with _asked():
                size += writer.write(chunk)
        with _asked():
            writer.close()
        return size

    def append(self, key: str, start: int, chunks: Iterable[bytes]) -> int:
        raise NotImplementedError

    def adopt(self, source: str, target: str) -> None:
        raise NotImplementedError

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        size = self.size(key)
        if size is None:
            raise KeyError(key)
        return self._ranges(key, start, size)

    def _ranges(self, key: str, start: int, size: int) -> Iterator[bytes]:
        for begin in range(start, size, CHUNK):
            with _asked():
                part = obstore.get_range(self._store, key, start=begin, end=min(begin + CHUNK, size))
            yield bytes(part)

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        with NamedTemporaryFile(prefix="inspect-app-") as copy:
            for chunk in self.open(key):
                copy.write(chunk)
            copy.flush()
            yield Path(copy.name)

    def size(self, key: str) -> int | None:
        try:
            with _asked():
                return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        with _asked(), suppress(FileNotFoundError):
            obstore.delete(self._store, key)

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
        pages = obstore.list(self._store, prefix)
        while True:
            with _asked():
                page = next(pages, None)
            if page is None:
                return
            yield from (item["path"] for item in page)
