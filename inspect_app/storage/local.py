"""A folder: temporary file, fsync, rename, fsync of the folder; originals become read-only."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, ClassVar

from inspect_app import failpoints
from inspect_app.folders import make_folder, sync_folder
from inspect_app.ids import new_id
from inspect_app.storage.base import StorageFull

CHUNK = 1024 * 1024
TRIES = 100


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """Keys are paths below `folder`; `..` and absolute keys are refused."""

    folder: Path
    appends: ClassVar[bool] = True

    def path(self, key: str) -> Path:
        parts = key.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise ValueError("bad storage key")
        return self.folder.joinpath(*parts)

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        target = self.path(key)
        make_folder(target.parent)
        temporary = target.parent / f".{new_id()}.part"
        try:
            size = _write(temporary, chunks)
            failpoints.reached("file.before_rename")
            os.replace(temporary, target)
            sync_folder(target.parent)
        except BaseException as error:  # also one raised by `chunks`: nothing half written stays
            temporary.unlink(missing_ok=True)
            _tell_full(error)
            raise
        return size

    def append(self, key: str, start: int, chunks: Iterable[bytes]) -> int:
        try:
            with _growing(self.path(key), start) as handle:
                if os.fstat(handle.fileno()).st_size < start:
                    raise KeyError(key)
                handle.truncate(start)
                handle.seek(start)
                size = _pour(handle, chunks)
                os.fsync(handle.fileno())
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            _tell_full(error)
            raise
        return size

    def adopt(self, source: str, target: str) -> None:
        old, new = self.path(source), self.path(target)
        make_folder(new.parent)
        second = new.parent / f".{new_id()}.part"
        old.chmod(0o444)
        os.link(old, second)
        failpoints.reached("file.before_rename")
        os.replace(second, new)
        second.unlink(missing_ok=True)  # it stays when `new` was the same file already
        sync_folder(new.parent)

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

    def clear(self, prefix: str) -> None:
        folder = self.path(prefix.rstrip("/"))
        for name in os.listdir(folder) if folder.exists() else ():
            folder.joinpath(name).unlink(missing_ok=True)
        _remove_empty(folder)

    def tidy(self, prefix: str) -> None:
        root = self.path(prefix.rstrip("/"))
        for name in os.listdir(root) if root.exists() else ():
            _remove_empty(root / name)

    def forget_unfinished(self, before: datetime) -> int:
        """What a kill left of a `put`: a file without a name that anybody asks for."""
        left = [path for path in self.folder.rglob(".*.part") if path.stat().st_mtime < before.timestamp()]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def keys(self, prefix: str) -> Iterator[str]:
        root = self.path(prefix.rstrip("/"))
        for path in sorted(root.rglob("*")) if root.exists() else ():
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(self.folder).as_posix()


def _growing(path: Path, start: int) -> IO[bytes]:
    """The file to be written on from `start`, without a buffer. FileNotFoundError when there is nothing to go on from."""
    if start:
        return path.open("r+b", buffering=0)
    for _ in range(TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return path.open("wb", buffering=0)
        except FileNotFoundError:  # somebody cleared the folder away while it was still empty
            continue
    raise OSError(errno.EBUSY, "the folder is cleared away again and again", str(path))


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # not empty: somebody writes there; or gone already
        folder.rmdir()


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    with path.open("wb") as handle:
        size = _pour(handle, chunks)
        handle.flush()
        os.fsync(handle.fileno())
    path.chmod(0o444)
    return size


def _pour(handle: IO[bytes], chunks: Iterable[bytes]) -> int:
    size = 0
    for chunk in chunks:
        left = memoryview(chunk)
        while left:  # without a buffer a write may take only a part
            taken = handle.write(left)
            left, size = left[taken:], size + taken
        failpoints.reached("file.middle")
    return size


def _tell_full(error: BaseException) -> None:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        raise StorageFull from error


def _read(handle: object, start: int) -> Iterator[bytes]:
    with handle as source:  # type: ignore[attr-defined]
        source.seek(start)
        while chunk := source.read(CHUNK):
            yield chunk
