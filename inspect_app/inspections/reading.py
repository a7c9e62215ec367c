"""What a person may read of the logs, from a place on. Sheets of others come later, and none of them is missed.

A place is a pair per inspection: how far the open log was read, and how far the others' sheets were, which are read
only once all are handed in. Both run along `n`, which is given in the order of commits, so that nothing is skipped
while writers run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, or_, select

from inspect_app.accounts.actor import Actor
from inspect_app.domain.operations import Stamped, State, entity_uuid, fold
from inspect_app.domain.operations.folding import FREE
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, OperationRow
from inspect_app.inspections.state import operation_of
from inspect_app.inspections.team import team_of
from inspect_app.photos.access import decides
from inspect_app.scheduling.models import VisitMember

_COLUMNS = (
    OperationRow.n, OperationRow.id, OperationRow.body, OperationRow.stamp, OperationRow.status, OperationRow.received_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read one inspection. `mark` is the end of the id of the operation at `log`."""

    log: int = 0
    sheets: int = 0
    mark: str = ""


@dataclass(slots=True)
class Page:
    """What was read: operations as JSON, where the reader stands now, and whether there is more."""

    operations: list[orjson.Fragment] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    more: bool = False


def inspections_of(account_id: str) -> list[str]:
    """The inspections on whose team somebody is. Sealed visits have no team rows yet."""
    query = select(Inspection.id).join(VisitMember, VisitMember.visit_id == Inspection.id)
    return list(db.session.scalars(query.where(VisitMember.account_id == account_id).order_by(Inspection.id)))


def read(account_id: str, places: Mapping[str, Place], most: int) -> Page:
    """At most `most` operations beyond the places, for a reader who is on the team of all of these inspections."""
    page = Page(places=dict(places))
    heads = _heads(places)
    for inspection in sorted(places):
        if inspection in heads:
            _read_one(account_id, inspection, heads[inspection], page, most)
    return page


def _heads(inspections: Iterable[str]) -> dict[str, tuple[int, bool]]:
    query = select(Inspection.id, Inspection.log_n, Inspection.sheets_open).where(
        Inspection.id.in_(list(inspections))
    )
    return {row.id: (row.log_n, row.sheets_open) for row in db.session.execute(query)}


def _read_one(account_id: str, inspection: str, head: tuple[int, bool], page: Page, most: int) -> None:
    last, sheets_open = head
    place = page.places[inspection]
    if place.log < last:
        rows = _rows(inspection, place.log, _open_to(account_id), page, most)
        if rows:
            place = Place(rows[-1].n, place.sheets, mark_of(rows[-1].id))
    if sheets_open and place.sheets < last and not page.more:
        rows = _rows(inspection, place.sheets, ~_open_to(account_id), page, most)
        if rows:
            place = Place(place.log, rows[-1].n, place.mark)
    page.places[inspection] = place


def _open_to(account_id: str) -> ColumnElement[bool]:
    return or_(OperationRow.confidential_to.in_(("", account_id)), OperationRow.author_id == account_id)


def _rows(inspection: str, after: int, which: ColumnElement[bool], page: Page, most: int) -> list[Any]:
    room = most - len(page.operations)
    query = select(*_COLUMNS).where(
        and_(OperationRow.inspection_id == inspection, OperationRow.n > after, which)
    )
    rows = list(db.session.execute(query.order_by(OperationRow.n).limit(room + 1)).all())
    page.more = page.more or len(rows) > room
    rows = rows[:room]
    page.operations += [_pulled(row) for row in rows]
    return rows


def _pulled(row: Any) -> orjson.Fragment:
    """The stored canonical text with the server's additions, without decoding it."""
    added = {"n": row.n, "stamp": row.stamp, "status": row.status, "received": _moment(row.received_at)}
    return orjson.Fragment(row.body[:-1].encode() + b"," + orjson.dumps(added)[1:])


def _moment(value: Any) -> str:
    return str(value.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def mark_of(operation_id: str) -> str:
    """The random end of an operation's id: tells whether the log at a place is still the same."""
    return operation_id[-12:]


def beyond(places: Mapping[str, Place]) -> list[str]:
    """The inspections whose log does not hold what the reader was given there: an older state was put back."""
    read_before = {key: place for key, place in places.items() if place.log}
    if not read_before:
        return []
    held = (
        and_(OperationRow.inspection_id == key, OperationRow.n == place.log)
        for key, place in read_before.items()
    )
    rows = db.session.execute(select(OperationRow.inspection_id, OperationRow.id).where(or_(*held)))
    found = {row.inspection_id: mark_of(row.id) for row in rows}
    return sorted(key for key, place in read_before.items() if found.get(key) != place.mark)


def sheets_handed_in(inspections: Iterable[str]) -> list[dict[str, Any]]:
    """Who has handed in, without any value, while the sheets are not yet open: [{inspection, member, handed_in}]."""
    query = select(Inspection.id).where(
        Inspection.id.in_(list(inspections)), Inspection.sheets_open.is_(False)
    )
    found: list[dict[str, Any]] = []
    for key in db.session.scalars(query.order_by(Inspection.id)).all():
        state, team = _sheets(key), team_of(key)
        for member in sorted(team.members):
            sheet = state.entity("score_sheet", entity_uuid(key, f"score_sheet:{member}"))
            found.append(
                {"inspection": key, "member": member, "handed_in": bool(sheet.value("handed_in_at"))}
            )
    return found


def _sheets(inspection_id: str) -> State:
    """The fold of the sheets and of what may make one late; the rest of the log decides nothing about them."""
    query = select(OperationRow.body, OperationRow.stamp).where(
        OperationRow.inspection_id == inspection_id, OperationRow.entity.in_(("score_sheet", *FREE))
    )
    stamped = [Stamped(operation_of(row.body), row.stamp) for row in db.session.execute(query)]
    return fold(stamped, team_of(inspection_id)) if stamped else State()


@decides("inspection")
def _sees_photo(actor: Actor, inspection_id: str, sha256: str) -> bool:
    """Whoever sees the inspection sees its photos, score papers of others only once all sheets are handed in."""
    from inspect_app.inspections import queries

    row = db.session.get(Inspection, inspection_id)
    if row is None or not queries.may_see(actor, row):
        return False
    return row.sheets_open or not _hidden(actor.id, inspection_id, sha256)


def _hidden(account_id: str, inspection_id: str, sha256: str) -> bool:
    """Whether every operation of the inspection that names the photo is confidential to somebody else."""
    query = select(OperationRow.confidential_to, OperationRow.author_id).where(
        OperationRow.inspection_id == inspection_id, OperationRow.body.contains(sha256)
    )
    rows = db.session.execute(query).all()
    return bool(rows) and all(
        row.confidential_to not in ("", account_id) and row.author_id != account_id for row in rows
    )
