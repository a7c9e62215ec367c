"""Writing an inspection's log as tablets would: ids, sequence numbers, clocks and bases all in order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson

from inspect_app.domain.operations import Operation, as_dict, digest, entity_uuid
from inspect_app.inspections.incoming import Incoming, read
from inspect_app.inspections.judging import Sender


@dataclass(frozen=True, slots=True)
class Member:
    """One of the team: account, device and role (leader, member, staff)."""

    account: str
    device: str
    role: str
    name: str


@dataclass(slots=True)
class SiteLog:
    """One inspection's operations, in the order in which people wrote them. `begun`: when the visit began (aware)."""

    inspection: str
    begun: datetime
    random: Random
    operations: list[Operation] = field(default_factory=list)
    _heads: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _seq: dict[str, int] = field(default_factory=dict)

    def new_entity(self) -> str:
        """A UUIDv7 of about now on site."""
        return self._uuid(self._milliseconds())

    def own(self, name: str) -> str:
        """The UUIDv5 of an entity that a person has once."""
        return entity_uuid(self.inspection, name)

    def write(
        self,
        author: str,
        device: str,
        entity: str,
        entity_id: str,
        *,
        over: Sequence[str] | None = None,
        **values: Any,
    ) -> str:
        """One operation by `author` on `device`; answers its id.

        `over`: the operations whose values it replaces, where that is not simply the last one: somebody without a
        network saw an earlier one, or the leader chose among several.
        """
        self._seq[device] = self._seq.get(device, 0) + 1
        moment = self._milliseconds()
        operation = Operation(
            id=self._uuid(moment), device=device, seq=self._seq[device], inspection=self.inspection, entity=entity,
            entity_id=entity_id, set=values, base={name: self._base(over, entity, entity_id, name) for name in values},
            hlc=f"{moment:012x}-0000", author=author, schema=1, on_behalf=None,
        )  # fmt: skip
        self._heads |= {(entity, entity_id, name): operation.id for name in values}
        self.operations.append(operation)
        return operation.id

    def _base(self, over: Sequence[str] | None, entity: str, entity_id: str, name: str) -> Any:
        if over is None:
            return self._heads.get((entity, entity_id, name))
        return (list(over) if len(over) > 1 else over[0]) if over else None

    def frontier(self) -> dict[str, Any]:
        """What a signature or the closing carries: how far each device had come, and the digest of all that."""
        frontier = dict(self._seq)
        return {"frontier": frontier, "digest": digest(self.operations, frontier)}

    def batches(self) -> list[tuple[Sender, list[Incoming]]]:
        """The operations as they would be sent: per device, in its order."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.device, []).append(operation)
        return [
            (Sender(items[0].author, device), list(map(_incoming, items))) for device, items in found.items()
        ]

    def _milliseconds(self) -> int:
        """Every operation half a minute after the one before, from the beginning of the visit."""
        return int(self.begun.timestamp() * 1000) + len(self.operations) * 30_000

    def _uuid(self, milliseconds: int) -> str:
        value = (milliseconds << 80) | self.random.getrandbits(80)
        value = (value & ~(0xF << 76)) | (0x7 << 76)
        return str(uuid.UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62)))


def _incoming(operation: Operation) -> Incoming:
    item = read(orjson.dumps(as_dict(operation)))
    if item is None:
        raise ValueError("the demo wrote an operation that cannot be read")
    return item


def moment(value: datetime) -> str:
    """An aware moment as operations carry it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
