"""Where people of one inspection wrote differently, withdrew unseen or came after the closing: what stands, who decided.

Read from the fold alone: two values stand side by side until somebody's operation replaces both (its `base` is a list).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspect_app.accounts.actor import Actor
from inspect_app.domain.operations import (
    FieldValue,
    OperationLike,
    Stamped,
    State,
    Withdrawn,
    undecided,
    withdrawn,
)
from inspect_app.errors import Problem
from inspect_app.inspections import queries
from inspect_app.inspections.showing import ORDER, is_inside, open_to
from inspect_app.inspections.state import folded


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a field: who wrote it and when (stamp). `stands`: it is the one that the record shows."""

    value: Any
    author: str
    stamp: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field in which values stood side by side, the latest first. `decided_by` is empty while they still do."""

    kind: str
    entity_id: str
    field: str
    versions: tuple[Version, ...]
    decided_by: str = ""
    decided_at: str = ""
    value: Any = None  # what was decided


@dataclass(frozen=True, slots=True)
class LateLine:
    """An operation that came after the closing or the signature. `decision`: accept, reject, or empty while it waits."""

    operation: OperationLike
    stamp: str
    decision: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: str = ""


@dataclass(frozen=True, slots=True)
class Disputes:
    """Of one inspection: what is undecided, what was decided, what came late, what was deleted unseen."""

    undecided: tuple[Dispute, ...]
    decided: tuple[Dispute, ...]
    late: tuple[LateLine, ...]
    withdrawn: tuple[Withdrawn, ...]

    @property
    def waiting(self) -> int:
        """How much waits for the leader."""
        return len(self.undecided) + len(self.withdrawn) + sum(not line.decision for line in self.late)


def disputes(actor: Actor, inspection_id: str) -> Disputes:
    """Raises `not_found` to those who may not see the inspection, `forbidden` to those outside the team and the office."""
    row = queries.get(actor, inspection_id)
    if not is_inside(actor, row):
        raise Problem("forbidden", "兩種寫法與遲到資料只給查核小組與承辦人員查看。")
    state = folded(inspection_id)

    def readable(kind: str, entity_id: str) -> bool:
        return kind in ORDER and open_to(actor, row, state, kind, entity_id)

    torn = [item for item in _undecided(state) if readable(item.kind, item.entity_id)]
    decided = [item for item in _decided(state) if readable(item.kind, item.entity_id)]
    late = [line for line in _late(state) if readable(line.operation.entity, line.operation.entity_id)]
    torn.sort(key=lambda item: (ORDER.index(item.kind), item.entity_id, item.field))
    return Disputes(tuple(torn), tuple(decided), tuple(late), withdrawn(state))


def _undecided(state: State) -> Iterator[Dispute]:
    for kind, entity_id, name in undecided(state):
        found = state.entity(kind, entity_id).fields[name]
        shown = Version(found.value, found.author, found.stamp, stands=True)
        others = (Version(other.value, other.author, other.stamp, stands=False) for other in found.others)
        yield Dispute(kind, entity_id, name, (shown, *others))


def _decided(state: State) -> Iterator[Dispute]:
    """Every operation that replaced several values at once, newest first."""
    known = {item.operation.id: item for item in state.log}
    for item in reversed(state.log):
        if item.operation.id in state.refused or item.operation.id in state.late:
            continue
        for name, base in item.operation.base.items():
            replaced = [known[key] for key in base if key in known] if isinstance(base, list | tuple) else []
            replaced = [
                one for one in replaced if name in one.operation.set
            ]  # a deletion names all that it saw
            if len({repr(one.operation.set.get(name)) for one in replaced}) > 1:
                yield _decision(state, item, name, replaced)


def _decision(state: State, item: Stamped, name: str, replaced: Sequence[Stamped]) -> Dispute:
    operation = item.operation
    shown = state.entity(operation.entity, operation.entity_id).value(name)
    versions = tuple(
        Version(value, one.operation.author, one.stamp, stands=value == shown)
        for one in sorted(replaced, key=lambda one: one.stamp, reverse=True)
        for value in [one.operation.set.get(name)]
    )
    return Dispute(
        operation.entity,
        operation.entity_id,
        name,
        versions,
        operation.author,
        item.stamp,
        operation.set[name],
    )


def _late(state: State) -> Iterator[LateLine]:
    """In the order of the fold: what waits, and what the leader let in or left out."""
    decisions = {entity.value("operation"): entity.fields for _key, entity in state.of("late_decision")}
    for item in state.log:
        fields = decisions.get(item.operation.id, {})
        if item.operation.id in state.late or fields:
            yield _line(item.operation, item.stamp, fields)


def _line(operation: OperationLike, stamp: str, fields: Mapping[str, FieldValue]) -> LateLine:
    decision = fields.get("decision")
    if decision is None or decision.value is None:
        return LateLine(operation, stamp)
    reason = fields["reason"].value if "reason" in fields else ""
    return LateLine(operation, stamp, decision.value, reason or "", decision.author, decision.stamp)
