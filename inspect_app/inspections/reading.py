"""What a person may read of the logs, from a place on. Sheets of others come later, and none of them is missed.

A place is a pair per inspection: how far the open log was read, and how far the others' sheets were, which are read
only once all are handed in. Both run along `n`, which is given in the order of commits, so that nothing is skipped
while writers run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.domain.operations import Stamped, State, Team, entity_uuid, fold
from inspect_app.extensions import among, db
from inspect_app.inspections.entering import Entered
from inspect_app.inspections.heads import Head
from inspect_app.inspections.models import DECIDING_KINDS, Inspection, OperationRow
from inspect_app.inspections.state import operation_of
from inspect_app.inspections.team import team_from
from inspect_app.photos.access import decides
from inspect_app.prepared import Prepared, Row, records, recordset
from inspect_app.scheduling.models import VisitMember

_c = (
    OperationRow.__table__.c
)  # columns of the table, not of the model: thousands of rows need no unit of work
_ROWS = select(_c.n, _c.id, _c.body, _c.stamp, _c.status, type_coerce(_c.received_at, NullType()))
_AFTER = (
    _ROWS.where(_c.inspection_id == bindparam("inspection"), _c.n > bindparam("after"))
    .order_by(_c.n)
    .limit(bindparam("room"))
)
_OPEN_TO = or_(_c.confidential_to.in_(("", bindparam("reader"))), _c.author_id == bindparam("reader"))
_OPEN, _SHEETS = Prepared(_AFTER.where(_OPEN_TO)), Prepared(_AFTER.where(~_OPEN_TO))
_i, _m = Inspection.__table__.c, VisitMember.__table__.c
_OF_ACCOUNT = Prepared(
    select(_i.id)
    .select_from(Inspection.__table__.join(VisitMember.__table__, _m.visit_id == _i.id))
    .where(_m.account_id == bindparam("account"))
    .order_by(_i.id)
)
_DECIDING = Prepared(
    select(_c.inspection_id, _c.body, _c.stamp).where(among(_c.inspection_id, "ids"), DECIDING_KINDS)
)


def _at(key: ColumnElement[str], n: ColumnElement[int]) -> Prepared:
    """What stands at the places that come as the `records` named `places`: one parameter, however many they are."""
    wanted = and_(_c.inspection_id == key, _c.n == n)
    return Prepared(select(_c.inspection_id, _c.id, type_coerce(_c.received_at, NullType())).where(wanted))


_each = func.json_each(bindparam("places", type_=Text())).table_valued("value").c.value
_place = recordset("places", column("id", String), column("log", Integer)).c
_AT = {
    "sqlite": _at(func.json_extract(_each, "$.id"), func.json_extract(_each, "$.log")),
    "postgresql": _at(_place.id, _place.log),
}


EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
NOTHING: Mapping[str, Entered] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody has read one inspection. `mark` tells which operation stands at `log`, and when it came."""

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
    return [key for (key,) in _OF_ACCOUNT.rows(account=account_id)]


def read(
    account_id: str,
    places: Mapping[str, Place],
    heads: Mapping[str, Head],
    most: int,
    added: Mapping[str, Entered] = NOTHING,
) -> Page:
    """At most `most` operations beyond the places, for a reader who is on the team of all of these inspections.

    `added`: what the reader has just put into logs right behind the places; it is known and need not be asked for.
    """
    page = Page(places=dict(places))
    known = sorted(key for key in places if key in heads)
    for key in known:
        if places[key].log < heads[key].last and not page.more:
            _read_open(account_id, key, page, most, added.get(key))
    for key in known:
        if heads[key].sheets_open and places[key].sheets < heads[key].last and not page.more:
            _read_sheets(account_id, key, page, most)
    return page


def _read_open(account_id: str, inspection: str, page: Page, most: int, added: Entered | None) -> None:
    """What everybody may read, and the reader's own. One inspection at a time: asked for many at once, PostgreSQL would look
    through the whole table.
    """
    room, place = most - len(page.operations), page.places[inspection]
    if added is not None:
        rows: list[Row] = list(added.rows())
    else:
        rows = _OPEN.rows(inspection=inspection, after=place.log, reader=account_id, room=room + 1)
    end = _add(rows, page, room)
    if end is not None:
        page.places[inspection] = Place(end[0], place.sheets, _mark(*end[1:]))


