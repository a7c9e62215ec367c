from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol


class StorageFull(Exception):
    """The disk or bucket takes no more; nothing was stored."""


class Storage(Protocol):
    """Bytes under a key such as `originals/ab/abcdef...`. `put` is durable when it returns."""

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store the chunks whole or not at all; answers the number of bytes."""
        ...

    appends: ClassVar[bool]  # whether `append` and `adopt` can be called: a folder can, a bucket cannot

    def append(self, key: str, start: int, chunks: Iterable[bytes]) -> int:
        """Add the chunks after the first `start` bytes, in place of what followed them; answers the number of bytes added.
        They are on the disk when it returns; the name may be lost with the power until `adopt`. KeyError when fewer than
        `start` are there.
        """
        ...

    def adopt(self, source: str, target: str) -> None:
        """What stands under `source` stands under `target`, too, without being written again; durable. The source must not
        grow any more; it is deleted when it is needed no longer.
        """
        ...

    def open(self, key: str, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` in chunks; KeyError when there are none."""
        ...

    def file(self, key: str) -> AbstractContextManager[Path]:
        """A file with the bytes, to read only, for as long as the block lasts; KeyError when there are none."""
        ...

    def size(self, key: str) -> int | None: ...
    def delete(self, key: str) -> None: ...

    def clear(self, prefix: str) -> None:
        """Delete all that lies directly under the prefix (`parts/<id>/`), and the folder if nobody writes there meanwhile."""
        ...

    def tidy(self, prefix: str) -> None:
        """Remove the empty folders directly under the prefix that a kill may have left."""
        ...

    def forget_unfinished(self, before: datetime) -> int:
        """Remove what a `put` that was begun before then left behind when it broke off; answers how many. OSError when the
        storage does not say what there is.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]: ...
