"""This installation's own secrets: files of 32 bytes in HOME/keys, in no database, no backup, no log."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app

from inspect_app.domain.canonical import canonical
from inspect_app.folders import make_folder, sync_folder

BYTES = 32


class SigningKey:
    """An Ed25519 key of this installation, by the name of its file."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret(name))

    @property
    def public(self) -> str:
        """What signatures are checked with, 64 hex digits."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, content: dict[str, object]) -> str:
        """Ed25519 (hex) over the canonical JSON of `content`."""
        return self._key.sign(canonical(content).encode()).hex()


def signed_by(public: str, content: dict[str, object], signature: str) -> bool:
    """Whether `signature` (hex) is the Ed25519 signature of `content` by the key `public` (hex)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), canonical(content).encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def secret(name: str) -> bytes:
    """The 32 bytes of HOME/keys/<name>, made on first use. RuntimeError when the file is damaged."""
    home: Path = current_app.config["SETTINGS"].home
    return secret_in(home / "keys" / name)


@lru_cache(maxsize=16)
def secret_in(file: Path) -> bytes:
    """The bytes of a file; of two processes that make it at once the first one's stands."""
    if not file.exists():
        _make(file)
    key = file.read_bytes()
    if len(key) != BYTES:
        raise RuntimeError(f"{file} is damaged: put the saved copy back")
    return key


def _make(file: Path) -> None:
    """On the disk, name and all, when it returns: what it opens will be there after a power cut, too."""
    make_folder(file.parent, 0o700)
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
    sync_folder(file.parent)
