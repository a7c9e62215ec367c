"""What becomes of one item of a batch, before anything is written: taken, answered from memory, or set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import msgspec
from sqlalchemy import null, select, union_all

from inspect_app.domain.operations import Team
from inspect_app.domain.operations.validation import on_visit
from inspect_app.extensions import among
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.photos.queries import possessed
from inspect_app.prepared import Prepared

QUARANTINED = frozenset({"unknown_inspection", "account_disabled", "not_on_team", "unknown_schema"})
OF_THE_SESSION = frozenset({"foreign_author", "foreign_device"})
RETRYABLE = frozenset({"photo_missing"})
ID_REUSED = "id_reused"
BEFORE_RELEASE = "unknown_inspection"

_o, _s = OperationRow.__table__.c, SetAside.__table__.c  # of the tables: rows are asked for, no objects
_LOGGED = select(_o.id, _o.content_hash, _o.status, null(), null()).where(among(_o.id, "ids"))
_ASIDE = select(_s.operation_id, _s.content_hash, _s.status, _s.code, _s.account_id)
_KNOWN = Prepared(union_all(_LOGGED, _ASIDE.where(among(_s.operation_id, "ids"))))


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose session sends, from which device. A disabled account's work is parked, whatever it says. `name`: where it is known."""

    account_id: str
    device_id: str
    disabled: bool = False
    name: str = ""


class Result(msgspec.Struct, frozen=True):
    """What the device is told about one item."""

    id: str
    status: str
    code: str | None = None


@dataclass(slots=True)
class Known:
    """What stands in the database about the ids and inspections of some batches, kept up while they are taken in."""

    teams: Mapping[str, Team]  # of the inspections that exist
    logged: dict[str, tuple[str, str]]  # operation id -> (content hash, stored status)
    aside: dict[tuple[str, str], list[tuple[str, str, str]]]
    """(account id, operation id) -> [(content hash, status, code)]"""
    photos: Mapping[str, Set[str]]  # account id -> those that it possesses

    def note_aside(self, sender: Sender, item: Incoming, code: str) -> None:
        """Remember what was just set aside, so that the next batch gets the same answer."""
        kept = (item.content_hash, set_aside_as(code), code)
        self.aside.setdefault((sender.account_id, item.id), []).append(kept)


Batch = tuple[Sender, Sequence[Incoming]]


def look_up(batches: Sequence[Batch], teams: Mapping[str, Team], *, again: bool = False) -> Known:
    """Read the rest with a question or two. `again`: a quarantined batch is judged anew."""
    logged: dict[str, tuple[str, str]] = {}
    aside: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key, content, status, code, account in _KNOWN.rows(
        ids=[item.id for _, items in batches for item in items]
    ):
        if account is None:
            logged[key] = content, status
        elif not again:
            aside.setdefault((account, key), []).append((content, status, code))
    return Known(teams, logged, aside, _photos(batches))


def _photos(batches: Sequence[Batch]) -> dict[str, Set[str]]:
    wanted: dict[str, set[str]] = {}
    for sender, items in batches:
        wanted.setdefault(sender.account_id, set()).update(*(item.photos for item in items))
    return {account: possessed(account, hashes) for account, hashes in wanted.items()}


def remembered(sender: Sender, item: Incoming, known: Known) -> Result | None:
    """The answer that this content, or another under the same id, already got."""
    if item.id in known.logged:
        content, status = known.logged[item.id]
        return (
            Result(item.id, status) if content == item.content_hash else Result(item.id, "refused", ID_REUSED)
        )
    kept = known.aside.get((sender.account_id, item.id))
    if kept is None:
        return None
    told = [(content, status, code) for content, status, code in kept if code not in OF_THE_SESSION]
    same = [(status, code) for content, status, code in told if content == item.content_hash]
    if same:  # judged anew at the release: under the later code, in whatever order the rows come
        return Result(item.id, *max(same, key=lambda one: one[1] != BEFORE_RELEASE))
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
    found = item.code or on_visit(operation, team)
    if found is None and item.photos:
        return None if item.photos <= known.photos[sender.account_id] else "photo_missing"
    return found


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
