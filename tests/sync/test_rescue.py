"""What a tablet could not send comes by hand: the file of static/src/data/rescue.ts, read by the server."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inspect_app import bodies
from inspect_app.accounts.actor import Actor
from inspect_app.audit.models import AuditLine
from inspect_app.errors import Problem
from inspect_app.inspections.incoming import read
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.photos.queries import possessed
from inspect_app.sync.rescue import Rescued, import_rescue
from tests.support import factories, pictures
from tests.support.office import Visitor
from tests.support.tablet import Tablet

WORDS = "correct horse"
PHOTO = pictures.photo(seed=9)


def rescue_file(
    rows: list[dict[str, Any]], photos: list[bytes], account: str, words: str = WORDS, spoilt: str = ""
) -> bytes:
    """A file as the tablet writes it, by its description alone; `spoilt` is the key of a row that its disk spoilt."""
    salt = os.urandom(16)
    cipher = AESGCM(hashlib.pbkdf2_hmac("sha256", words.encode(), salt, 1000, 32))
    head = {"format": "inspect-app-rescue/1", "kdf": "PBKDF2-SHA-256", "iterations": 1000, "salt": salt.hex()}
    plain = [(json.dumps({"table": "operations", "row": row}), b"") for row in rows]
    plain += [
        (json.dumps({"table": "photoBytes", "row": {"sha256": pictures.sha256(it)}}), it) for it in photos
    ]
    plain += [(json.dumps({"table": "settings", "row": {"key": "account", "value": {"id": account}}}), b"")]
    if spoilt:
        plain += [(json.dumps({"table": "unreadable", "row": {"table": "operations", "key": spoilt}}), b"")]
    plain += [(json.dumps({"table": "end", "row": {"blocks": len(plain)}}), b"")]
    out = io.BytesIO()
    out.write(json.dumps(head).encode() + b"\n")
    for index, (line, content) in enumerate(plain):
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, line.encode() + b"\n" + content, index.to_bytes(8, "big"))
        out.write((12 + len(sealed)).to_bytes(4, "big") + nonce + sealed)
    return out.getvalue()


def row(operation: dict[str, Any], state: str = "offered") -> dict[str, Any]:
    """A row of the tablet's table."""
    frozen = state != "draft"
    item = read(json.dumps(operation).encode())
    assert item is not None
    given = {**operation, "seq": operation["seq"] if frozen else 0}
    return {"id": operation["id"], "inspection": operation["inspection"], "device": operation["device"],
            "seq": given["seq"], "state": state, "operation": given, "text": item.body if frozen else None}  # fmt: skip


@pytest.fixture
def tablet(client: Any, db: Any, clock: Any) -> Tablet:
    leader = factories.account("leader", "inspector", name="王領航")
    visit = factories.released_visit(factories.tender(), leader)
    return Tablet(client, leader, visit.id)


@pytest.fixture
def coordinator(db: Any) -> Actor:
    return factories.actor("coordinator")


def written(tablet: Tablet) -> bytes:
    """Two findings (the second a draft), a photo, and what another tablet wrote."""
    sha256 = pictures.sha256(PHOTO)
    photo = tablet.operation("photo", tablet.finding()["entity_id"], {"sha256": sha256, "use": "evidence"})
    tablet.seq = 0
    first = tablet.finding("鋼筋外露")
    photo["seq"] = tablet.seq = 2
    remote = tablet.finding("別人寫的", author=factories.account("inspector").id, seq=9)
    tablet.seq = 2
    draft = tablet.finding("還沒編號")
    rows = [row(first), row(photo, "parked"), row(draft, "draft"), row(remote, "remote")]
    return rescue_file(rows, [PHOTO], tablet.account.id)


def taken(actor: Actor, content: bytes, words: str = WORDS, *, check: bool = False) -> Rescued:
    return import_rescue(actor, io.BytesIO(content), words, check=check)


def test_a_dry_run_says_what_is_in_it_and_writes_nothing(tablet: Tablet, coordinator: Actor, db: Any) -> None:
    told = taken(coordinator, written(tablet), check=True)
    assert (told.person, told.whole, told.changes) == ("王領航", True, True)
    assert (told.operations["new"], told.photos["new"]) == (3, 1)
    assert db.session.query(OperationRow).count() == 0
    assert possessed(tablet.account.id, {pictures.sha256(PHOTO)}) == set()


def test_goes_in_once_in_the_devices_own_order_and_is_written_down(
    tablet: Tablet, coordinator: Actor, db: Any
) -> None:
    content = written(tablet)
    told = taken(coordinator, content)
    assert told.operations["applied"] == 3
    again = taken(coordinator, content)
    assert (again.operations["new"], again.operations["known"], again.changes) == (0, 3, False)
    rows = db.session.query(OperationRow).order_by(OperationRow.seq).all()
    assert [(it.seq, it.author_id, it.device_id) for it in rows] == [
        (seq, tablet.account.id, tablet.device) for seq in (1, 2, 3)
    ]
    assert possessed(tablet.account.id, {pictures.sha256(PHOTO)}) == {pictures.sha256(PHOTO)}
    lines = db.session.query(AuditLine).filter_by(action="sync.rescue_imported").all()
    assert [line.actor_id for line in lines] == [coordinator.id] * 2


def test_the_tablet_may_send_the_same_afterwards(tablet: Tablet, coordinator: Actor, db: Any) -> None:
    first = tablet.finding("也會自己送到")
    taken(coordinator, rescue_file([row(first)], [], tablet.account.id))
    assert tablet.push(first) == [("applied", None)]
    assert db.session.query(OperationRow).count() == 1


