"""How inspections stand: the last place in the log, whether the sheets are open, and who is on the team; with one question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import exists, select, true

from inspect_app.extensions import among
from inspect_app.inspections.models import DECIDING_KINDS, Inspection, OperationRow
from inspect_app.inspections.team import SHEET_OF_VISIT, Line
from inspect_app.prepared import Prepared, Row
from inspect_app.scheduling.models import Visit, VisitMember

_i, _m, _o = (model.__table__.c for model in (Inspection, VisitMember, OperationRow))
_DECIDED = exists().where(_o.inspection_id == _i.id, DECIDING_KINDS)
_PEOPLE = Inspection.__table__.outerjoin(VisitMember.__table__, _m.visit_id == _i.id).outerjoin(
    Visit.__table__, Visit.id == _i.id
)
_PERSON = (_m.account_id, _m.role, _m.external, SHEET_OF_VISIT)
_HEADS = Prepared(
    select(_i.id, _i.log_n, _i.sheets_open, _DECIDED, *_PERSON)
    .select_from(_PEOPLE)
    .where(among(_i.id, "ids"))
    .order_by(_i.id, _m.place)
)
# Of other tables only the team is asked, which is written once, at the release: on PostgreSQL their rows are those of before
# the wait for the lock.
_HELD = Prepared(
    select(_i.id, _i.log_n, _i.sheets_open, true(), *_PERSON)
    .select_from(_PEOPLE)
    .where(among(_i.id, "ids"))
    .order_by(_i.id, _m.place)
    .with_for_update(of=Inspection.__table__)
)


@dataclass(slots=True)
class Head:
    """`last` place in the log; `decided`: whether it may hold a sheet, or what makes one late."""

    last: int
    sheets_open: bool
    decided: bool
    people: list[Line] = field(default_factory=list)


def heads_of(inspections: Iterable[str]) -> dict[str, Head]:
    """{inspection id: how it stands} of those that exist."""
    wanted = list(inspections)
    return _heads(_HEADS.rows(ids=wanted)) if wanted else {}


def hold(inspections: Iterable[str]) -> dict[str, Head]:
    """The same; their rows are held, taken in one order, until the transaction ends. SQLite holds its one lock already."""
    return _heads(_HELD.rows(ids=inspections))


def _heads(rows: list[Row]) -> dict[str, Head]:
    found: dict[str, Head] = {}
    for key, last, sheets_open, decided, who, role, external, sheet in rows:
        head = found.setdefault(key, Head(last, sheets_open, decided))
        if who is not None:
            head.people.append((who, role, external, sheet))
    return found
