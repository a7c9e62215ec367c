"""tus as docs/sync-protocol.md section 4 says; faults 13, 15, 24, 25, 38 of the field."""

from __future__ import annotations

import time
from typing import Any

import pytest

from inspect_app.errors import Problem
from inspect_app.photos import originals, queries, services, uploads
from inspect_app.photos.models import Photo, Possession, Upload, UploadPart
from inspect_app.photos.store import store
from tests.support import factories, pictures
from tests.support.together import at_once
from tests.support.tus import Sender, checksum

pytestmark = pytest.mark.s3
CONTENT = pictures.photo(1200, 900)


@pytest.fixture
def inspector(db: Any) -> Any:
    return factories.account("inspector")


@pytest.fixture
def sender(client: Any, inspector: Any) -> Sender:
    return Sender(client, factories.bearer(inspector))


@pytest.fixture
def other(client: Any, db: Any) -> Sender:
    return Sender(client, factories.bearer(factories.account("inspector")))


def test_photo_arrives_in_chunks_and_is_stored_once_under_its_hash(
    sender: Sender, inspector: Any, db: Any
) -> None:
    digest = sender.send(CONTENT, chunk=50_000)
    assert b"".join(queries.original(digest)) == CONTENT
    assert queries.possessed(inspector.id, [digest, "0" * 64]) == {digest}
    assert list(store().keys("parts/")) == []
    assert db.session.get(Photo, digest).size == len(CONTENT)


def test_creating_again_finds_the_same_upload_and_its_offset(sender: Sender) -> None:
    first = sender.create(CONTENT)
    sender.patch(first.headers["Location"], 0, CONTENT[:1000])
    again = sender.create(CONTENT, name="other name.jpg")
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.headers["Upload-Offset"] == "1000"
    sender.send(CONTENT)
    assert sender.create(CONTENT).headers["Upload-Offset"] == str(len(CONTENT))


@pytest.mark.parametrize("cut", [0, 1, len(CONTENT) // 2, len(CONTENT) - 1])
def test_resumes_where_the_server_is(sender: Sender, cut: int) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:cut])
    assert sender.head(place).headers["Upload-Offset"] == str(cut)
    assert sender.patch(place, cut, CONTENT[cut:]).status_code == 204
    assert b"".join(queries.original(pictures.sha256(CONTENT))) == CONTENT


def test_wrong_offset_is_refused_and_tells_the_right_one(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:10])
    answer = sender.patch(place, 5, CONTENT[5:20])
    assert (answer.status_code, answer.json["code"], answer.json["offset"]) == (409, "offset_mismatch", 10)
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_damaged_chunk_is_refused_and_the_offset_stands(sender: Sender, db: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    spoilt = b"x" + CONTENT[1:1000]
    assert sender.patch(place, 0, spoilt, **checksum(CONTENT[:1000])).status_code == 460
    assert sender.head(place).headers["Upload-Offset"] == "0"
    assert list(store().keys("parts/")) == []
    assert sender.patch(place, 0, CONTENT[:1000], **checksum(CONTENT[:1000])).status_code == 204


def test_wrong_whole_is_refused_dropped_and_can_be_sent_again(sender: Sender, db: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    answer = sender.patch(place, 0, b"\xff" + CONTENT[1:-1] + b"\x00")
    assert (answer.status_code, answer.json["code"]) == (422, "hash_mismatch")
    assert sender.head(place).headers["Upload-Offset"] == "0"
    assert db.session.query(Photo).count() == db.session.query(UploadPart).count() == 0
    assert list(store().keys("originals/")) == []
    sender.send(CONTENT)


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ" + bytes(500),
        b"GIF89a" + bytes(50),
        b"<html></html>",
    ],
    ids=["svg", "exe", "gif", "html"],
)
def test_what_is_no_photo_by_content_is_refused_on_its_last_patch(sender: Sender, content: bytes) -> None:
    place = sender.create(content, name="../../etc/photo.jpg").headers["Location"]
    answer = sender.patch(place, 0, content)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_type")
    assert list(store().keys("originals/")) == []


def test_empty_and_oversized_files_are_refused_at_once(sender: Sender) -> None:
    assert sender.create(b"").status_code == 415
    assert sender.create(b"x", length=10**12).status_code == 413
    assert sender.create(b"x", length=10**14).headers["Content-Type"] == "application/problem+json"


