"""The process that develops photos: `python -m inspect_app.photos.darkroom`, without database, secrets or application.

A line with a path comes in; a line of JSON with the lengths of the pictures that follow it goes out. Whatever a hostile
file does to the decoder happens here, within bounds, and ends with this process.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

from inspect_app.photos.developing import Developed, develop

MEMORY = 1024**3  # bytes of address space; a photo of 12 million pixels makes 60 MB resident


def main() -> None:
    """Develop until the other side closes."""
    _limit_memory()
    for line in sys.stdin.buffer:
        path = json.loads(line)
        with open(path, "rb") as source:
            tell(develop(source), sys.stdout.buffer)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def tell(found: Developed, out: IO[bytes]) -> None:
    """Write one answer."""
    facts, moment = found.facts, found.facts.taken_at
    head = {
        "problem": found.problem, "size": found.size, "dhash": found.dhash,
        "taken_at": moment.isoformat() if moment else None, "lat_e7": facts.lat_e7, "lon_e7": facts.lon_e7,
        "texts": facts.texts, "pictures": {width: len(content) for width, content in found.pictures.items()},
    }  # fmt: skip
    out.write(json.dumps(head).encode() + b"\n")
    for content in found.pictures.values():
        out.write(content)
    out.flush()


def hear(source: IO[bytes]) -> Developed:
    """Read one answer. Raises EOFError when the process ended in the middle."""
    from datetime import datetime

    from inspect_app.photos.exif import Facts

    line = source.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head: dict[str, Any] = json.loads(line)
    moment = head["taken_at"]
    facts = Facts(
        datetime.fromisoformat(moment) if moment else None, head["lat_e7"], head["lon_e7"], head["texts"]
    )
    pictures = {int(width): _exactly(source, length) for width, length in head["pictures"].items()}
    width, height = head["size"]
    return Developed(head["problem"], (width, height), facts, head["dhash"], pictures)


def _exactly(source: IO[bytes], length: int) -> bytes:
    content = source.read(length)
    if len(content) != length:
        raise EOFError
    return content


if __name__ == "__main__":
    main()
