"""What lies in storage while a photo comes in: one growing file in a folder, objects side by side in a bucket."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from inspect_app.errors import Problem
from inspect_app.photos import leases, originals, queries, services, uploads
from inspect_app.photos.digests import DIGESTS, MOST, Digests
from inspect_app.photos.models import UploadPart
from inspect_app.photos.store import original_key, store
from inspect_app.storage import LocalStorage
from tests.support import factories, pictures
from tests.support.tus import Sender, checksum

pytestmark = pytest.mark.s3
CONTENT = pictures.photo(1200, 900)
DIGEST = pictures.sha256(CONTENT)


@pytest.fixture
def inspector(db: Any) -> Any:
    return factories.account("inspector")


@pytest.fixture
def sender(client: Any, inspector: Any) -> Sender:
    return Sender(client, factories.bearer(inspector))


def stored() -> bytes:
    return b"".join(queries.original(DIGEST))


def keys_of_parts(db: Any) -> list[str]:
    db.session.rollback()
    return [row.key for row in db.session.query(UploadPart).order_by(UploadPart.start)]


def test_chunks_of_one_sender_grow_one_file_that_becomes_the_original(sender: Sender, db: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    for start in range(0, 3000, 1000):
        sender.patch(place, start, CONTENT[start : start + 1000])
    assert len(keys_of_parts(db)) == (1 if store().appends else 3)
    sender.patch(place, 3000, CONTENT[3000:])
    assert stored() == CONTENT
    assert list(store().keys("parts/")) == []
    with store().file(original_key(DIGEST)) as path:
        assert not store().appends or stat.S_IMODE(path.stat().st_mode) == 0o444


def test_what_came_in_several_parts_is_held_to_the_hash_of_the_whole(db: Any) -> None:
    with pytest.raises(originals.HashMismatch):
        originals.keep(DIGEST, [CONTENT[:1000], b"x", CONTENT[1001:]])
    assert list(store().keys("originals/")) == []
    originals.keep(DIGEST, [CONTENT[:1000], CONTENT[1000:]])
    assert stored() == CONTENT


def test_a_damaged_chunk_leaves_what_was_there_before(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    wanted = checksum(CONTENT[1000:3000])
    assert sender.patch(place, 1000, b"x" * 2000, **wanted).status_code == 460
    assert sender.head(place).headers["Upload-Offset"] == "1000"
    assert sender.patch(place, 1000, CONTENT[1000:3000], **wanted).status_code == 204
    assert sender.patch(place, 3000, CONTENT[3000:]).status_code == 204
    assert stored() == CONTENT


def test_what_a_cut_patch_brought_is_kept_also_where_it_had_a_checksum(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    cut = sender.patch(place, 0, CONTENT[:700], announced=2000, **checksum(CONTENT[:2000]))
    assert cut.status_code == 400
    assert sender.head(place).headers["Upload-Offset"] == "700"
    assert sender.patch(place, 700, CONTENT[700:]).status_code == 204
    assert stored() == CONTENT


def begun(sender: Sender, db: Any) -> tuple[str, str]:
    """An upload of which one part came: its address and the part's key."""
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    (first,) = keys_of_parts(db)
    return place, first


def test_a_sender_that_was_taken_for_dead_cannot_spoil_what_its_successor_stores(
    sender: Sender, inspector: Any, db: Any, clock: Any
) -> None:
    place, first = begun(sender, db)
    with leases.held(uploads.upload_id(inspector.id, DIGEST)):
        clock.advance(seconds=31)
        sender.patch(place, 1000, CONTENT[1000:2000])
        assert len(keys_of_parts(db)) == 2
        if store().appends:  # it wakes up and writes on
            store().append(first, 1000, [b"x" * 5000])
    sender.patch(place, 2000, CONTENT[2000:])
    assert stored() == CONTENT


def test_who_takes_over_and_stores_nothing_does_not_vouch_for_the_one_before(
    sender: Sender, inspector: Any, db: Any, clock: Any
) -> None:
    """One that hangs may still write when its successor was refused at once and gave the lease back."""
    place, first = begun(sender, db)
    hung = store().path(first).open("r+b") if isinstance(store(), LocalStorage) else io.BytesIO()
    with hung, leases.held(uploads.upload_id(inspector.id, DIGEST)):
        clock.advance(seconds=31)
        assert sender.patch(place, 500, CONTENT[500:700]).status_code == 409
        assert sender.patch(place, 1000, CONTENT[1000:]).status_code == 204
        hung.truncate(1000)  # it wakes up
    assert stored() == CONTENT


