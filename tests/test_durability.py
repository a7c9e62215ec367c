"""What a power cut may not take: how the database writes, and in which order a photo reaches the disk (fault 20)."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from inspect_app import create_app
from inspect_app.installation.keys import secret_in
from inspect_app.storage.local import LocalStorage
from inspect_app.transaction import transaction
from tests.support import databases, factories, pictures
from tests.support.tus import Sender

FULL = 2
BYTES = re.compile(r"/parts/[^/]+/[^/]+$|\.part$")


def test_every_connection_of_sqlite_is_durable(db: Any) -> None:
    """PostgreSQL is durable unless somebody says otherwise: the product does not."""
    for _ in range(3):
        with db.engine.connect() as connection:
            if databases.KIND == "sqlite":
                assert connection.scalar(text("PRAGMA synchronous")) == FULL
                assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            else:
                told = "SELECT count(*) FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND source = 'session'"
                assert connection.scalar(text(told)) == 0
            connection.detach()


class Disk:
    """Writes down what reaches the disk, in its order: ("sync" | "name" | "row", what)."""

    def __init__(self, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[tuple[str, str]] = []
        sync, replace = os.fsync, os.replace

        def fsync(descriptor: int) -> None:
            sync(descriptor)
            self.log.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))

        def rename(source: Any, target: Any) -> None:
            replace(source, target)
            self.log.append(("name", f"{source} {target}"))

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(os, "replace", rename)
        event.listen(db.engine, "commit", lambda _: self.log.append(("row", "")))

    def order_of(self, target: Path) -> None:
        """The bytes, then the name, then the folder's entry, then the row."""
        at = next(
            place
            for place, (kind, what) in enumerate(self.log)
            if kind == "name" and what.endswith(f" {target}")
        )
        # under the name that it was written with: its own, or that of the only part, which becomes the original
        assert any(kind == "sync" and BYTES.search(what) for kind, what in self.log[:at])
        assert self.log[at + 1] == ("sync", str(target.parent))
        assert ("row", "") in self.log[at + 2 :]


def test_a_photo_is_on_the_disk_before_its_row_and_its_answer(
    client: Any, db: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pictures.photo()
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    place = sender.create(content).headers["Location"]
    disk = Disk(db, monkeypatch)
    assert sender.patch(place, 0, content).status_code == 204
    digest = pictures.sha256(content)
    folder = settings.home / "photos"
    disk.order_of(folder / "originals" / digest[:2] / digest)


def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_the_answer(
    db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not grow in its place: a photo that came in several parts, its small pictures."""
    storage = LocalStorage(tmp_path)
    disk = Disk(db, monkeypatch)
    storage.put("originals/ab/abc", [b"x"])
    target = storage.path("originals/ab/abc")
    at = next(place for place, (kind, what) in enumerate(disk.log) if kind == "name")
    assert any(kind == "sync" and what.endswith(".part") for kind, what in disk.log[:at])
    assert disk.log[at + 1] == ("sync", str(target.parent))


def test_who_will_write_holds_the_lock_before_reading(db: Any) -> None:
    """SQLite refuses a reader that turns writer after somebody else wrote, at once: so nobody begins as one."""
    with transaction() as session:
        session.execute(text("SELECT 1"))
        assert databases.KIND != "sqlite" or _is_locked(db.engine.url.database)


def _is_locked(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=0)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def test_a_new_folder_has_a_durable_name(tmp_path: Path, synced: list[str]) -> None:
    LocalStorage(tmp_path).put("originals/ab/abc", [b"x"])
    assert {str(tmp_path), str(tmp_path / "originals"), str(tmp_path / "originals" / "ab")} <= set(synced)


def test_a_new_key_has_a_durable_name_before_anything_is_sealed_with_it(
    tmp_path: Path, synced: list[str]
) -> None:
    """Its bytes alone are not enough: a sealed visit outlived the cut and the key that opens it had no name any more."""
    file = tmp_path / "keys" / "seal.key"
    secret_in(file)
    assert {str(tmp_path), str(file.parent)} <= set(synced)
    assert re.search(
        r"\.seal\.key\.[0-9a-f]+$", synced[synced.index(str(tmp_path)) + 1]
    )  # the bytes come before
    assert synced[-1] == str(file.parent)


def test_the_key_of_the_pages_is_made_as_every_key(tmp_path: Path, synced: list[str], settings: Any) -> None:
    """Empty after a cut it would have been the key of every page's short messages."""
    home = tmp_path / "home"
    create_app(replace(settings, home=home))
    assert str(home / "keys") in synced
    (home / "keys" / "pages.key").write_bytes(b"")
    secret_in.cache_clear()
    with pytest.raises(RuntimeError, match="damaged"):
        create_app(replace(settings, home=home))


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synced, in its order."""
    found: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    )
    return found