def test_hostile_photos_are_kept_undecoded_in_under_a_second(sender: Sender, db: Any) -> None:
    bomb, cut = pictures.png_bomb(), pictures.photo(900, 700, seed=5)[:-3000]
    for content in (bomb, cut):
        begun = time.process_time()
        digest = sender.send(content)
        assert sender.client.get(f"/api/v1/photos/{digest}/320", headers=sender.headers).status_code == 404
        assert time.process_time() - begun < 1
        row = db.session.get(Photo, digest, populate_existing=True)
        assert row.state == "unreadable"
        assert row.problem
        assert b"".join(queries.original(digest)) == content


def test_others_cannot_see_or_touch_an_upload(sender: Sender, other: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    made_up = place[:-4] + "0000"
    for address in (place, made_up):
        assert other.head(address).status_code == 404
        assert other.patch(address, 0, CONTENT).json["code"] == "not_found"
        assert other.delete(address).json["code"] == "not_found"


def test_another_account_sends_the_bytes_itself_and_the_store_keeps_one_copy(
    sender: Sender, other: Sender, db: Any
) -> None:
    digest = sender.send(CONTENT)
    answer = other.create(CONTENT)
    assert answer.headers["Upload-Offset"] == "0"
    other.send(CONTENT)
    assert len(list(store().keys("originals/"))) == 1
    assert db.session.query(Possession).filter_by(sha256=digest).count() == 2


def test_a_living_sender_keeps_others_out_and_a_dead_one_does_not(
    sender: Sender, inspector: Any, db: Any, clock: Any
) -> None:
    from inspect_app.photos import leases

    place = sender.create(CONTENT).headers["Location"]
    key = uploads.upload_id(inspector.id, pictures.sha256(CONTENT))
    with leases.held(key):
        assert sender.patch(place, 0, CONTENT).status_code == 423
        clock.advance(seconds=31)
        assert sender.patch(place, 0, CONTENT).status_code == 204
    assert sender.head(place).headers["Upload-Offset"] == str(len(CONTENT))


@pytest.mark.parametrize("headers", [{}, checksum(CONTENT[:100])], ids=["plain", "checked"])
def test_who_sees_the_offset_of_a_cut_patch_may_go_on_at_once(
    sender: Sender, db: Any, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    """The offset moves and the lease is given back in one commit, so that there is no moment of 423 between them."""
    from inspect_app.photos import leases

    monkeypatch.setattr(leases.Lease, "end", lambda self: None)  # as if killed right after the commit
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:100], announced=None if headers else 5000, **headers)
    assert sender.head(place).headers["Upload-Offset"] == "100"
    assert sender.patch(place, 100, CONTENT[100:]).status_code == 204


def test_last_patch_again_after_its_answer_was_lost(sender: Sender) -> None:
    place = sender.create(CONTENT).headers["Location"]
    assert sender.patch(place, 0, CONTENT).status_code == 204
    assert sender.patch(place, 0, CONTENT).headers["Upload-Offset"] == str(len(CONTENT))


def test_completes_what_a_dead_server_left_between_last_byte_and_answer(
    sender: Sender, inspector: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sender.create(CONTENT).headers["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "finish_held", lambda *_: None)
        sender.patch(place, 0, CONTENT)
    assert queries.possessed(inspector.id, [pictures.sha256(CONTENT)]) == set()
    assert sender.create(CONTENT).headers["Upload-Offset"] == str(len(CONTENT))
    assert queries.possessed(inspector.id, [pictures.sha256(CONTENT)]) == {pictures.sha256(CONTENT)}


def test_termination_frees_an_upload_but_not_a_photo_that_is_used(sender: Sender, db: Any) -> None:
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:100])
    assert sender.delete(place).status_code == 204
    assert sender.head(place).status_code == 404
    assert list(store().keys("parts/")) == []
    digest = sender.send(CONTENT)
    services.refer(digest, "inspection:x")
    assert sender.delete(place).status_code == 409
    assert b"".join(queries.original(digest)) == CONTENT


def test_expired_parts_and_unused_photos_are_cleared_after_their_time(
    sender: Sender, db: Any, clock: Any
) -> None:
    kept, unused = pictures.photo(seed=8), pictures.photo(seed=9)
    services.refer(sender.send(kept), "inspection:x")
    sender.send(unused)
    place = sender.create(CONTENT).headers["Location"]
    sender.patch(place, 0, CONTENT[:100])
    clock.advance(days=20)
    assert services.clear_expired()["uploads"] == 3
    assert (list(store().keys("parts/")), len(list(store().keys("originals/")))) == ([], 2)
    clock.advance(days=200)
    assert services.clear_expired() == {"uploads": 0, "parts": 0, "photos": 1, "unfinished": 0}
    assert [row.sha256 for row in db.session.query(Photo)] == [pictures.sha256(kept)]


