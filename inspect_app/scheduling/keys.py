"""The key that wraps the keys of sealed visits: a file in HOME/keys, in no database, no backup, no log."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flask import current_app

KEY_BYTES = 32
NAME = "seal.key"


def seal_key() -> bytes:
    """The installation's 32-byte sealing key; made on first use, readable by the product's own user only."""
    return key_in(current_app.config["SETTINGS"].home / "keys")


def key_in(folder: Path) -> bytes:
    """The key of a folder. Two processes that make it at once end with the same one: the first file stands."""
    file = folder / NAME
    if not file.exists():
        _make(folder, file)
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise RuntimeError(
            f"{file} is not a sealing key: put the saved copy back; sealed visits cannot be read without it"
        )
    return key


def _make(folder: Path, file: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{NAME}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_bytes(KEY_BYTES))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(unfinished, file)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
