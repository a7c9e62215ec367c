"""What becomes of one item of a batch, before anything is written: taken, answered from memory, or set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from inspect_app.domain.operations import Team, validate
from inspect_app.extensions import db
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.inspections.team import team_of
from inspect_app.photos.queries import possessed

QUARANTINED = frozenset({"unknown_inspection", "account_disabled", "not_on_team", "unknown_schema"})
OF_THE_SESSION = frozenset({"foreign_author", "foreign_device"})
RETRYABLE = frozenset({"photo_missing"})
ID_REUSED = "id_reused"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose session sends, from which device. A disabled account's work is parked, whatever it says."""

    account_id: str
    device_id: str
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What the device is told about one item."""

    id: str
    status: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in the database about the ids and inspections of a batch."""

    logged: Mapping[str, tuple[str, str]]  # operation id -> (content hash, stored status)
    aside: Mapping[
        str, list[tuple[str, str, str]]
    ]  # operation id -> [(content hash, status, code)] of this sender
    teams: Mapping[str, Team]  # of the inspections that exist
    photos: frozenset[str] = field(default=frozenset())  # those that the sender possesses


def look_up(
    sender: Sender, items: Sequence[Incoming], inspections: Iterable[str], *, again: bool = False
) -> Known:
    """Read it all with a handful of questions. `inspections`: those that exist; `again`: a quarantined batch is judged anew."""
    ids = {item.id for item in items}
    rows = db.session.execute(
        select(OperationRow.id, OperationRow.content_hash, OperationRow.status).where(
            OperationRow.id.in_(ids)
        )
    )
    return Known(
        logged={row.id: (row.content_hash, row.status) for row in rows},
        aside={} if again else _aside(sender, ids),
        teams={key: team_of(key) for key in inspections},
        photos=frozenset(possessed(sender.account_id, {sha256 for item in items for sha256 in item.photos})),
    )


def _aside(sender: Sender, ids: set[str]) -> dict[str, list[tuple[str, str, str]]]:
    query = select(SetAside.operation_id, SetAside.content_hash, SetAside.status, SetAside.code)
    query = query.where(SetAside.operation_id.in_(ids), SetAside.account_id == sender.account_id)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in db.session.execute(query):
        found.setdefault(row.operation_id, []).append((row.content_hash, row.status, row.code))
    return found


def remembered(item: Incoming, known: Known) -> Result | None:
    """The answer that this content, or another under the same id, already got."""
    if item.id in known.logged:
        content, status = known.logged[item.id]
        return (
            Result(item.id, status) if content == item.content_hash else Result(item.id, "refused", ID_REUSED)
        )
    told = [
        (content, status, code)
        for content, status, code in known.aside.get(item.id, ())
        if code not in OF_THE_SESSION
    ]
    for content, status, code in told:
        if content == item.content_hash:
            return Result(item.id, status, code)
    if any(code != ID_REUSED for _content, _status, code in told):
        return Result(item.id, "refused", ID_REUSED)
    return None


def objection(sender: Sender, item: Incoming, known: Known) -> str | None:
    """Why a new item cannot be taken into the log; None when it can. The order of the questions is part of the contract."""
    operation = item.operation
    if operation is None:
        return item.code
    if sender.disabled:
        return "account_disabled"
    team = known.teams.get(operation.inspection)
    if team is None:
        return "unknown_inspection"
    return validate(operation, team) or (None if item.photos <= known.photos else "photo_missing")


def foreign(sender: Sender, item: Incoming) -> str | None:
    """One person's session never sends another's queue, nor another device's."""
    operation = item.operation
    if operation is None:
        return None
    if operation.author != sender.account_id:
        return "foreign_author"
    return "foreign_device" if operation.device != sender.device_id else None


def set_aside_as(code: str) -> str:
    """refused, or quarantined where a person can still place it."""
    return "quarantined" if code in QUARANTINED else "refused"
