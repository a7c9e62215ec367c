"""The fold: pure, deterministic, independent of order, repetition and batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .identity import content_hash, entity_uuid, inside
from .model import OperationLike, Stamped, Team
from .state import Entity, FieldValue, Key, Other, State
from .validation import owners, validate

# What a closing does not cover: these may come at any time.
FREE = ("signature", "closing", "late_decision")
Index = dict[tuple[str, str, str], list[Stamped]]


def fold(stamped: Iterable[Stamped], team: Team) -> State:
    """The state of one inspection's log (docs/sync-protocol.md, "The fold")."""
    log, reused = _once(stamped)
    refused = {item.operation.id: code for item in log if (code := validate(item.operation, team))}
    placed = [item for item in log if item.operation.id not in refused]
    late = _late(placed, team)
    index = _by_field(item for item in placed if item.operation.id not in late)
    entities = _entities(index, _by_field(item for item in placed if item.operation.id in late))
    conflicts = tuple(sorted(_conflicts(entities)))
    return State(entities, frozenset(late), refused, conflicts, reused, tuple(log))


def order(item: Stamped) -> tuple[str, str, int, str]:
    """The highest is shown: stamp, device, seq; the id only for a device that counted twice."""
    op = item.operation
    return item.stamp, op.device, op.seq, op.id


def _once(stamped: Iterable[Stamped]) -> tuple[list[Stamped], frozenset[str]]:
    """Each id once, with its lowest stamp (the server's bound); and the ids that stand for two contents."""
    versions: dict[str, list[Stamped]] = defaultdict(list)
    for item in stamped:
        versions[item.operation.id].append(item)
    log = sorted((_first(same) for same in versions.values()), key=order)
    return log, frozenset(key for key, same in versions.items() if _differ(same))


def _first(same: Sequence[Stamped]) -> Stamped:
    return (
        same[0] if len(same) == 1 else min(same, key=lambda item: (item.stamp, content_hash(item.operation)))
    )


def _differ(same: Sequence[Stamped]) -> bool:
    return len(same) > 1 and len({content_hash(item.operation) for item in same}) > 1


def _late(placed: Sequence[Stamped], team: Team) -> set[str]:
    """Ids outside the shown frontiers that the leader has not accepted."""
    free = _entities(_by_field(item for item in placed if item.operation.entity in FREE), {})
    covers = _covers(free, team)
    outside = [item.operation for item in placed if _outside(item.operation, covers)]
    return {op.id for op in outside if not _accepted(op, free)}


Covers = Callable[[OperationLike], list[Mapping[str, int]]]


def _covers(free: Mapping[Key, Entity], team: Team) -> Covers:
    def covers(op: OperationLike) -> list[Mapping[str, int]]:
        keys = [("closing", entity_uuid(op.inspection, "closing"))]
        if op.entity == "score_sheet":
            owner = owners(op.inspection, team)[op.entity, op.entity_id]
            keys.append(("signature", entity_uuid(op.inspection, f"signature:{owner}")))
        return [found for key in keys if (found := _frontier(free.get(key))) is not None]

    return covers


def _frontier(entity: Entity | None) -> Mapping[str, int] | None:
    if entity is None or entity.deleted:
        return None
    found: Mapping[str, int] | None = entity.value("frontier")
    return found


def _outside(op: OperationLike, covers: Covers) -> bool:
    return op.entity not in FREE and any(not inside(op, frontier) for frontier in covers(op))


def _accepted(op: OperationLike, free: Mapping[Key, Entity]) -> bool:
    decision = free.get(("late_decision", entity_uuid(op.inspection, f"late_decision:{op.id}")))
    return decision is not None and decision.value("decision") == "accept"


def _by_field(items: Iterable[Stamped]) -> Index:
    index: Index = defaultdict(list)
    for item in items:
        op = item.operation
        for name in op.set:
            index[op.entity, op.entity_id, name].append(item)
    return index


def _entities(index: Index, late: Index) -> dict[Key, Entity]:
    fields: dict[Key, dict[str, FieldValue]] = defaultdict(dict)
    for (kind, entity_id, name), items in index.items():
        fields[kind, entity_id][name] = _field(name, items, late.get((kind, entity_id, name), ()))
    return {key: Entity(dict(sorted(found.items()))) for key, found in fields.items()}


def _field(name: str, items: Sequence[Stamped], late: Sequence[Stamped]) -> FieldValue:
    shown = max(items, key=order)
    op = shown.operation
    others = () if len(items) == 1 else _others(name, shown, items, late)
    return FieldValue(op.set[name], op.id, op.author, shown.stamp, _for_another(op), others)


def _for_another(op: OperationLike) -> bool:
    return op.on_behalf is not None and op.on_behalf.member != op.author


def _others(
    name: str, shown: Stamped, items: Sequence[Stamped], late: Sequence[Stamped]
) -> tuple[Other, ...]:
    """The heads (what no applied operation replaced) whose value is another than the shown one, latest first."""
    replaced = _replaced(name, items, late)
    value = shown.operation.set[name]
    heads = [
        item for item in items if item.operation.id not in replaced and item.operation.set[name] != value
    ]
    heads.sort(key=order, reverse=True)
    return tuple(
        Other(item.operation.set[name], item.operation.id, item.operation.author, item.stamp)
        for item in heads
    )


def _replaced(name: str, items: Sequence[Stamped], late: Sequence[Stamped]) -> set[str]:
    """Ids that the applied operations reach through `base`, also through late ones."""
    bridges = {item.operation.id: item.operation for item in late}
    waiting = [base for item in items for base in bases(item.operation, name)]
    found: set[str] = set()
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += bases(bridges[current], name) if current in bridges else ()
    return found


def bases(op: OperationLike, name: str) -> Sequence[str]:
    """The ids that the operation replaces in a field: none, one, or several after a merge."""
    base: Any = op.base.get(name)
    if base is None:
        return ()
    return [base] if isinstance(base, str) else list(base)


def _conflicts(entities: Mapping[Key, Entity]) -> Iterable[tuple[str, str, str]]:
    for (kind, entity_id), entity in entities.items():
        for name, found in entity.fields.items():
            if found.others:
                yield kind, entity_id, name
