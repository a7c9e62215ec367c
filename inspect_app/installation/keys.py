"""This installation's own secrets: files of 32 bytes in HOME/keys, in no database, no backup, no log.

The database knows only which they are, so that no new key is made over what the lost one sealed (decision 0063).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import current_app
from sqlalchemy import delete, select

from inspect_app import clock
from inspect_app.domain.canonical import canonical
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.folders import make_folder, sync_folder
from inspect_app.installation.models import InstallationKey
from inspect_app.prepared import insert_new
from inspect_app.transaction import transaction

BYTES = 32
NOTED = ("seal.key", "receipt.key", "head.key", "device.key")
"""What is lost for good without a copy; the others (of cursors, of pages) are made anew and nobody notices."""


class DamagedKey(RuntimeError):
    """A key's file is not whole. Not a problem to be told to whoever asks something: a fault of the house."""


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
    """The 32 bytes of HOME/keys/<name>, made on first use. Raises `DamagedKey`."""
    return secret_in(_file(name))


def _file(name: str) -> Path:
    home: Path = current_app.config["SETTINGS"].home
    return home / "keys" / name


@lru_cache(maxsize=16)
def secret_in(file: Path) -> bytes:
    """The bytes of a file; of two processes that make it at once the first one's stands."""
    if not file.exists():
        _make(file)
    key = file.read_bytes()
    if len(key) != BYTES:
        raise DamagedKey(f"{file} is damaged ({len(key)} bytes instead of {BYTES}): put the saved copy back.")
    return key


def fingerprint(key: bytes) -> str:
    """What the database keeps of a key: a hash of 32 random bytes, from which nobody gets back to them."""
    return hashlib.sha256(b"inspect-app key\0" + key).hexdigest()


def states() -> dict[str, str]:
    """{name: new, as noted, missing, another} of the keys that a database is held to; `new`: it was used with none so far."""
    noted = {row.name: row.fingerprint for row in db.session.scalars(select(InstallationKey))}
    return {name: _state(name, noted.get(name)) for name in NOTED}


def _state(name: str, noted: str | None) -> str:
    if noted is None:
        return "new"
    if not _file(name).exists():
        return "missing"
    return "as noted" if fingerprint(secret(name)) == noted else "another"


def settle() -> None:
    """When a process starts: make and note the keys that this database was not used with yet. Raises `wrong_state` when one that
    it was used with is missing or is another, for a new key would be made over what only the old one opens.
    """
    found = states()
    wrong = [f"{name} ({state})" for name, state in found.items() if state in ("missing", "another")]
    if wrong:
        raise Problem(
            "wrong_state",
            f"This database was used with other keys than those in {_file('')}: {', '.join(wrong)}. Put the saved copy back; "
            "machines that share a database share these files. If there is no copy: `inspect-app keys renew`.",
        )
    new = [name for name, state in found.items() if state == "new"]
    if new and note(new) < len(new):
        settle()  # another process was faster: its keys count


def note(names: list[str]) -> int:
    """Make what is not there and write down which they are; answers how many nobody had noted meanwhile."""
    rows = [
        {"name": name, "fingerprint": fingerprint(secret(name)), "noted_at": clock.now()} for name in names
    ]
    with transaction():
        return insert_new(InstallationKey, rows)


def renew() -> list[str]:
    """Take the keys as they are now, and new ones for those that are missing; answers the names of those that changed."""
    changed = [name for name, state in states().items() if state in ("missing", "another")]
    with transaction() as session:
        session.execute(delete(InstallationKey).where(InstallationKey.name.in_(changed)))
        note(changed)
    return changed


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
