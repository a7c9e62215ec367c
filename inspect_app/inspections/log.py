"""Appending to the log: one transaction per batch, places given in the order of commits, the same answer every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from inspect_app import audit, clock
from inspect_app.accounts import queries as accounts
from inspect_app.domain.operations import Stamped, State, Team, entity_uuid, fold, stamp
from inspect_app.domain.operations.folding import FREE
from inspect_app.domain.operations.validation import owners
from inspect_app.extensions import db, insert_new
from inspect_app.ids import new_id
from inspect_app.inspections import following, services_open
from inspect_app.inspections.incoming import Incoming, OperationIn
from inspect_app.inspections.judging import (
    ID_REUSED,
    RETRYABLE,
    Known,
    Result,
    Sender,
    foreign,
    look_up,
    objection,
    remembered,
    set_aside_as,
)
from inspect_app.inspections.models import Inspection, OperationRow, SetAside
from inspect_app.inspections.state import operation_of
from inspect_app.photos import queries as photos
from inspect_app.photos.services import refer
from inspect_app.transaction import transaction

log = structlog.get_logger()
TRIES = 3


def append(sender: Sender, items: Sequence[Incoming], *, again: bool = False) -> list[Result]:
    """Take a batch and answer each item in its order: applied, late, conflict, duplicate, refused, quarantined.

    Durable when it returns. The same batch gives the same results, any number of times and at once. Never raises for
    the content of an item. `again` judges quarantined items anew (they are settled by the caller).
    """
    for _ in range(0 if again else TRIES - 1):
        try:
            return _append(sender, items, again=again)
        except (
            IntegrityError
        ):  # the same id came into two inspections at once: the second look sees the first
            log.warning("operations.raced", account=sender.account_id)
    return _append(sender, items, again=again)


def _append(sender: Sender, items: Sequence[Incoming], *, again: bool) -> list[Result]:
    with transaction():
        known = look_up(sender, items, _lock(items), again=again)
        batch = _Batch(sender, known, clock.now())
        for item in items:
            batch.take(item)
        statuses = batch.write()
    return [Result(result.id, statuses.get(result.id, result.status), result.code) if result.status == "new" else result
            for result in batch.results]  # fmt: skip


def _lock(items: Iterable[Incoming]) -> list[str]:
    """Hold the rows of the inspections that exist, in one order; SQLite holds its one write lock already."""
    inspections = {item.operation.inspection for item in items if item.operation is not None}
    query = (
        select(Inspection.id).where(Inspection.id.in_(inspections)).order_by(Inspection.id).with_for_update()
    )
    found = list(db.session.scalars(query))
    if len(found) == len(inspections):
        return found
    services_open.ensure(inspections.difference(found))
    return list(db.session.scalars(query))  # also where another sender made the row just now


class _Batch:
    """One batch while it is judged; `write` enters what was found, all in the caller's transaction."""

    def __init__(self, sender: Sender, known: Known, received: datetime) -> None:
        self._sender, self._known, self._received = sender, known, received
        self._seen: dict[str, str] = {}
        self._new: dict[str, list[Incoming]] = {}
        self._aside: list[tuple[Incoming, str]] = []
        self.results: list[Result] = []

    def take(self, item: Incoming) -> None:
        result = self._repeated(item) or self._judged(item)
        self.results.append(result)
        self._seen.setdefault(item.id, item.content_hash)
        if result.code == ID_REUSED:
            self._aside.append((item, ID_REUSED))

    def _repeated(self, item: Incoming) -> Result | None:
        earlier = self._seen.get(item.id)
        if earlier is None:
            return None
        return (
            Result(item.id, "duplicate")
            if earlier == item.content_hash
            else Result(item.id, "refused", ID_REUSED)
        )

    def _judged(self, item: Incoming) -> Result:
        not_ours = foreign(self._sender, item)
        known = None if not_ours else remembered(item, self._known)
        if known is not None:
            return known
        code = not_ours or objection(self._sender, item, self._known)
        if code is None and item.operation is not None:
            self._new.setdefault(item.operation.inspection, []).append(item)
            return Result(item.id, "new")
        if code not in RETRYABLE:
            self._aside.append((item, code or ""))
        return Result(item.id, set_aside_as(code or ""), code)

    def write(self) -> dict[str, str]:
        """Everything into the database; answers {operation id: status} of what is new in the log."""
        for item, code in self._aside:
            _set_aside(self._sender, item, code, self._received)
        statuses: dict[str, str] = {}
        for inspection in sorted(self._new):
            page = _Page(inspection, self._known.teams[inspection], self._new[inspection], self._received)
            statuses |= _enter(self._sender, page)
        return statuses


@dataclass(frozen=True, slots=True)
class _Page:
    """What one batch adds to one inspection's log."""

    inspection: str
    team: Team
    items: list[Incoming]
    received: datetime

    @property
    def operations(self) -> list[OperationIn]:
        return [item.operation for item in self.items if item.operation is not None]