def test_another_process_verifies_what_it_did_not_receive(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    DIGESTS._kept.clear()
    sender.patch(place, 1000, CONTENT[1000:2000])
    assert sender.patch(place, 2000, CONTENT[2000:-1] + b"x").json["code"] == "hash_mismatch"
    sender.send(CONTENT)
    assert stored() == CONTENT


def test_a_slow_verification_keeps_its_lease(
    sender: Sender, inspector: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever asks again takes over and begins to read from the start, and so on: it would never be stored."""
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    DIGESTS._kept.clear()  # another process took these bytes
    read, refused = type(store()).open, []

    def slowly(self: Any, key: str, start: int = 0) -> Iterator[bytes]:
        for byte in (content := b"".join(read(self, key, start)))[:4]:
            clock.advance(seconds=12)
            yield bytes((byte,))
        with pytest.raises(Problem) as caught, leases.held(uploads.upload_id(inspector.id, DIGEST)):
            pass
        refused.append(caught.value.code)
        yield content[4:]

    monkeypatch.setattr(leases, "RENEW_SECONDS", 0)
    with monkeypatch.context() as slow:
        slow.setattr(type(store()), "open", slowly)
        assert sender.patch(place, 1000, CONTENT[1000:]).status_code == 204
    assert refused[0] == "locked"
    assert stored() == CONTENT


def test_a_part_that_storage_lost_makes_the_upload_begin_anew(sender: Sender, db: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    for key in keys_of_parts(db):
        store().delete(key)
    answer = sender.patch(place, 1000, CONTENT[1000:])
    assert (answer.status_code, answer.json["code"]) in ((409, "offset_mismatch"), (422, "hash_mismatch"))
    assert sender.head(place).headers["Upload-Offset"] == "0"
    sender.send(CONTENT)
    assert stored() == CONTENT


def folders() -> list[str]:
    """The folders of uploads in storage; a bucket has none."""
    kept = getattr(store(), "folder", None)
    return (
        sorted(path.name for path in (kept / "parts").glob("*")) if kept and (kept / "parts").exists() else []
    )


def test_no_folder_stays_of_what_was_stored_given_up_or_refused(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    assert len(folders()) == (1 if store().appends else 0)
    sender.delete(place)
    assert folders() == []
    refused = sender.create(b"GIF89a" + bytes(50))
    assert sender.patch(refused.headers["Location"], 0, b"GIF89a" + bytes(50)).status_code == 415
    assert folders() == []
    sender.send(CONTENT, chunk=1000)
    assert folders() == []


def test_the_nightly_job_takes_empty_folders_only(sender: Sender, inspector: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:1000])
    kept = getattr(store(), "folder", None)
    if kept is not None:
        (kept / "parts" / "left-by-a-kill").mkdir()
    services.clear_expired()
    assert folders() == ([uploads.upload_id(inspector.id, DIGEST)] if store().appends else [])
    assert sender.patch(place, 1000, CONTENT[1000:]).status_code == 204
    assert stored() == CONTENT


def test_bytes_find_their_folder_also_while_somebody_clears_empty_ones(tmp_path: Path) -> None:
    local, over = LocalStorage(tmp_path), Event()

    def clear() -> None:
        while not over.is_set():
            local.tidy("parts/")

    clearing = Thread(target=clear)
    clearing.start()
    try:
        for number in range(300):
            assert local.append(f"parts/{number}/a", 0, [b"abc"]) == 3
            local.clear(f"parts/{number}/")
    finally:
        over.set()
        clearing.join()
    assert list(local.keys("parts/")) == []


def test_hashes_under_way_are_bounded_and_true_of_their_bytes_only() -> None:
    import hashlib

    kept = Digests()
    for number in range(MOST + 5):
        kept.keep(str(number), 10, hashlib.sha256(b"0123456789"))
    assert kept.take("0", 10) is None
    assert kept.take("9", 9) is None
    assert kept.take("9", 10) is None  # given away, also to one that wanted another length
    found = kept.take("10", 10)
    assert found is not None
    assert found.hexdigest() == hashlib.sha256(b"0123456789").hexdigest()
