"""New operations into one inspection's log: what becomes of each, their places, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, bindparam, column, select, update

from inspect_app import audit
from inspect_app.domain.operations import (
    Operation,
    Stamped,
    State,
    Team,
    entity_uuid,
    fold,
    stamp,
)
from inspect_app.domain.operations.folding import FREE, order
from inspect_app.domain.operations.pages import page_digest
from inspect_app.domain.operations.validation import owners
from inspect_app.extensions import among, db
from inspect_app.inspections import following
from inspect_app.inspections.heads import Head
from inspect_app.inspections.incoming import Incoming, OperationIn
from inspect_app.inspections.models import DECIDING_ENTITIES, DECIDING_KINDS, Inspection, OperationRow
from inspect_app.inspections.state import operation_of
from inspect_app.photos.services import refer
from inspect_app.prepared import Prepared, bound, insert_rows, pouring, records, recordset

_o = OperationRow.__table__.c
_EARLIER = select(_o.id, _o.body, _o.stamp, _o.entity, _o.entity_id, _o.confidential_to).where(
    _o.inspection_id == bindparam("inspection")
)
_TOUCHED = Prepared(_EARLIER.where(among(_o.entity_id, "entities")))
_DECIDING = Prepared(_EARLIER.where(DECIDING_KINDS))
Earlier = tuple[str, str, str, str, str, str]
"""(id, body, stamp, entity, entity id, confidential to): one operation of the log."""
_table = Inspection.__table__
_GROWN = Prepared(
    update(_table).where(_table.c.id == bindparam("inspection")).values(log_n=bindparam("last"))
)
_COLUMNS = ("id", "inspection_id", "n", "device_id", "seq", "entity", "entity_id", "body", "content_hash", "author_id", "stamp",
            "status", "code", "confidential_to", "received_at")  # fmt: skip
_grown = recordset("grown", column("id", String), column("log_n", Integer))
_ALL = Prepared(
    pouring(OperationRow, _COLUMNS, "rows").add_cte(
        update(_table).where(_table.c.id == _grown.c.id).values(log_n=_grown.c.log_n).cte("grow"), audit.LINES
    )
)
"""All of a transaction in one statement, where the database can."""
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


@dataclass(frozen=True, slots=True)
class Entered:
    """A page in its log, from place `first` on. `head`: how the inspection stood when it was in."""

    page: Page
    first: int
    statuses: Mapping[str, str]
    head: Head

    def rows(self) -> Iterator[tuple[int, str, str, str, str, datetime]]:
        """(n, id, body, stamp, status, received), as they are read from the log."""
        received = self.page.received
        for n, (item, new) in enumerate(zip(self.page.items, self.page.new, strict=True), self.first):
            yield n, item.id, item.body, new.stamp, self.statuses[item.id], received


class Entries:
    """What one transaction adds to the logs, page after page. It is written together: many inspections cost little more than one.

    `heads`: {inspection: how it stands}, of rows that the caller holds locked until the transaction ends; they are kept up.
    """

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self._heads = heads
        self._grown: set[str] = set()
        self._rows: list[tuple[Any, ...]] = []
        self._acts: list[audit.Act] = []

    def enter(self, writer: Writer, page: Page) -> Entered:
        """Judge the page against its log and take it in."""
        head = self._heads[page.inspection]
        earlier, deciding = self._earlier(page)
        state, statuses = _judged(page, earlier, deciding)
        hidden = _confidential(page, {key: to for _, _, _, kind, key, to in earlier if kind == "photo"})
        first, head.last = head.last + 1, head.last + len(page.new)
        head.decided = bool(deciding) or not page.kinds.isdisjoint(DECIDING_ENTITIES)
        self._rows += _rows(page, first, statuses, hidden)
        self._acts.append(_told(writer, page, first))
        self._grown.add(page.inspection)
        moved = _moved(page, statuses, state, deciding)
        head.sheets_open = _follow(page, state, moved=moved) or head.sheets_open
        return Entered(page, first, statuses, replace(head))

    def write(self) -> None:
        """Write what was entered, all in the caller's transaction."""
        if not self._rows:
            return
        grown = [(key, self._heads[key].last) for key in sorted(self._grown)]
        if db.session.get_bind().dialect.name == "postgresql":
            _ALL.rows(
                rows=records(_COLUMNS, self._rows),
                grown=records(("id", "log_n"), grown),
                lines=audit.lines_of(self._acts),
            )
        else:
            insert_rows(OperationRow, _COLUMNS, self._rows)
            _GROWN.many({"inspection": key, "last": last} for key, last in grown)
            audit.record_all(self._acts)
        self._grown, self._rows, self._acts = set(), [], []

    def _earlier(self, page: Page) -> tuple[list[Earlier], list[Earlier]]:
        """The log of the same entities, and that of sheets and of what closes, signs and opens."""
        if not self._heads[page.inspection].last:
            return [], []
        if page.inspection in self._grown:
            self.write()
        entities = {operation.entity_id for operation in page.operations}
        touched = _TOUCHED.rows(inspection=page.inspection, entities=sorted(entities))
        return touched, _DECIDING.rows(inspection=page.inspection)


