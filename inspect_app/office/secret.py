"""The key that signs the cookie of the pages' short messages; it is made in HOME on first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def page_key(home: Path) -> bytes:
    """The same 32 bytes for every process that shares HOME."""
    path = home / "keys" / "pages.key"
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"pages.{secrets.token_hex(8)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(secrets.token_bytes(32))
    try:
        os.link(fresh, path)  # the first process wins; nobody reads half a key
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
