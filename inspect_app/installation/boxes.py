"""AES-256-GCM boxes: nonce + ciphertext. `place` is associated data: a box put elsewhere does not open."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class SealBroken(Exception):
    """The ciphertext, its key or its place was changed, or the installation's key is another one."""


def close_box(key: bytes, place: bytes, plain: bytes) -> bytes:
    """Seal under a key of 32 bytes."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def open_box(key: bytes, place: bytes, stored: bytes) -> bytes:
    """The plain bytes. Raises `SealBroken`."""
    try:
        return AESGCM(key).decrypt(stored[:NONCE], stored[NONCE:], place)
    except (InvalidTag, ValueError):
        raise SealBroken(
            "the sealed content does not open with this installation's key at this place"
        ) from None