def test_an_old_unused_copy_sent_once_more_is_kept_as_long_as_a_new_one(
    client: Any, inspector: Any, other: Sender, clock: Any
) -> None:
    """Its sender was told that it is stored; the operation that refers to it comes next."""
    other.send(CONTENT)
    clock.advance(days=200)
    Sender(client, factories.bearer(inspector)).send(CONTENT)
    assert services.clear_expired()["photos"] == 0
    clock.advance(days=200)
    assert services.clear_expired()["photos"] == 1


def test_a_copy_cleared_while_it_comes_once_more_is_never_called_stored(
    sender: Sender, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a form, where no upload is in the way of the nightly job."""
    digest = sender.send(CONTENT)
    clock.advance(days=200)
    register = originals.register

    def late(*given: Any, **named: Any) -> None:
        assert services.clear_expired()["photos"] == 1
        register(*given, **named)

    person = factories.actor("inspector")
    with monkeypatch.context() as patched:
        patched.setattr(originals, "register", late)
        with pytest.raises(Problem) as caught:
            services.take_in(person, CONTENT)
    assert caught.value.code == "busy"
    assert queries.get(digest) is None
    services.take_in(person, CONTENT)
    assert b"".join(queries.original(digest)) == CONTENT


def test_options_says_what_is_supported_and_another_version_is_refused(client: Any, sender: Sender) -> None:
    answer = client.options("/api/v1/uploads")
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"
    assert (
        client.post("/api/v1/uploads", headers={**sender.headers, "Tus-Resumable": "0.2"}).status_code == 412
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Metadata": "sha256 ???", "Upload-Length": "5"},
        {"Upload-Metadata": "filename YQ==", "Upload-Length": "5"},
        {"Upload-Length": "-5"},
        {"Upload-Metadata": "sha256 " + "QQ==", "Upload-Length": "x"},
    ],
)
def test_headers_that_cannot_be_read_are_named(client: Any, sender: Sender, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/uploads", headers={**sender.headers, **headers})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")
    assert answer.json["field"].startswith("Upload-")


def test_what_an_account_announces_in_a_day_is_bounded(
    sender: Sender, other: Sender, db: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by another length for the same photo, and by giving up and beginning anew; the next day it goes on."""
    monkeypatch.setattr(uploads, "DAILY_BYTES", 2 * len(CONTENT))
    second, third = CONTENT + b"2", CONTENT[:-1]
    digest = sender.send(CONTENT)
    refused = sender.create(second)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many")
    assert sender.create(second, length=1).status_code == 201
    assert sender.create(second).status_code == 429
    assert sender.create(third).status_code == 201
    assert sender.delete(sender.create(third).headers["Location"]).status_code == 204
    assert sender.create(third, digest="0" * 64).status_code == 429
    assert sender.create(CONTENT).headers["Upload-Offset"] == str(len(CONTENT))  # what is there costs nothing
    assert other.create(second, length=2 * len(CONTENT)).status_code == 201  # each account has its own
    clock.advance(days=1, seconds=1)
    assert sender.create(second).status_code == 201
    assert queries.get(digest) is not None


def test_roles_without_field_or_replies_cannot_send(client: Any, db: Any) -> None:
    auditor = Sender(client, factories.bearer(factories.account("auditor")))
    assert auditor.create(CONTENT).status_code == 403


def test_thirty_creations_at_once_give_one_upload(app: Any, sender: Sender, db: Any) -> None:
    answers = at_once(30, lambda: Sender(app.test_client(), sender.headers).create(CONTENT))
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (201, answers[0].headers["Location"])
    }
    assert db.session.query(Upload).count() == 1


def test_parts_stay_until_the_photos_rows_are_committed(
    sender: Sender, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from inspect_app.photos import originals

    def locked(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    place = sender.create(CONTENT).headers["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(originals, "register", locked)
        assert sender.patch(place, 0, CONTENT).status_code == 503
    assert sender.create(CONTENT).headers["Upload-Offset"] == str(len(CONTENT))
    assert b"".join(queries.original(pictures.sha256(CONTENT))) == CONTENT
