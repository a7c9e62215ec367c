"""What waits for a decision in a folded state: values that stand side by side, and what was withdrawn unseen.

The twin is static/src/domain/operations/deciding.ts; both are held to tests/vectors/deciding.json.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .folding import FREE, bases, order
from .model import Stamped
from .state import Entity, State

WITHDRAWABLE = ("attendance", "finding", "merit", "test")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A deleted entity that holds more than its deleter is known to have seen.

    `by` deleted it at `stamp`; `unseen`: ids of others' operations in it, photos of a finding included, in the fold's order.
    """

    kind: str
    entity_id: str
    by: str
    stamp: str
    unseen: tuple[str, ...]


def undecided(state: State) -> tuple[tuple[str, str, str], ...]:
    """The conflicts about which somebody has to decide: (entity, entity id, field), sorted.

    Not those of what is deleted, and not those of signatures, closings and decisions: each is one act, the later one counts.
    """
    return tuple(
        (kind, key, name)
        for kind, key, name in state.conflicts
        if kind not in FREE and (name == "deleted" or not state.entity(kind, key).deleted)
    )


def withdrawn(state: State) -> tuple[Withdrawn, ...]:
    """By kind and id. A deletion names in its `base` everything that its author saw of the entity."""
    return tuple(_withdrawn(state))


def _withdrawn(state: State) -> Iterator[Withdrawn]:
    gone = [key for key, entity in state.entities.items() if key[0] in WITHDRAWABLE and entity.deleted]
    if not gone:
        return
    log, pictures = {item.operation.id: item for item in state.log}, _pictures(state)
    for kind, key in sorted(gone):
        entity = state.entity(kind, key)
        deletion = entity.fields["deleted"]
        unseen = _unseen(log, log[deletion.op_id], [*_written(entity), *pictures.get(key, ())])
        if unseen:
            yield Withdrawn(kind, key, deletion.author, deletion.stamp, unseen)


def _pictures(state: State) -> Mapping[str, list[str]]:
    """{finding: the operations that put a photo to it}"""
    found: dict[str, list[str]] = defaultdict(list)
    for _key, photo in state.of("photo"):
        if isinstance(photo.value("finding"), str):
            found[photo.value("finding")].append(photo.fields["finding"].op_id)
    return found


def _written(entity: Entity) -> Iterator[str]:
    for name, field in entity.fields.items():
        if name != "deleted":
            yield field.op_id
            yield from (other.op_id for other in field.others)


def _unseen(log: Mapping[str, Stamped], deletion: Stamped, written: Sequence[str]) -> tuple[str, ...]:
    """Nobody has to be told of what the same device wrote."""
    device, seen = deletion.operation.device, set(bases(deletion.operation, "deleted"))
    items = [log[key] for key in set(written) - seen if log[key].operation.device != device]
    return tuple(item.operation.id for item in sorted(items, key=order))
