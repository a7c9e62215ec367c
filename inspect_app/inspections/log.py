"""Appending to the log: batches that come together share one transaction, places are given in the order of commits, and
the same batch gets the same answer every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import func, select

from inspect_app import audit, clock
from inspect_app.accounts import queries as accounts
from inspect_app.errors import Problem
from inspect_app.extensions import among, db
from inspect_app.ids import new_id
from inspect_app.inspections import services_open
from inspect_app.inspections.entering import Entered, Entries, Page, Writer
from inspect_app.inspections.heads import Head, hold
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.judging import (
    ID_REUSED,
    RETRYABLE,
    Batch,
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
from inspect_app.inspections.team import team_from
from inspect_app.photos import queries as photos
from inspect_app.photos.services import refer
from inspect_app.prepared import Prepared, insert_new
from inspect_app.transaction import Shared, end_read, in_transaction

log = structlog.get_logger()
MOST_TOGETHER = 16  # batches in one transaction: enough to share the disk's wait, few enough to be quick
WRITERS = {
    "sqlite": 1,
    "postgresql": 2,
}  # while the database is busy with one, the process prepares the other
PATIENCE = 20.0  # seconds in the line; the database's own limit comes on top
_i = Inspection.__table__.c
_LATEST = Prepared(
    select(func.max(OperationRow.received_at))
    .join(Inspection, (Inspection.id == OperationRow.inspection_id) & (Inspection.log_n == OperationRow.n))
    .where(among(Inspection.id, "ids"))
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch, item by item, and what it added: {inspection: the page in its log}."""

    results: list[Result]
    added: dict[str, Entered]


def append(sender: Sender, items: Sequence[Incoming], *, again: bool = False) -> list[Result]:
    """Take a batch and answer each item in its order: applied, late, conflict, duplicate, refused, quarantined.

    Durable when it returns, or with the caller's transaction. The same batch gives the same results, any number of times
    and at once. Never raises for the content of an item; `busy` when the writer stays busy. `again` judges quarantined
    items anew (they are settled by the caller).
    """
    return take_in(sender, items, again=again).results


def take_in(sender: Sender, items: Sequence[Incoming], *, again: bool = False) -> Taken:
    """The same, with what it added to the logs."""
    if in_transaction():
        return _take([(sender, items)], again=again)[0]
    end_read()  # nobody holds a connection while standing in the line
    try:
        return _line().run((sender, items))
    except TimeoutError:
        raise Problem("busy", "系統忙碌中，資料沒有變動。請稍後再試。") from None


def _line() -> Shared[Batch, Taken]:
    """The one line of this application."""
    known: Shared[Batch, Taken] | None = current_app.extensions.get("inspections.log")
    if known is None:
        writers = WRITERS[db.engine.dialect.name]
        known = current_app.extensions.setdefault(
            "inspections.log", Shared(_take, MOST_TOGETHER, PATIENCE, writers)
        )
    return known


def _take(batches: Sequence[Batch], *, again: bool = False) -> list[Taken]:
    """One after the other, in one transaction: the second sees what the first wrote."""
    held = _hold(batches)
    teams = {key: team_from(head.people) for key, head in held.items()}
    known, moment, entries = look_up(batches, teams, again=again), _moment_of_receipt(held), Entries(held)
    names = _names(batches)
    taken = []
    for sender, items in batches:
        writer = Writer(sender.account_id, names[sender.account_id], sender.device_id)
        taken.append(_Taking(sender, writer, known, entries, moment).take(items))
    entries.write()
    return taken


def _names(batches: Sequence[Batch]) -> dict[str, str]:
    """{account id: name}; asked for where the sender does not say it."""
    known = {sender.account_id: sender.name for sender, _ in batches}
    unknown = [key for key, name in known.items() if not name]
    return known | accounts.names(unknown) if unknown else known


def _moment_of_receipt(held: dict[str, Head]) -> datetime:
    """Now, and never before what was received already: a server clock that was put back does not turn the order round."""
    begun = [key for key, head in held.items() if head.last]
    latest = _LATEST.rows(ids=begun)[0][0] if begun else None
    now = clock.now()
    return now if latest is None else max(now, latest)


def _hold(batches: Sequence[Batch]) -> dict[str, Head]:
    """The inspections that exist, held until the transaction ends."""
    operations = (item.operation for _, items in batches for item in items)
    inspections = sorted({operation.inspection for operation in operations if operation is not None})
    found = hold(inspections)
    if len(found) == len(inspections):
        return found
    services_open.ensure(set(inspections).difference(found))
    return hold(inspections)  # also where another sender made the row just now


class _Taking:
    """One batch while it is taken in, all in the caller's transaction."""

    def __init__(
        self, sender: Sender, writer: Writer, known: Known, entries: Entries, received: datetime
    ) -> None:
        self._sender, self._writer, self._received = sender, writer, received
        self._known, self._entries = known, entries
        self._seen: dict[str, str] = {}
        self._new: dict[str, list[Incoming]] = {}
        self._aside: list[tuple[Incoming, str]] = []
        self._added: dict[str, Entered] = {}

    def take(self, items: Sequence[Incoming]) -> Taken:
        """Judge every item in its order, then enter what is new."""
        results = [self._judge(item) for item in items]
        self._keep()
        logged = self._known.logged
        told = [
            Result(result.id, logged[result.id][1]) if result.status == "new" else result
            for result in results
        ]
        return Taken(told, self._added)

    def _judge(self, item: Incoming) -> Result:
        result = self._repeated(item) or self._judged(item)
        self._seen.setdefault(item.id, item.content_hash)
        if result.code == ID_REUSED:
            self._aside.append((item, ID_REUSED))
        return result

    def _repeated(self, item: Incoming) -> Result | None:
        earlier = self._seen.get(item.id)
        if earlier is None:
            return None
        if earlier == item.content_hash:
            return Result(item.id, "duplicate")
        return Result(item.id, "refused", ID_REUSED)

    def _judged(self, item: Incoming) -> Result:
        not_ours = foreign(self._sender, item)
        known = None if not_ours else remembered(self._sender, item, self._known)
        if known is not None:
            return known
        code = not_ours or objection(self._sender, item, self._known)
        if code is None and item.operation is not None:
            self._new.setdefault(item.operation.inspection, []).append(item)
            return Result(item.id, "new")
        if code not in RETRYABLE:
            self._aside.append((item, code or ""))
        return Result(item.id, set_aside_as(code or ""), code)

    def _keep(self) -> None:
        """Set aside and enter; `known` then holds it, too."""
        for item, code in self._aside:
            _set_aside(self._sender, self._writer, item, code, self._received)
            self._known.note_aside(self._sender, item, code)
        for inspection, items in sorted(self._new.items()):
            page = Page(inspection, self._known.teams[inspection], items, self._received)
            entered = self._added[inspection] = self._entries.enter(self._writer, page)
            self._known.logged.update(
                {item.id: (item.content_hash, entered.statuses[item.id]) for item in items}
            )


def _set_aside(sender: Sender, writer: Writer, item: Incoming, code: str, received: datetime) -> None:
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
    if code == ID_REUSED:
        log.error("operations.id_reused", operation=item.id, account=sender.account_id)
        audit.record(writer, "inspections.id_reused", f"operation:{item.id}", content=item.content_hash)
