"""What people see: entities with fields, what stands beside them, and how each came about."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import OperationLike, Stamped

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Other:
    """A value that lost a conflict and stays visible."""

    value: Any
    op_id: str
    author: str
    stamp: str


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The shown value, its operation, and the values that conflict with it.

    `on_behalf`: staff entered it (代登), the member has yet to confirm.
    """

    value: Any
    op_id: str
    author: str
    stamp: str
    on_behalf: bool = False
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity's shown fields."""

    fields: Mapping[str, FieldValue]

    def value(self, name: str, default: Any = None) -> Any:
        """The shown value of a field, or the default where nobody wrote it."""
        found = self.fields.get(name)
        return default if found is None else found.value

    def values(self) -> dict[str, Any]:
        """{field: shown value}."""
        return {name: found.value for name, found in self.fields.items()}

    @property
    def deleted(self) -> bool:
        """Whether its `deleted` field is shown as true."""
        return self.value("deleted") is True


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One operation of an entity with what became of it: applied, late or refused."""

    operation: OperationLike
    stamp: str
    status: str


@dataclass(frozen=True, slots=True)
class State:
    """The fold of a log.

    `late`: operation ids; `refused`: {operation id: code}; `conflicts`: (entity, entity id, field), sorted;
    `reused`: ids that came with two contents (an alarm; the one with the lowest stamp counts); `log`: every operation once.
    """

    entities: Mapping[Key, Entity] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[tuple[str, str, str], ...] = ()
    reused: frozenset[str] = frozenset()
    log: tuple[Stamped, ...] = ()

    def entity(self, kind: str, entity_id: str) -> Entity:
        """The entity, empty where nothing was written."""
        return self.entities.get((kind, entity_id), Entity({}))

    def of(self, kind: str) -> Iterator[tuple[str, Entity]]:
        """(id, entity) of one kind, without the deleted ones, by id."""
        for (name, entity_id), entity in sorted(self.entities.items(), key=lambda item: item[0]):
            if name == kind and not entity.deleted:
                yield entity_id, entity

    def statuses(self) -> dict[str, str]:
        """{operation id: refused, late, conflict (another value stands beside one of its own) or applied}."""
        contested = self._contested()
        return {item.operation.id: self._status(item.operation.id, contested) for item in self.log}

    def _contested(self) -> set[str]:
        found: set[str] = set()
        for kind, entity_id, name in self.conflicts:
            shown = self.entities[kind, entity_id].fields[name]
            found.update((shown.op_id, *(other.op_id for other in shown.others)))
        return found

    def _status(self, operation_id: str, contested: Container[str] = ()) -> str:
        if operation_id in self.refused:
            return "refused"
        if operation_id in self.late:
            return "late"
        return "conflict" if operation_id in contested else "applied"

    def history(self, kind: str, entity_id: str) -> list[HistoryLine]:
        """Every operation on an entity in the order of the fold, also the late and refused ones."""
        own = [
            item
            for item in self.log
            if (item.operation.entity, item.operation.entity_id) == (kind, entity_id)
        ]
        return [HistoryLine(item.operation, item.stamp, self._status(item.operation.id)) for item in own]
