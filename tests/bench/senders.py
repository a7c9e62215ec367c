"""`python -m tests.bench.senders PORT TOKEN SENDERS EACH SIZE [checked]`: photos over tus from a process of its own.

It makes the photos and their hashes, says "ready", sends them when a line comes in, one connection per sender, and answers the
seconds that it took.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench.socketline import SocketLine

CHUNK = 2 * 1024 * 1024


@dataclass
class Photo:
    """Random bytes that begin like a JPEG."""

    content: memoryview
    digest: str = ""
    sums: list[str] = field(default_factory=list)  # of each chunk


def photo(size: int) -> Photo:
    content = memoryview(b"\xff\xd8\xff\xe0" + os.urandom(size - 4))
    sums = [_coded(hashlib.sha256(content[at : at + CHUNK]).digest()) for at in range(0, size, CHUNK)]
    return Photo(content, hashlib.sha256(content).hexdigest(), sums)


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode()


class Sender:
    """Photos of one person on one connection."""

    def __init__(self, port: int, token: str, *, checked: bool) -> None:
        self._line = SocketLine(port)
        self._common = f"Authorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n"
        self._checked = checked

    def send(self, one: Photo) -> None:
        facts = f"sha256 {_coded(one.digest.encode())},filename {_coded(b'p.jpg')}"
        announced = f"Upload-Length: {len(one.content)}\r\nUpload-Metadata: {facts}\r\n"
        made = self._line.call("POST /api/v1/uploads", self._common + announced, b"")
        assert made.status == 201, made.status
        place = "/api/" + made.headers["location"].partition("/api/")[2]
        for number, at in enumerate(range(0, len(one.content), CHUNK)):
            said = f"Upload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\n"
            if self._checked:
                said += f"Upload-Checksum: sha256 {one.sums[number]}\r\n"
            came = self._line.call(f"PATCH {place}", self._common + said, one.content[at : at + CHUNK])
            assert came.status == 204, came.status


def main(port: int, token: str, senders: int, each: int, size: int, checked: bool) -> None:
    shares = [[photo(size) for _ in range(each)] for _ in range(senders)]
    print("ready", flush=True)
    sys.stdin.readline()

    def send(share: list[Photo]) -> None:
        sender = Sender(port, token, checked=checked)
        for one in share:
            sender.send(one)

    begun = time.perf_counter()
    with ThreadPoolExecutor(senders) as pool:
        list(pool.map(send, shares))
    print(time.perf_counter() - begun, flush=True)


@contextmanager
def ready(
    port: int, token: str, senders: int, each: int, size: int, *, checked: bool = False
) -> Iterator[Run]:
    """A process that has made its photos and waits for its word."""
    told = [str(port), token, str(senders), str(each), str(size), *(["checked"] if checked else [])]
    command = [sys.executable, "-m", "tests.bench.senders", *told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        run = Run(process)
        assert run.said() == "ready"
        yield run


@dataclass
class Run:
    """Senders that wait."""

    process: subprocess.Popen[str]

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> float:
        """Let them send; answers how many seconds it took."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        told = self.said()
        assert told, "the senders failed, see above"
        return float(told)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6]), checked=sys.argv[6:] == ["checked"])
