"""`python -m tests.bench.senders PORT TOKEN SENDERS EACH SIZE [checked]`: photos over tus from a process of its own.

It makes the photos, says "ready", sends them when a line comes in, and answers the seconds that it took. It does as little
as a client can, because it shares the processors with what is measured: one connection per sender, bytes handed to the
kernel as they lie, hashes made beforehand.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

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
    """One connection that stays open."""

    def __init__(self, port: int, token: str, *, checked: bool) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._common = f"Host: x\r\nAuthorization: Bearer {token}\r\nTus-Resumable: 1.0.0\r\n"
        self._checked = checked

    def send(self, one: Photo) -> None:
        facts = f"sha256 {_coded(one.digest.encode())},filename {_coded(b'p.jpg')}"
        announced = f"Upload-Length: {len(one.content)}\r\nUpload-Metadata: {facts}\r\n"
        status, headers = self._call("POST /api/v1/uploads", announced, memoryview(b""))
        assert status == 201, status
        place = "/api/" + headers["location"].partition("/api/")[2]
        for number, at in enumerate(range(0, len(one.content), CHUNK)):
            said = f"Upload-Offset: {at}\r\nContent-Type: application/offset+octet-stream\r\n"
            if self._checked:
                said += f"Upload-Checksum: sha256 {one.sums[number]}\r\n"
            status, _ = self._call(f"PATCH {place}", said, one.content[at : at + CHUNK])
            assert status == 204, status

    def _call(self, what: str, headers: str, body: memoryview) -> tuple[int, dict[str, str]]:
        head = f"{what} HTTP/1.1\r\n{self._common}{headers}Content-Length: {len(body)}\r\n\r\n"
        self._line.sendall(head.encode())
        self._line.sendall(body)
        return self._answer()

    def _answer(self) -> tuple[int, dict[str, str]]:
        """Status and headers; what the server answers here has no body."""
        found = b""
        while b"\r\n\r\n" not in found:
            more = self._line.recv(65536)
            assert more, "the server hung up"
            found += more
        first, *rows = found.decode().split("\r\n\r\n")[0].split("\r\n")
        return int(first.split()[1]), {
            name.lower(): value for name, _, value in (row.partition(": ") for row in rows)
        }


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
