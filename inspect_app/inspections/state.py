"""The state of an inspection: the pure fold of its log, as it stands now."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import msgspec
from sqlalchemy import select

from inspect_app.domain.operations import OnBehalf, Operation, Stamped, State, Team, fold, present
from inspect_app.extensions import db
from inspect_app.inspections.models import OperationRow
from inspect_app.inspections.team import team_of

KEPT = 64
_cache: OrderedDict[tuple[str, int, str, Team], State] = OrderedDict()
_lock = Lock()


def operation_of(body: str) -> Operation:
    """The operation of a stored row, in the present form."""
    data: dict[str, Any] = msgspec.json.decode(body)
    behalf = data.pop("on_behalf", None)
    return present(Operation(**data, on_behalf=OnBehalf(**behalf) if behalf else None))


def folded(inspection_id: str) -> State:
    """The fold of the whole log; kept in memory until the log grows. An unknown inspection has an empty state."""
    head = db.session.execute(
        select(OperationRow.n, OperationRow.id)
        .where(OperationRow.inspection_id == inspection_id)
        .order_by(OperationRow.n.desc())
        .limit(1)
    ).first()
    if head is None:
        return State()
    key = (inspection_id, head.n, head.id, team_of(inspection_id))
    with _lock:
        known = _cache.get(key)
        if known is not None:
            _cache.move_to_end(key)
            return known
    return _keep(key, fold(_log(inspection_id, head.n), key[3]))


def _log(inspection_id: str, through: int) -> list[Stamped]:
    query = select(OperationRow.body, OperationRow.stamp)
    query = query.where(OperationRow.inspection_id == inspection_id, OperationRow.n <= through)
    return [
        Stamped(operation_of(row.body), row.stamp)
        for row in db.session.execute(query.order_by(OperationRow.n))
    ]


def _keep(key: tuple[str, int, str, Team], state: State) -> State:
    with _lock:
        _cache[key] = state
        while len(_cache) > KEPT:
            _cache.popitem(last=False)
    return state
