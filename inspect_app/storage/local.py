"""A folder: temporary file, fsync, rename, fsync of the folder; originals become read-only."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspect_app import failpoints
from inspect_app.ids import new_id
from inspect_app.storage.base import StorageFull

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """Keys are paths below `folder`; `..` and absolute keys are refused."""

    folder: Path

    def path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise ValueError("bad storage key")
        return self.folder.joinpath(*parts)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        target = self.path(key)
        _make_folder(target.parent)
        temporary = target.parent / f".{new_id()}.part"
        try:
            size = _write(temporary, chunks)
            failpoints.reached("file.before_rename")
            os.replace(temporary, target)
            _sync_folder(target.parent)
        except BaseException as error:  # also one raised by `chunks`: nothing half written stays
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise StorageFull from error
            raise
        return size

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        try:
            handle = self.path(key).open("rb")
        except FileNotFoundError:
            raise KeyError(key) from None
        return _read(handle, start)

    @contextmanager
    def file(self, key: str) -> Iterator[Path]:
        path = self.path(key)
        if not path.exists():
            raise KeyError(key)
        yield path

    def size(self, key: str) -> int | None:
        path = self.path(key)
        return path.stat().st_size if path.exists() else None

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        root = self.path(prefix.rstrip("/"))
        for path in sorted(root.rglob("*")) if root.exists() else ():
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self.folder).as_posix()


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with path.open("wb") as handle:
        for chunk in chunks:
            size += handle.write(chunk)
            failpoints.reached("file.middle")
        handle.flush()
        os.fsync(handle.fileno())
    path.chmod(0o444)
    return size


def _make_folder(folder: Path) -> None:
    """A new folder is durable once its own name is: the folder above is synced."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(handle: object, start: int) -> Iterator[bytes]:
    with handle as source:  # type: ignore[attr-defined]
        source.seek(start)
        while chunk := source.read(CHUNK):
            yield chunk
