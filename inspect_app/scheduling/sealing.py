"""Sealing: each visit under its own key, which is wrapped by the installation's key.

AES-256-GCM; the associated data binds a ciphertext to its visit and version, so that a row cannot be put under
another id or set back unnoticed. Plaintexts are padded to whole blocks: their length tells nothing.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any

import orjson

from inspect_app.installation.boxes import SealBroken, close_box, open_box

__all__ = ["SealBroken", "Sealed", "seal", "seal_text", "unseal", "unseal_text"]

PLAN_BLOCK = 64 * 1024
TEXT_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the row holds: nonce + ciphertext of the padded plan, nonce + ciphertext of its key."""

    content: bytes
    wrapped_key: bytes


def seal(master: bytes, visit_id: str, version: int, plan: dict[str, Any]) -> Sealed:
    """Seal a plan (JSON) under a fresh key."""
    key = secrets.token_bytes(32)
    content = close_box(key, _plan_place(visit_id, version), _pad(orjson.dumps(plan), PLAN_BLOCK))
    return Sealed(content, close_box(master, _key_place(visit_id), key))


def unseal(master: bytes, visit_id: str, version: int, sealed: Sealed) -> dict[str, Any]:
    """The plan. Raises `SealBroken`."""
    key = open_box(master, _key_place(visit_id), sealed.wrapped_key)
    plan: dict[str, Any] = orjson.loads(_unpad(open_box(key, _plan_place(visit_id, version), sealed.content)))
    return plan


def seal_text(master: bytes, visit_id: str, event_id: str, text: str) -> str:
    """A reason as base64 of its ciphertext; empty ones too, so that presence tells nothing."""
    padded = _pad(text.encode(), TEXT_BLOCK)
    return base64.b64encode(close_box(master, f"event:{visit_id}:{event_id}".encode(), padded)).decode()


def unseal_text(master: bytes, visit_id: str, event_id: str, text: str) -> str:
    """The reason. Raises `SealBroken`."""
    place = f"event:{visit_id}:{event_id}".encode()
    try:
        stored = base64.b64decode(text)
    except ValueError:
        raise SealBroken("the sealed text is none") from None
    return _unpad(open_box(master, place, stored)).decode()


def _plan_place(visit_id: str, version: int) -> bytes:
    return f"plan:{visit_id}:{version}".encode()


def _key_place(visit_id: str) -> bytes:
    return f"key:{visit_id}".encode()


def _pad(plain: bytes, block: int) -> bytes:
    """Length in four bytes, the content, zeros up to a whole block."""
    framed = len(plain).to_bytes(4, "big") + plain
    return framed + bytes(-len(framed) % block)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    return padded[4 : 4 + length]