def test_a_disabled_persons_file_goes_to_quarantine(
    tablet: Tablet, coordinator: Actor, db: Any, clock: Any
) -> None:
    from inspect_app import clock as now
    from inspect_app.transaction import transaction

    content = written(tablet)
    with transaction() as session:
        session.merge(tablet.account).disabled_at = now.now()
    assert taken(coordinator, content).operations["quarantined"] == 3
    assert db.session.query(SetAside).count() == 3


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_file_that_was_cut_gives_what_is_whole_and_says_so(
    tablet: Tablet, coordinator: Actor, cut: int
) -> None:
    told = taken(coordinator, written(tablet)[:-cut])
    assert (told.whole, told.operations["applied"] >= 2) == (False, True)


def test_a_row_that_the_tablets_disk_spoilt_is_told_and_the_rest_goes_in(
    tablet: Tablet, coordinator: Actor
) -> None:
    file = rescue_file([row(tablet.finding())], [], tablet.account.id, spoilt="an id")
    told = taken(coordinator, file)
    assert (told.whole, told.operations["applied"]) == (False, 1)


def oddities(tablet: Tablet) -> list[dict[str, Any]]:
    """Rows as no tablet writes them."""
    good = row(tablet.finding())
    changed: list[dict[str, Any]] = [{}]
    for name in ("operation", "inspection", "device", "seq", "text"):
        changed += [{**good, name: value} for value in ([], {}, 1.5, "\ud800", "\0", 2**70)]
    whole = {"state": "draft", "text": None}
    changed += [{**good, **whole, "operation": {**good["operation"], "author": odd}} for odd in (None, "\0")]
    changed += [{**good, **whole, "operation": {**good["operation"], "hlc": odd}} for odd in (None, 5)]
    return [one for one in changed if not isinstance(one.get("text"), str) or one["text"] != "\0"]


@pytest.mark.parametrize("check", [True, False])
def test_a_row_that_no_tablet_writes_is_told_and_keeps_nothing_back(
    tablet: Tablet, coordinator: Actor, db: Any, check: bool
) -> None:
    good = tablet.finding("鋼筋外露")
    rows = [*oddities(tablet), row(good)]
    told = taken(coordinator, rescue_file(rows, [], tablet.account.id), check=check)
    assert (told.whole, told.person) == (False, "王領航")
    assert good["id"] in {one.id for one in db.session.query(OperationRow)} or check
    for line in (b"[" * 4000, b'{"format": "inspect-app-rescue/1", "salt": "00", "iterations": 1e400}'):
        with pytest.raises(Problem, match="bad_request"):
            taken(coordinator, line + b"\n")


def test_wrong_passphrase_other_files_and_other_roles_are_told(tablet: Tablet, coordinator: Actor) -> None:
    content = written(tablet)
    for given, words, field in (
        (content, "wrong words", "passphrase"),
        (b"PK\x03\x04", WORDS, "file"),
        (b"", WORDS, "file"),
    ):
        with pytest.raises(Problem) as told:
            taken(coordinator, given, words)
        assert told.value.field == field
    with pytest.raises(Problem, match="權限"):
        taken(factories.actor("administrator"), content)


def test_operations_of_another_person_or_device_are_left_out(
    tablet: Tablet, coordinator: Actor, client: Any, db: Any
) -> None:
    other = Tablet(client, factories.account("inspector"), tablet.inspection)
    other.push()  # its device is registered as another person's
    forged = [row(other.finding()), row({**other.finding(), "author": tablet.account.id})]
    told = taken(coordinator, rescue_file(forged, [], tablet.account.id))
    assert (sum(told.operations.values()), told.left_out) == (0, 2)
    assert db.session.query(OperationRow).count() == 0


def test_a_large_file_waits_on_the_disk_of_home_and_leaves_nothing(
    app: Any, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/tmp may be memory, and a rescue file has up to 4 GB: nothing of it may go there."""
    opened: list[Any] = []

    def noted(**options: Any) -> Any:
        opened.append(tempfile.SpooledTemporaryFile(**options))  # noqa: SIM115  # the request closes it
        monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")  # from here on only HOME can be written to
        return opened[0]

    monkeypatch.setattr(bodies, "IN_MEMORY", 1000)
    monkeypatch.setattr(bodies, "SpooledTemporaryFile", noted)
    account = factories.account("coordinator", password=factories.PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in(account.login, factories.PASSWORD)
    content = rescue_file([], [os.urandom(10_000)], tablet.account.id)
    looked = visitor.post("/rescue", file=(io.BytesIO(content), "查核救援檔.bin"), passphrase=WORDS)
    assert ("王領航" in looked.text, len(opened)) == (True, 1)
    assert list((app.config["SETTINGS"].home / bodies.FOLDER).iterdir()) == []


def test_the_page_looks_first_and_never_writes_the_passphrase_back(app: Any, tablet: Tablet, db: Any) -> None:
    account = factories.account("coordinator", password=factories.PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in(account.login, factories.PASSWORD)
    assert "匯入救援檔" in visitor.get("/quarantine").text
    content = written(tablet)

    def send(**more: str) -> Any:
        file = (io.BytesIO(content), "查核救援檔.bin")
        return visitor.post("/rescue", file=file, passphrase=WORDS, **more)

    looked = send()
    assert "王領航" in looked.text
    assert "還沒有匯入任何資料" in looked.text
    assert WORDS not in looked.text
    assert db.session.query(OperationRow).count() == 0
    assert "已匯入" in send(take="1").text
    assert db.session.query(OperationRow).count() == 3
