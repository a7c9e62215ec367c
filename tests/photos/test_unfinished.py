"""What breaks off while it is stored is cleared away: pieces in a bucket, nameless files in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inspect_app.photos import services
from inspect_app.photos.store import store
from inspect_app.storage import LocalStorage, storage_from_url
from inspect_app.storage.unfinished import Bucket, signed

KEY = "originals/ab/壞了 的+photo~1"
PIECE = b"x" * (9 * 1024 * 1024)


def breaking_off() -> Iterator[bytes]:
    yield PIECE
    yield PIECE
    raise RuntimeError("the hash does not fit")


def bucket_of(url: str) -> Bucket:
    parts = urlsplit(url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Bucket(options["endpoint"], parts.netloc, "us-east-1", options["key"], options["secret"])


@pytest.mark.parametrize(
    ("query", "signature"),
    [({"lifecycle": ""}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
     ({"prefix": "J", "max-keys": "2"}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")],
)  # fmt: skip
def test_requests_are_signed_as_in_the_services_own_examples(query: dict[str, str], signature: str) -> None:
    bucket = Bucket(
        "", "examplebucket", "us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    )
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    headers = signed(bucket, "GET", "examplebucket.s3.amazonaws.com", "/", query, moment)
    assert headers["Authorization"].endswith(f"Signature={signature}")


@pytest.mark.s3
def test_what_broke_off_is_cleared_after_a_day(storage_url: str) -> None:
    storage, now = storage_from_url(storage_url), datetime.now(UTC)
    storage.put("originals/ab/whole", [PIECE, PIECE])
    with pytest.raises(RuntimeError):
        storage.put(KEY, breaking_off())
    if isinstance(storage, LocalStorage):  # it was told, and cleaned up at once: only a kill leaves something
        leave_behind(storage.folder / "originals" / "ab" / ".0.part", now)
    assert storage.forget_unfinished(now - timedelta(days=1)) == 0
    assert storage.forget_unfinished(now + timedelta(hours=1)) == 1
    assert storage.forget_unfinished(now + timedelta(hours=1)) == 0
    assert (list(storage.keys("originals/")), storage.size("originals/ab/whole")) == (
        ["originals/ab/whole"],
        2 * len(PIECE),
    )
    if not isinstance(storage, LocalStorage):
        assert list(bucket_of(storage_url).unfinished()) == []


def leave_behind(path: Path, moment: datetime) -> None:
    path.write_bytes(b"half")
    os.utime(path, (moment.timestamp(), moment.timestamp()))


@pytest.mark.s3
def test_the_nightly_job_does_it(app: Any, db: Any, storage_url: str, clock: Any) -> None:
    storage = store()
    storage.put("originals/ab/whole", [PIECE])
    with pytest.raises(RuntimeError):
        storage.put(KEY, breaking_off())
    if isinstance(storage, LocalStorage):
        leave_behind(storage.folder / "originals" / "ab" / ".0.part", datetime.now(UTC))
    clock.set(datetime.now(UTC) + timedelta(days=2))
    assert services.clear_expired()["unfinished"] == 1
    assert services.clear_expired()["unfinished"] == 0


def test_a_bucket_that_does_not_tell_stops_nothing(
    app: Any, db: Any, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    def forbidden(_self: Any, _before: datetime) -> int:
        raise OSError("403 Forbidden")

    monkeypatch.setattr(type(store()), "forget_unfinished", forbidden)
    assert services.clear_expired() == {"uploads": 0, "parts": 0, "photos": 0, "unfinished": 0}
