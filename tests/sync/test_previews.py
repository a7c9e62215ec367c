"""Small pictures ahead of their originals: for the eye only, never evidence, never a way to what is not one's own."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from inspect_app.accounts.models import Account
from inspect_app.ids import new_id
from inspect_app.photos import queries as photos
from inspect_app.photos.models import Photo
from inspect_app.sync import previews
from inspect_app.sync.models import Preview
from tests.support import factories, pictures
from tests.support.tablet import Tablet
from tests.support.tus import Sender
from tests.sync.conftest import Site
from tests.sync.test_receipts import receipt

ORIGINAL = pictures.photo(1200, 900)
DIGEST = pictures.sha256(ORIGINAL)
SMALL = pictures.photo(320, 240)


def put(
    tablet: Tablet, body: bytes = SMALL, sha256: str = DIGEST, *, finding: str = "", **changes: Any
) -> Any:
    where = changes.pop("inspection", tablet.inspection)
    return tablet.client.put(
        f"/api/v1/previews/{sha256}?inspection={where}&finding={finding}",
        data=body, headers={**tablet.headers, "Content-Type": "image/jpeg"}, environ_overrides=changes,
    )  # fmt: skip


def get(tablet: Tablet, of: Tablet, sha256: str = DIGEST) -> Any:
    key = previews.preview_id(of.account.id, sha256, of.inspection)
    return tablet.client.get(f"/api/v1/previews/{key}", headers=tablet.headers)


def send_original(tablet: Tablet) -> None:
    Sender(tablet.client, tablet.headers).send(ORIGINAL)


def test_team_and_office_see_it_before_the_original_is_there_and_nobody_else(site: Site, db: Any) -> None:
    assert put(site.member).status_code == 204
    coordinator = Tablet(site.member.client, factories.account("coordinator"), site.inspection)
    for reader in (site.member, site.leader, coordinator):
        answer = get(reader, site.member)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert Image.open(io.BytesIO(answer.data)).size == (320, 240)
    unknown = get(site.stranger, site.member, "0" * 64)
    hidden = get(site.stranger, site.member)
    assert (hidden.status_code, hidden.json) == (unknown.status_code, unknown.json) == (404, hidden.json)


def test_it_is_no_photo_gives_no_possession_and_no_receipt_speaks_of_it(site: Site, db: Any) -> None:
    member = site.member
    put(member)
    assert photos.possessed(member.account.id, [DIGEST]) == set()
    assert db.session.query(Photo).count() == 0
    answer = member.client.get(f"/api/v1/photos/{DIGEST}/320", headers=member.headers)
    assert answer.status_code == 404
    photo = member.operation("photo", new_id(), {"sha256": DIGEST})
    assert member.push(photo) == [("refused", "photo_missing")]
    told = receipt(member).json
    assert (told["photos"], told["operations"]["count"]) == ([], 0)


def test_the_servers_own_small_picture_answers_once_the_senders_original_is_here(site: Site, db: Any) -> None:
    member = site.member
    put(member, pictures.photo(40, 30))
    send_original(member)
    assert Image.open(io.BytesIO(get(site.leader, member).data)).size == (320, 240)
    member.push(member.operation("photo", new_id(), {"sha256": DIGEST}))
    assert previews.under_way(site.inspection) == []
    assert previews.clear() == 1
    assert get(member, member).status_code == 404


def test_of_a_photo_that_is_stored_already_nothing_is_kept(site: Site, db: Any) -> None:
    send_original(site.member)
    assert put(site.member).status_code == 204
    assert db.session.query(Preview).count() == 0


def test_naming_anothers_photo_opens_nothing(site: Site, db: Any) -> None:
    """Who only knows a hash gets back what they sent themselves, and cannot tell that the photo is there."""
    send_original(site.leader)
    assert put(site.member, pictures.photo(16, 12)).status_code == 204
    assert Image.open(io.BytesIO(get(site.member, site.member).data)).size == (16, 12)
    assert photos.possessed(site.member.account.id, [DIGEST]) == set()


def test_only_for_an_inspection_of_ones_own(site: Site, db: Any) -> None:
    answers = [put(site.stranger), put(site.member, inspection=new_id())]
    assert [(one.status_code, one.json["code"]) for one in answers] == [(404, "not_found")] * 2
    assert db.session.query(Preview).count() == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 415, "unsupported_type"),
        (b"GIF89a", 415, "unsupported_type"),
        (SMALL[:400], 415, "unsupported_type"),
        (pictures.photo(80, 60, kind="PNG"), 415, "unsupported_type"),
        (pictures.photo(321, 10), 413, "too_large"),
        (SMALL + b"\x00" * previews.MOST_BYTES, 413, "too_large"),
    ],
)
def test_what_is_no_small_jpeg_is_refused(site: Site, db: Any, body: bytes, status: int, code: str) -> None:
    answer = put(site.member, body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert db.session.query(Preview).count() == 0


def test_wrong_names_are_refused(site: Site, db: Any) -> None:
    assert put(site.member, sha256="x").status_code == 422
    assert put(site.member, finding="x").status_code == 422


def test_one_that_was_cut_on_its_way_is_not_kept_and_may_come_again(site: Site, db: Any) -> None:
    cut = put(site.member, SMALL[:500], CONTENT_LENGTH=str(len(SMALL)))
    assert (cut.status_code, cut.json["code"]) == (400, "bad_request")
    assert db.session.query(Preview).count() == 0
    assert [put(site.member).status_code for _ in range(3)] == [204] * 3
    assert db.session.query(Preview).count() == 1


def test_nothing_but_the_picture_is_kept(site: Site, db: Any) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Mr. Lin"
    lying = pictures.photo(320, 240, exif=exif, comment=b"a comment", progressive=True) + b"<script>"
    assert put(site.member, lying).status_code == 204
    kept = db.session.query(Preview).one().content
    for word in (b"Exif", b"Lin", b"comment", b"<script>", b"JFIF"):
        assert word not in kept
    same = [Image.open(io.BytesIO(content)).convert("RGB").tobytes() for content in (lying, kept)]
    assert same[0] == same[1]


def test_there_is_an_end_to_what_waits(site: Site, db: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(previews, "MOST_WAITING", 1)
    assert put(site.member).status_code == 204
    assert put(site.member, sha256="1" * 64).json["code"] == "too_many"


def test_one_whose_original_never_came_is_cleared_after_a_long_time(site: Site, db: Any, clock: Any) -> None:
    put(site.member)
    clock.advance(days=previews.KEPT / timedelta(days=1) - 1)
    assert previews.clear() == 0
    clock.advance(days=2)
    assert previews.clear() == 1


def test_roles_without_inspections_send_none(site: Site, db: Any) -> None:
    handler: Account = factories.account("secretary")
    assert put(Tablet(site.member.client, handler, site.inspection)).status_code == 403
