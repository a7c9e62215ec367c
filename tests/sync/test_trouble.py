"""A database that is locked or a disk that is full: no acknowledgement, nothing half done, well again by itself (31, 32)."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from inspect_app.extensions import VANISHED
from inspect_app.inspections.entering import Entries
from inspect_app.inspections.models import OperationRow
from inspect_app.photos import originals, store
from inspect_app.storage import StorageFull
from tests.support import factories, pictures
from tests.support.tus import Sender
from tests.sync.conftest import Site


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ("database is locked", 503, "busy"),
        ("deadlock detected", 503, "busy"),
        ("canceling statement due to statement timeout", 503, "busy"),
        ("database or disk is full", 507, "storage_full"),
        ("disk I/O error", 507, "storage_full"),
        ("no such thing", 500, "internal"),
    ],
)
def test_database_trouble_is_told_as_such_and_passes(
    site: Site, db: Any, monkeypatch: pytest.MonkeyPatch, message: str, status: int, code: str
) -> None:
    batch = [site.member.finding(), site.member.finding()]

    def fail(_entries: Entries) -> None:
        raise OperationalError("INSERT INTO operations", {}, Exception(message))

    with monkeypatch.context() as patched:
        patched.setattr(Entries, "write", fail)
        answer = site.member.post(*batch)
    assert (answer.status_code, answer.json["code"], answer.headers.get("Retry-After")) == (
        status, code, "5" if code == "busy" else None,
    )  # fmt: skip
    assert db.session.query(OperationRow).count() == 0
    assert site.member.push(*batch) == [("applied", None)] * 2


def test_a_database_host_that_vanishes_is_noticed_within_a_minute(db: Any) -> None:
    """The kernel asks, as docs/operations.md says; here it is looked at whether it was told to."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect() as connection:
            told = connection.connection.dbapi_connection.info.get_parameters()
        assert told.items() >= {name: str(value) for name, value in VANISHED.items()}.items()


def test_a_disk_that_fails_takes_no_photo_and_loses_nothing(
    client: Any, db: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails is the last step of all: the bytes are written, and the disk cannot say that it has them."""
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    content = pictures.photo()
    place = sender.create(content).headers["Location"]

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        answer = sender.patch(place, 0, content)
        assert (answer.status_code, answer.json["code"]) == (507, "storage_full")
    assert sender.head(place).headers["Upload-Offset"] == "0"
    assert sender.send(content) == pictures.sha256(content)
    assert originals.store().size(store.original_key(pictures.sha256(content))) == len(content)


def test_full_disk_takes_no_photo_and_recovers(client: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    content = pictures.photo()
    place = sender.create(content).headers["Location"]

    def refuse(*_: Any) -> int:
        raise StorageFull

    with monkeypatch.context() as patched:
        for way in ("put", "append"):
            patched.setattr(type(store.store()), way, refuse)
        answer = sender.patch(place, 0, content)
        assert (answer.status_code, answer.json["code"]) == (507, "storage_full")
        assert sender.head(place).headers["Upload-Offset"] == "0"
    assert sender.send(content) == pictures.sha256(content)
    assert originals.store().size(store.original_key(pictures.sha256(content))) == len(content)