def _judged(
    page: Page, earlier: Sequence[Earlier], deciding: Sequence[Earlier]
) -> tuple[State, dict[str, str]]:
    """The fold of what decides about the new ones, and {operation id: status}.

    Where nothing was closed or signed and no sheet is concerned, nothing can be late, and a field that one operation
    alone writes cannot conflict: only the entities that are contested are folded.
    """
    if page.concerns_sheets or any(row[3] in FREE for row in deciding):
        kept = {row[0]: row for row in (*earlier, *deciding)}
        state = fold([*map(_stamped, kept.values()), *page.new], page.team)
        return state, state.statuses()
    log = [*map(_stamped, earlier), *page.new]
    contested = _contested(log, len(earlier))
    state = fold([item for item in log if item.operation.entity_id in contested], page.team)
    applied = dict.fromkeys((operation.id for operation in page.operations), "applied")
    return state, applied | state.statuses()


def _contested(log: Sequence[Stamped], earlier: int) -> set[str]:
    """The ids of the entities that have a field which more than one operation writes, the first `earlier` of the log among them.

    Not those where each of the new ones replaces, by `base` and in order, the new one before it: nothing stands beside it.
    """
    written: dict[tuple[str, str], dict[str, Stamped | None]] = {}
    found = set()
    for place, item in enumerate(log):
        op = item.operation
        fields = written.setdefault((op.entity, op.entity_id), {})
        for name in fields.keys() & op.set.keys():
            before = fields[name]
            if before is None or op.base.get(name) != before.operation.id or order(before) > order(item):
                found.add(op.entity_id)
        fields.update(dict.fromkeys(op.set, item if place >= earlier else None))
    return found


def _stamped(row: Earlier) -> Stamped:
    return Stamped(operation_of(row[1]), row[2])


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


def _moved(page: Page, statuses: Mapping[str, str], state: State, deciding: Sequence[Earlier]) -> bool:
    """Whether any of the new ones is shown, or a new signature lets other values of the sheets stand."""
    shown = (op for op in page.operations if op.entity not in FREE)
    if any(statuses[op.id] in ("applied", "conflict") for op in shown):
        return True
    if "signature" not in page.kinds or not following.is_closed(page.inspection, state):
        return False
    return _sheets(fold(map(_stamped, deciding), page.team)) != _sheets(state)


def _sheets(state: State) -> dict[str, dict[str, Any]]:
    return {key: sheet.values() for key, sheet in state.of("score_sheet")}


def _follow(page: Page, state: State, *, moved: bool) -> bool:
    """What follows from new operations: photos in use, sheets that open (answered), the visit that closes."""
    photos = {sha256 for item in page.items for sha256 in item.photos}
    if photos:
        refer(photos, f"inspection:{page.inspection}")
    opened = page.concerns_sheets and _open_sheets(page, state)
    following.follow(page.inspection, state, page.kinds, moved=moved)
    return opened


def _told(writer: Writer, page: Page, first: int) -> audit.Act:
    """The audit line: who added what to the log."""
    entries = [(first + place, item.id, item.content_hash) for place, item in enumerate(page.items)]
    facts = {
        "device": writer.device_id,
        "first": first,
        "count": len(entries),
        "digest": page_digest(entries),
    }
    return audit.Act(writer, "inspections.operations_taken", f"inspection:{page.inspection}", facts)


def _open_sheets(page: Page, state: State) -> bool:
    """Once all are handed in; answers whether they are."""
    sheets = [
        state.entity("score_sheet", entity_uuid(page.inspection, f"score_sheet:{member}"))
        for member in page.team.members
    ]
    handed_in = all(sheet.value("handed_in_at") for sheet in sheets)
    if handed_in:
        db.session.execute(_OPEN, {"inspection": page.inspection})
    return handed_in
