"""Taking a rescue file in: what a tablet could not send goes the way that it would have gone, carried by a person.

The operations pass the same intake as a push of that person's device, the photos the same checks as an upload, so that the
file may be imported any number of times, and after the tablet has sent the same after all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import orjson
from sqlalchemy import func, select

from inspect_app import audit
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account, Device
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import incoming, log
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.judging import Sender
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.photos import originals
from inspect_app.photos import queries as photos
from inspect_app.photos.originals import Stored
from inspect_app.sync import rescue_file
from inspect_app.sync.rescue_file import Row
from inspect_app.transaction import transaction

BATCH = 200
READ = 1024 * 1024


@dataclass
class Rescued:
    """What was in a file and what became of it; of a dry run, what would."""

    sha256: str = ""
    whole: bool = True
    person: str = ""
    operations: Counter[str] = field(default_factory=Counter)  # new, known; then applied, late, refused, ...
    photos: Counter[str] = field(default_factory=Counter)  # new, known, broken
    left_out: int = 0  # operations that are not this person's, or cannot be read

    @property
    def changes(self) -> bool:
        return bool(self.operations["new"] or self.photos["new"])


@dataclass
class _Content:
    account: str = ""
    operations: list[dict[str, Any]] = field(default_factory=list)
    photos: list[Stored] = field(default_factory=list)


def import_rescue(actor: Actor, file: IO[bytes], passphrase: str, *, check: bool = False) -> Rescued:
    """Take the file in (`check`: only say what is in it). Raises `bad_request` (no such file), `bad_credentials`
    (passphrase), `not_found` (nobody of here). Damage at its end is told; what came before it goes in.
    """
    permit(actor, Permission.IMPORT_RESCUE)
    told = Rescued(hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]  # it reads
    file.seek(0)
    content = _read(file, passphrase, told, check=check)
    person = _person(content)
    told.person = person.name
    items = _items(content, person)
    told.left_out = len(content.operations) - len(items)
    known = _known(item.id for _, item in items)
    told.operations.update("known" if item.id in known else "new" for _, item in items)
    if not check:
        _take(actor, person, items, content, told)
    return told


def _read(file: IO[bytes], passphrase: str, told: Rescued, *, check: bool) -> _Content:
    content = _Content()
    try:
        for row in rescue_file.rows(file, passphrase):
            if row.table == "photoBytes":
                _photo(str(row.fields.get("sha256")), row.content, content, told, check=check)
            elif not _understood(row, content):
                told.whole = False
    except rescue_file.CutShort:
        told.whole = False
    return content


def _understood(row: Row, content: _Content) -> bool:
    """Take up what is wanted of a row; False for one that the tablet's disk spoilt, or that says what no tablet says. It
    must not keep back the others.
    """
    fields = row.fields
    if row.table == "settings" and fields.get("key") == "account":
        value = fields.get("value")
        account = value.get("id") if isinstance(value, dict) else None
        content.account = str(account) if _word(account) else ""
        return _word(account)
    if row.table == "operations" and fields.get("state") != "remote":
        if not _shaped(fields):
            return False
        content.operations.append(fields)
    return row.table != "unreadable"


def _word(value: object) -> bool:
    """Whether a database may be asked for it."""
    return isinstance(value, str) and value.isprintable()


def _shaped(fields: dict[str, Any]) -> bool:
    """Whether a row of operations is as the tablet's table has them; what the operation says is the intake's to judge."""
    operation = fields.get("operation")
    if not isinstance(operation, dict):
        return False
    words = (fields.get("inspection"), fields.get("device"), operation.get("author"), operation.get("hlc"))
    try:
        orjson.dumps(fields)
    except TypeError:  # half a surrogate, a number beyond 64 bits
        return False
    whole = isinstance(fields.get("seq"), int) and isinstance(fields.get("text"), str | None)
    return whole and all(map(_word, words))


def _photo(sha256: str, content: bytes, found: _Content, told: Rescued, *, check: bool) -> None:
    """Bytes are kept under their hash at once: a day's photos do not fit into memory."""
    if hashlib.sha256(content).hexdigest() != sha256:
        told.photos["broken"] += 1
        return
    told.photos["known" if photos.by_hashes([sha256]) else "new"] += 1
    if check:
        return
    try:
        found.photos.append(originals.keep(sha256, [content]))
    except originals.NotAnImage:
        told.photos["broken"] += 1


def _person(content: _Content) -> Account:
    author = next((str(row["operation"].get("author")) for row in content.operations), "")
    person = accounts.get(content.account or author)
    if person is None:
        raise Problem("not_found", "檔案裡沒有這個系統的人員資料，無法匯入。", field="file")
    return person


def _items(content: _Content, person: Account) -> list[tuple[str, Incoming]]:
    """(device, item) of this person's own operations, numbered as their device would have done."""
    found = []
    for row in _numbered(content.operations):
        text = row.get("text") or orjson.dumps(row["operation"], option=orjson.OPT_SORT_KEYS).decode()
        item = incoming.read(str(text).encode())
        if item is not None and _own(row, person):
            found.append((str(row["device"]), item))
    return found


def _own(row: dict[str, Any], person: Account) -> bool:
    device = db.session.get(Device, str(row.get("device")))
    return row["operation"].get("author") == person.id and (device is None or device.account_id == person.id)


def _numbered(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """In the order of sending. Drafts of a tablet that could not freeze them any more follow what is known of it."""
    frozen = [row for row in rows if row.get("text")]
    yield from sorted(frozen, key=lambda row: (row["inspection"], row["seq"]))
    last: dict[tuple[str, str], int] = {}
    for row in sorted((row for row in rows if not row.get("text")), key=lambda row: row["operation"]["hlc"]):
        key = (row["inspection"], row["device"])
        last[key] = last.get(key, _last_seq(frozen, *key)) + 1
        yield {**row, "operation": {**row["operation"], "seq": last[key]}}


def _last_seq(frozen: list[dict[str, Any]], inspection: str, device: str) -> int:
    here = [int(row["seq"]) for row in frozen if (row["inspection"], row["device"]) == (inspection, device)]
    there = [
        db.session.scalar(
            select(func.max(table.seq)).where(table.inspection_id == inspection, table.device_id == device)
        )
        for table in (OperationRow, SetAside)
    ]
    return max([0, *here, *(seq for seq in there if seq is not None)])


def _known(ids: Iterable[str]) -> set[str]:
    wanted = list(ids)
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        found |= set(db.session.scalars(select(OperationRow.id).where(OperationRow.id.in_(some))))
        found |= set(db.session.scalars(select(SetAside.operation_id).where(SetAside.operation_id.in_(some))))
    return found


def _take(
    actor: Actor, person: Account, items: list[tuple[str, Incoming]], content: _Content, told: Rescued
) -> None:
    """Photos first: an operation may refer only to what its author possesses."""
    for stored in content.photos:
        originals.register(accounts.actor_for(person), stored, by=actor)
    for device in dict.fromkeys(device for device, _ in items):
        own = [item for sender, item in items if sender == device]
        sender = Sender(person.id, device, disabled=person.disabled_at is not None)
        for start in range(0, len(own), BATCH):
            results = log.append(sender, own[start : start + BATCH])
            told.operations.update(result.status for result in results)
    with transaction():
        audit.record(
            actor, "sync.rescue_imported", f"account:{person.id}", file=told.sha256, whole=told.whole,
            operations=len(items), photos=len(content.photos),
        )  # fmt: skip
