"""New operations into one inspection's log: what becomes of each, their places, and what follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from inspect_app import audit
from inspect_app.domain.operations import (
    Operation,
    OperationLike,
    Stamped,
    State,
    Team,
    entity_uuid,
    fold,
    stamp,
)
from inspect_app.domain.operations.folding import FREE
from inspect_app.domain.operations.pages import page_digest
from inspect_app.domain.operations.validation import owners
from inspect_app.extensions import among, bound, db, insert_rows
from inspect_app.inspections import following
from inspect_app.inspections.incoming import Incoming, OperationIn
from inspect_app.inspections.models import DECIDING_KINDS, Inspection, OperationRow
from inspect_app.inspections.state import operation_of
from inspect_app.photos.services import refer

_o = OperationRow.__table__.c
_EARLIER = select(_o.id, _o.body, _o.stamp, _o.entity, _o.entity_id, _o.confidential_to).where(
    _o.inspection_id == bindparam("inspection")
)
_TOUCHED = _EARLIER.where(among(_o.entity_id, "entities"))
_DECIDING = _EARLIER.where(DECIDING_KINDS)
_table = Inspection.__table__
_PLACES = (
    update(_table)
    .where(_table.c.id == bindparam("inspection"))
    .values(log_n=_table.c.log_n + bindparam("count"))
    .returning(_table.c.log_n)
)
_COLUMNS = ("id", "inspection_id", "n", "device_id", "seq", "entity", "entity_id", "body", "content_hash", "author_id", "stamp",
            "status", "code", "confidential_to", "received_at")  # fmt: skip
_OPEN = update(_table).where(_table.c.id == bindparam("inspection")).values(sheets_open=True)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, as the audit line names them."""

    id: str
    name: str
    device_id: str


class Page:
    """What one batch adds to one inspection's log."""

    __slots__ = ("inspection", "items", "new", "operations", "received", "team")

    def __init__(self, inspection: str, team: Team, items: Sequence[Incoming], received: datetime) -> None:
        self.inspection, self.team, self.items, self.received = inspection, team, items, received
        self.operations: list[OperationIn | Operation] = [
            item.operation for item in items if item.operation is not None
        ]
        milliseconds = int(received.timestamp() * 1000)
        self.new = [Stamped(operation, stamp(operation.hlc, milliseconds)) for operation in self.operations]

    @property
    def kinds(self) -> set[str]:
        return {operation.entity for operation in self.operations}

    @property
    def concerns_sheets(self) -> bool:
        """Whether it may open the sheets: one is written, or what makes one late."""
        return not self.kinds.isdisjoint(("score_sheet", *FREE))


def enter(writer: Writer, page: Page) -> dict[str, str]:
    """Write the page, all in the caller's transaction; answers {operation id: status}."""
    first = _places(page.inspection, len(page.new))
    earlier = _touched(page) if first > 1 else []
    deciding = _deciding(page.inspection) if first > 1 else []
    state, statuses = _judged(page, earlier, deciding)
    papers = {row.entity_id: row.confidential_to for row in earlier if row.entity == "photo"}
    hidden = _confidential(page, papers)
    insert_rows(OperationRow, _COLUMNS, _rows(page, first, statuses, hidden))
    _follow(writer, page, state, first)
    return statuses


def _places(inspection: str, count: int) -> int:
    """The first of `count` places, in the order of commits: the row stays locked until this transaction ends."""
    last = db.session.execute(_PLACES, {"inspection": inspection, "count": count}).scalar_one()
    return int(last) - count + 1


def _touched(page: Page) -> Sequence[Any]:
    """The log of the same entities."""
    entities = {operation.entity_id for operation in page.operations}
    return db.session.execute(_TOUCHED, {"inspection": page.inspection, "entities": sorted(entities)}).all()


def _deciding(inspection: str) -> Sequence[Any]:
    """Sheets, and what closes, signs and opens."""
    return db.session.execute(_DECIDING, {"inspection": inspection}).all()


def _judged(page: Page, earlier: Sequence[Any], deciding: Sequence[Any]) -> tuple[State, dict[str, str]]:
    """The fold of what decides about the new ones, and {operation id: status}.

    Where nothing was closed or signed and no sheet is concerned, nothing can be late, and a field that one operation
    alone writes cannot conflict: only the entities with a field that several write are folded.
    """
    kept = {row.id: row for row in (*earlier, *deciding)}
    if page.concerns_sheets or any(row.entity in FREE for row in deciding):
        state = fold([*map(_stamped, kept.values()), *page.new], page.team)
        return state, state.statuses()
    log = [*map(_stamped, earlier), *page.new]
    contested = _several_write([item.operation for item in log])
    state = fold([item for item in log if item.operation.entity_id in contested], page.team)
    applied = dict.fromkeys((operation.id for operation in page.operations), "applied")
    return state, applied | state.statuses()


def _several_write(operations: Sequence[OperationLike]) -> set[str]:
    """The ids of the entities that have a field which more than one operation writes."""
    writers = Counter((op.entity, op.entity_id, name) for op in operations for name in op.set)
    return {key[1] for key, count in writers.items() if count > 1}


def _stamped(row: Any) -> Stamped:
    return Stamped(operation_of(row.body), row.stamp)


def _confidential(page: Page, papers: dict[str, str]) -> dict[str, str]:
    """{operation id: account} of sheets and photos of score papers: nobody else sees them until all are handed in."""
    found: dict[str, str] = {}
    for operation in page.operations:
        if operation.entity == "score_sheet":
            found[operation.id] = owners(page.inspection, page.team)[operation.entity, operation.entity_id]
        elif operation.entity == "photo":
            if operation.set.get("use") == "score_paper":
                behalf = operation.on_behalf
                papers[operation.entity_id] = behalf.member if behalf else operation.author
            found[operation.id] = papers.get(operation.entity_id, "")
    return found


def _rows(
    page: Page, first: int, statuses: Mapping[str, str], hidden: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    """In the order of _COLUMNS."""
    received = bound(OperationRow, "received_at", page.received)
    return [
        (op.id, page.inspection, first + place, op.device, op.seq, op.entity, op.entity_id, item.body, item.content_hash,
         op.author, page.new[place].stamp, statuses[op.id], "", hidden.get(op.id, ""), received)
        for place, (item, op) in enumerate(zip(page.items, page.operations, strict=True))
    ]  # fmt: skip


def _follow(writer: Writer, page: Page, state: State, first: int) -> None:
    """What follows from new operations: photos in use, sheets that open, the visit that closes, the audit line."""
    photos = {sha256 for item in page.items for sha256 in item.photos}
    if photos:
        refer(photos, f"inspection:{page.inspection}")
    if page.concerns_sheets:
        _open_sheets(page, state)
    following.follow(page.inspection, state, page.kinds)
    entries = [(first + place, item.id, item.content_hash) for place, item in enumerate(page.items)]
    facts = {
        "device": writer.device_id,
        "first": first,
        "count": len(entries),
        "digest": page_digest(entries),
    }
    audit.record(writer, "inspections.operations_taken", f"inspection:{page.inspection}", **facts)


def _open_sheets(page: Page, state: State) -> None:
    sheets = [
        state.entity("score_sheet", entity_uuid(page.inspection, f"score_sheet:{member}"))
        for member in page.team.members
    ]
    if all(sheet.value("handed_in_at") for sheet in sheets):
        db.session.execute(_OPEN, {"inspection": page.inspection})
