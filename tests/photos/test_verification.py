"""A byte that flips in storage is found, told, and mended by sending the photo again (fault 34)."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as product_clock
from inspect_app.evidence import condition
from inspect_app.photos import queries, verification
from inspect_app.photos.store import original_key, store
from tests.support import factories, pictures
from tests.support.tus import Sender

pytestmark = pytest.mark.s3
NOW = timedelta(0)


def test_spoilt_and_missing_originals_are_found_and_mended_by_their_sender(client: Any, db: Any) -> None:
    person = factories.account("inspector")
    sender = Sender(client, factories.bearer(person))
    sent = [pictures.photo(seed=seed) for seed in (1, 2, 3)]
    fine, flipped, lost = (sender.send(content) for content in sent)
    assert verification.quarantine_spoilt(NOW) == 0
    store().put(original_key(flipped), [sent[1][:-1] + b"\x00"])
    store().delete(original_key(lost))
    assert list(verification.spoilt()) == sorted([flipped, lost])
    assert (verification.quarantine_spoilt(NOW), verification.quarantine_spoilt(NOW)) == (2, 0)
    assert queries.possessed(person.id, [fine, flipped, lost]) == {fine}
    for content in sent[1:]:
        sender.send(content)
    assert list(verification.spoilt()) == []
    assert queries.possessed(person.id, [fine, flipped, lost]) == {fine, flipped, lost}


def test_what_a_disk_cannot_read_is_told_and_holds_up_no_other(
    client: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad sector used to end the job every night, so that nothing behind it was looked at ever again."""
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    first, last = sorted(sender.send(pictures.photo(seed=seed)) for seed in (1, 2))
    store().delete(original_key(last))
    read = type(store()).open

    def failing(self: Any, key: str, start: int = 0) -> Iterator[bytes]:
        if key == original_key(first):
            raise OSError(errno.EIO, "Input/output error")
        return read(self, key, start)

    monkeypatch.setattr(type(store()), "open", failing)
    assert verification.quarantine_spoilt(NOW) == 2


def test_a_store_that_was_away_for_a_night_leaves_no_mark(
    client: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that was not mounted lost nothing; its photos were called spoilt for ever, and backups went on without them."""
    person = factories.account("inspector")
    sha256 = Sender(client, factories.bearer(person)).send(pictures.photo())
    with monkeypatch.context() as away:
        away.setattr(verification, "original_key", lambda sha256: f"elsewhere/{sha256}")
        assert verification.quarantine_spoilt(NOW) == 1
    assert queries.possessed(person.id, [sha256]) == set()
    assert verification.quarantine_spoilt(NOW) == 0
    assert queries.possessed(person.id, [sha256]) == {sha256}


def test_what_is_sent_again_while_the_spoilt_copy_is_read_is_not_judged_by_it(
    client: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, content = factories.account("inspector"), pictures.photo()
    sender = Sender(client, factories.bearer(person))
    sha256 = sender.send(content)
    store().delete(original_key(sha256))
    assert verification.quarantine_spoilt(NOW) == 1
    look = verification.sound

    def slowly(sha256: str, size: int) -> bool:
        found = look(sha256, size)
        sender.send(content)
        return found

    monkeypatch.setattr(verification, "sound", slowly)
    verification.quarantine_spoilt(NOW)
    assert queries.possessed(person.id, [sha256]) == {sha256}


def test_every_original_is_read_once_a_round_and_nothing_begins_anew(
    client: Any, db: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything was read every day and at each start of the jobs. One that nobody may open holds up no other."""
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    sent = sorted(sender.send(pictures.photo(seed=seed)) for seed in (1, 2, 3))
    read: list[str] = []

    def look(sha256: str, _: int) -> bool:
        read.append(sha256)
        if sha256 == sent[0]:
            raise PermissionError
        return True

    monkeypatch.setattr(verification, "sound", look)
    monkeypatch.setattr(verification, "LEAST", 2)
    verification.quarantine_spoilt()
    assert read == [], "they were hashed when they came"
    clock.advance(days=7)
    for _ in range(3):
        verification.quarantine_spoilt()
        clock.advance(hours=1)
    assert (read.count(sent[1]), read.count(sent[2])) == (1, 1)
    clock.advance(days=8)
    assert any(
        "沒有重新查驗" in line.what
        for line in condition.todos(factories.actor("administrator"), product_clock.today())
    )
    verification.look_soon(sent[1:2])
    assert verification.oldest_look() == verification.LONG_AGO
