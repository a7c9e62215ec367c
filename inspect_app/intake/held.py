"""A file between its preview and its confirmation: one per person, gone after a day. It may hold what is never stored."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from inspect_app.errors import Problem
from inspect_app.storage import Storage

FOLDER = "imports/"
LIFE = timedelta(days=1)


def keep(storage: Storage, person: str, content: bytes, now: datetime) -> str:
    """Hold a file for a person (account id), in place of the one before. Answers its SHA-256."""
    forget(storage, person)
    digest = hashlib.sha256(content).hexdigest()
    storage.put(f"{FOLDER}{person}/{int(now.timestamp())}-{digest}", [content])
    return digest


def kept(storage: Storage, person: str, digest: str) -> bytes:
    """The held bytes, checked against their hash; `gone` when the person has meanwhile chosen another file."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise _gone()
    key = next((key for key in storage.keys(f"{FOLDER}{person}/") if key.endswith(f"-{digest}")), "")
    try:
        content = b"".join(storage.open(key)) if key else None
    except KeyError:
        content = None
    if content is None:
        raise _gone()
    if hashlib.sha256(content).hexdigest() != digest:
        raise Problem("hash_mismatch", "暫存的檔案和預覽時不同，請重新選檔。", field="file")
    return content


def _gone() -> Problem:
    return Problem("gone", "暫存的檔案已經不在了，請重新選檔。", field="file")


def forget(storage: Storage, person: str) -> None:
    """Let go of what the person had chosen."""
    for key in list(storage.keys(f"{FOLDER}{person}/")):
        storage.delete(key)


def clear(storage: Storage, now: datetime) -> int:
    """The job: previews that nobody confirmed within LIFE."""
    old = [key for key in storage.keys(FOLDER) if _held_at(key) < now - LIFE]
    for key in old:
        storage.delete(key)
    return len(old)


def _held_at(key: str) -> datetime:
    stamp = key.rpartition("/")[2].partition("-")[0]
    return datetime.fromtimestamp(int(stamp) if re.fullmatch(r"[0-9]{1,11}", stamp) else 0, UTC)