def _read_sheets(account_id: str, inspection: str, page: Page, most: int) -> None:
    room, place = most - len(page.operations), page.places[inspection]
    rows = _SHEETS.rows(inspection=inspection, after=place.sheets, reader=account_id, room=room + 1)
    end = _add(rows, page, room)
    if end is not None:
        page.places[inspection] = Place(place.log, end[0], place.mark)


def _add(rows: list[Row], page: Page, room: int) -> tuple[int, str, datetime | str] | None:
    """Append as many rows as there is room for; answers n, id and arrival of the last one."""
    page.more = page.more or len(rows) > room
    moments: dict[Any, str] = {}  # a batch has one
    end = None
    for n, key, body, stamp, status, received in rows[:room]:
        moment = moments.get(received) or moments.setdefault(received, _moment(received))
        end = n, key, received
        page.operations.append(
            orjson.Fragment(
                f'{body[:-1]},"n":{n},"stamp":"{stamp}","status":"{status}","received":"{moment}"}}'
            )
        )
    return end


def _moment(came: datetime | str) -> str:
    return clock.as_text(_arrival(came))


def _arrival(came: datetime | str) -> datetime:
    """As the driver gives it: SQLite's is a text in UTC."""
    return datetime.fromisoformat(came).replace(tzinfo=UTC) if isinstance(came, str) else came.astimezone(UTC)


def _mark(operation_id: str, came: datetime | str) -> str:
    """The random end of an operation's id, and when it came (milliseconds, hexadecimal): whether the log up to here is the one
    that was read. One that was lost and sent again stands at another moment, with other stamps before it perhaps.
    """
    return f"{operation_id[-12:]}{(_arrival(came) - EPOCH) // MILLISECOND:x}"


def beyond(places: Mapping[str, Place]) -> list[str]:
    """The inspections whose log does not hold what the reader was given there: an older state was put back."""
    read_before = {key: place for key, place in places.items() if place.log}
    if not read_before:
        return []
    told = records(("id", "log"), ((key, place.log) for key, place in read_before.items()))
    rows = _AT[db.session.get_bind().dialect.name].rows(places=told)
    found = {key: _mark(operation, came) for key, operation, came in rows}
    return sorted(key for key, place in read_before.items() if found.get(key) != place.mark)


def sheets_handed_in(heads: Mapping[str, Head]) -> list[dict[str, Any]]:
    """Who has handed in, without any value, while the sheets are not yet open: [{inspection, member, handed_in, late}].

    `late`: handed in after the closing, so that it does not count until the leader opens the inspection again.
    """
    shut = sorted(key for key, head in heads.items() if not head.sheets_open)
    decided = [key for key in shut if heads[key].decided]
    logs = _deciding(decided) if decided else {}
    return [
        {"inspection": key, "member": member, "handed_in": handed_in, "late": late}
        for key in shut
        for member, handed_in, late in _handed_in(key, team_from(heads[key].people), logs.get(key, []))
    ]


def _deciding(inspections: list[str]) -> dict[str, list[Stamped]]:
    """{inspection: its sheets and what may make one late}; the rest of a log decides nothing about them."""
    found: dict[str, list[Stamped]] = {}
    for key, body, stamp in _DECIDING.rows(ids=inspections):
        found.setdefault(key, []).append(Stamped(operation_of(body), stamp))
    return found


def _handed_in(inspection: str, team: Team, log: list[Stamped]) -> Iterator[tuple[str, bool, bool]]:
    state = fold(log, team) if log else State()
    late = {
        item.operation.entity_id
        for item in log
        if item.operation.id in state.late and item.operation.set.get("handed_in_at")
    }
    for member in sorted(team.members):
        key = entity_uuid(inspection, f"score_sheet:{member}")
        handed_in = bool(state.entity("score_sheet", key).value("handed_in_at"))
        yield member, handed_in, not handed_in and key in late


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