def _enter(sender: Sender, page: _Page) -> dict[str, str]:
    milliseconds = int(page.received.timestamp() * 1000)
    new = [Stamped(operation, stamp(operation.hlc, milliseconds)) for operation in page.operations]
    earlier = _related(page)
    state = fold([*(Stamped(operation_of(row.body), row.stamp) for row in earlier), *new], page.team)
    statuses = state.statuses()
    hidden = _confidential(
        page, {row.entity_id: row.confidential_to for row in earlier if row.entity == "photo"}
    )
    first = _places(page.inspection, len(new))
    rows: list[dict[str, Any]] = [
        {"id": operation.id, "inspection_id": page.inspection, "n": first + index, "device_id": operation.device,
         "seq": operation.seq, "entity": operation.entity, "entity_id": operation.entity_id, "body": item.body,
         "content_hash": item.content_hash, "author_id": operation.author, "stamp": new[index].stamp,
         "status": statuses[operation.id], "code": "", "confidential_to": hidden[operation.id], "received_at": page.received}
        for index, (item, operation) in enumerate(zip(page.items, page.operations, strict=True))
    ]  # fmt: skip
    db.session.execute(insert(OperationRow.__table__), rows)  # Core, not the unit of work
    _follow(sender, page, state, first)
    return {operation.id: statuses[operation.id] for operation in page.operations}


def _related(page: _Page) -> Sequence[Any]:
    """What decides about the new ones: the log of the same entities, and what closes or opens."""
    touched = {operation.entity_id for operation in page.operations}
    kinds = (*FREE, "score_sheet") if _concerns_sheets(page) else FREE
    query = select(
        OperationRow.body,
        OperationRow.stamp,
        OperationRow.entity,
        OperationRow.entity_id,
        OperationRow.confidential_to,
    )
    query = query.where(
        OperationRow.inspection_id == page.inspection,
        or_(OperationRow.entity_id.in_(touched), OperationRow.entity.in_(kinds)),
    )
    return db.session.execute(query).all()


def _concerns_sheets(page: _Page) -> bool:
    return any(operation.entity in ("score_sheet", *FREE) for operation in page.operations)


def _confidential(page: _Page, papers: dict[str, str]) -> dict[str, str]:
    """{operation id: account} of sheets and photos of score papers: nobody else sees them until all are handed in."""
    found: dict[str, str] = {}
    for operation in page.operations:
        if operation.entity == "score_sheet":
            found[operation.id] = owners(page.inspection, page.team)[operation.entity, operation.entity_id]
        elif operation.entity == "photo":
            if operation.set.get("use") == "score_paper":
                papers[operation.entity_id] = (
                    operation.on_behalf.member if operation.on_behalf else operation.author
                )
            found[operation.id] = papers.get(operation.entity_id, "")
        else:
            found[operation.id] = ""
    return found


def _places(inspection: str, count: int) -> int:
    """The first of `count` places, in the order of commits: the row stays locked until this transaction ends."""
    table = Inspection.__table__
    query = (
        update(table)
        .where(table.c.id == inspection)
        .values(log_n=table.c.log_n + count)
        .returning(table.c.log_n)
    )
    return int(db.session.execute(query).scalar_one()) - count + 1


def _follow(sender: Sender, page: _Page, state: State, first: int) -> None:
    """What follows from new operations: photos in use, sheets that open, the visit that closes, the audit line."""
    refer({sha256 for item in page.items for sha256 in item.photos}, f"inspection:{page.inspection}")
    if _concerns_sheets(page):
        _open_sheets(page, state)
    following.follow(page.inspection, state, {operation.entity for operation in page.operations})
    who = accounts.get(sender.account_id)
    if who is not None:
        facts = {"device": sender.device_id, "first": first, "count": len(page.items)}
        audit.record(who, "inspections.operations_taken", f"inspection:{page.inspection}", **facts)


def _open_sheets(page: _Page, state: State) -> None:
    sheets = [
        state.entity("score_sheet", entity_uuid(page.inspection, f"score_sheet:{member}"))
        for member in page.team.members
    ]
    if all(sheet.value("handed_in_at") for sheet in sheets):
        db.session.execute(
            update(Inspection).where(Inspection.id == page.inspection).values(sheets_open=True)
        )


def _set_aside(sender: Sender, item: Incoming, code: str, received: datetime) -> None:
    """Keep it beside the log, once; an id that came with two contents is an alarm."""
    operation = item.operation
    new = insert_new(
        SetAside,
        [{
            "id": new_id(), "operation_id": item.id, "inspection_id": operation.inspection if operation else "",
            "device_id": operation.device if operation else sender.device_id, "account_id": sender.account_id,
            "seq": operation.seq if operation and abs(operation.seq) < 2**53 else 0, "body": item.body,
            "content_hash": item.content_hash, "status": set_aside_as(code), "code": code, "received_at": received,
        }],
    )  # fmt: skip
    if not new:
        return
    refer(photos.by_hashes(item.photos), f"set_aside:{item.id}")
    who = accounts.get(sender.account_id)
    if code == ID_REUSED and who is not None:
        log.error("operations.id_reused", operation=item.id, account=sender.account_id)
        audit.record(who, "inspections.id_reused", f"operation:{item.id}", content=item.content_hash)
