"""The values of the log: an operation, its stamp, and the team that decides whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SCHEMA = 1


class OnBehalfLike(Protocol):
    """代登: staff enter a member's paper sheet."""

    @property
    def member(self) -> str: ...
    @property
    def photo(self) -> str: ...


class OperationLike(Protocol):
    """What the fold reads. The wire's own structs satisfy it, too."""

    @property
    def id(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def inspection(self) -> str: ...
    @property
    def entity(self) -> str: ...
    @property
    def entity_id(self) -> str: ...
    @property
    def set(self) -> Mapping[str, Any]: ...
    @property
    def base(self) -> Mapping[str, Any]: ...
    @property
    def hlc(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def schema(self) -> int: ...
    @property
    def on_behalf(self) -> OnBehalfLike | None: ...


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """`member`: account whose sheet it is; `photo`: SHA-256 (hex) of the signed paper."""

    member: str
    photo: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A patch of one entity, as it travels (docs/sync-protocol.md section 2). Never edited."""

    id: str
    device: str
    seq: int
    inspection: str
    entity: str
    entity_id: str
    set: Mapping[str, Any]
    base: Mapping[str, Any]
    hlc: str
    author: str
    schema: int = SCHEMA
    on_behalf: OnBehalf | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Operation:
        """From its JSON form; on_behalf may be missing."""
        behalf = data.get("on_behalf")
        return cls(**{**data, "on_behalf": OnBehalf(**behalf) if behalf else None})


@dataclass(frozen=True, slots=True)
class Stamped:
    """An operation and the stamp that the server gave it (or the device's own hlc until then)."""

    operation: OperationLike
    stamp: str


@dataclass(frozen=True, slots=True)
class Team:
    """Account ids. `members` score (the leader too, where the leader scores); `staff` write; `external` are outside experts.

    `sheet`: (field, most points) pairs where the visit's score sheet differs from the shipped one.
    """

    leader: str
    members: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()
    sheet: tuple[tuple[str, int], ...] = ()

    def __contains__(self, account: str) -> bool:
        return account == self.leader or account in self.members or account in self.staff

    @property
    def signers(self) -> frozenset[str]:
        """Everybody who signs: members, leader and staff."""
        return self.members | self.staff | {self.leader}
