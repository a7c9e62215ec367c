"""What an operation is by its content: canonical bytes, hashes, digests, and ids that two tablets agree on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from inspect_app.domain.canonical import sha256

from .model import OperationLike

_PLAIN = (
    "id",
    "device",
    "seq",
    "inspection",
    "entity",
    "entity_id",
    "set",
    "base",
    "hlc",
    "author",
    "schema",
)


def as_dict(operation: OperationLike) -> dict[str, Any]:
    """The JSON form of the wire, `on_behalf` always present."""
    data = {name: getattr(operation, name) for name in _PLAIN}
    behalf = operation.on_behalf
    data["on_behalf"] = {"member": behalf.member, "photo": behalf.photo} if behalf else None
    return data


def content_hash(operation: OperationLike) -> str:
    """SHA-256 (hex) of the canonical JSON of the operation."""
    return sha256(as_dict(operation))


@lru_cache(maxsize=4096)
def entity_uuid(inspection: str, name: str) -> str:
    """The id of an entity of which there is one per name, such as `score_sheet:<account>`."""
    return str(uuid5(UUID(inspection), name))


def inside(operation: OperationLike, frontier: Mapping[str, int]) -> bool:
    """Whether a frontier {device: seq} covers the operation."""
    return operation.seq <= frontier.get(operation.device, 0)


def digest(operations: Iterable[OperationLike], frontier: Mapping[str, int]) -> str:
    """SHA-256 (hex) over `<device>:<seq>:<id>:<content hash>` lines of what the frontier covers, each operation once."""
    return digest_of(
        (op.device, op.seq, op.id, content_hash(op)) for op in operations if inside(op, frontier)
    )


def digest_of(lines: Iterable[tuple[str, int, str, str]]) -> str:
    """The same from (device, seq, id, content hash) of what is covered, where the hashes are known already."""
    text = "".join(f"{device}:{seq}:{key}:{content}\n" for device, seq, key, content in sorted(set(lines)))
    return hashlib.sha256(text.encode()).hexdigest()
