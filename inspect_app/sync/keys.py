"""The keys of this installation's word: what signs receipts and what authenticates cursors. Files in HOME/keys."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app

from inspect_app.domain.canonical import canonical

BYTES = 32


def cursor_key() -> bytes:
    """Authenticates cursors. A lost one only makes devices read from the start."""
    return _key(_folder() / "cursor.key")


def receipt_public_key() -> str:
    """The key that receipts are checked with, 64 hex digits."""
    return _receipt_key().public_key().public_bytes_raw().hex()


def sign(content: dict[str, object]) -> str:
    """Ed25519 (hex) over the canonical JSON of `content`."""
    return _receipt_key().sign(canonical(content).encode()).hex()


def _receipt_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_key(_folder() / "receipt.key"))


def _folder() -> Path:
    folder: Path = current_app.config["SETTINGS"].home / "keys"
    return folder


@lru_cache(maxsize=16)
def _key(file: Path) -> bytes:
    """32 bytes, made on first use; of two processes that make it at once the first one's stands."""
    if not file.exists():
        _make(file)
    key = file.read_bytes()
    if len(key) != BYTES:
        raise RuntimeError(f"{file} is damaged: put the saved copy back")
    return key


def _make(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_bytes(BYTES))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(unfinished, file)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
