"""What one large upload costs the web process, and what becomes of a sender who falls silent."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import time
from pathlib import Path

import pytest

from tests.processes.city import Ground
from tests.processes.tablets import HEAD, Tablet

LARGE = 64 * 1024 * 1024
GROWTH = 32 * 1024 * 1024  # a body that is held in memory would need LARGE at least
PATIENCE = 60.0
KEEPALIVE = "02"  # the kind of timer in /proc/net/tcp


@pytest.fixture
def tablet(field: Ground) -> Tablet:
    field.server.start()
    return field.tablets[0]


def asked(field: Ground, head: str, *bodies: bytes) -> socket.socket:
    """A connection on which a request was sent, the body perhaps not to its end."""
    line = socket.create_connection(("127.0.0.1", field.server.port), timeout=PATIENCE)
    line.sendall(head.encode())
    for body in bodies:
        line.sendall(body)
    return line


def answer(line: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        more = line.recv(65536)
        assert more
        found += more
    return found


def created(field: Ground, tablet: Tablet, content: bytes) -> str:
    """Where the bytes go."""
    digest = base64.b64encode(hashlib.sha256(content).hexdigest().encode()).decode()
    head = f"POST /api/v1/uploads HTTP/1.1\r\nUpload-Metadata: sha256 {digest}\r\nUpload-Length: {len(content)}\r\n"
    with asked(field, head + common(tablet, 0)) as line:
        found = answer(line)
    assert b" 201 " in found
    return next(row for row in found.decode().split("\r\n") if row.lower().startswith("location")).split()[1]


def common(tablet: Tablet, length: int) -> str:
    return f"Host: x\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer {tablet._token}\r\nContent-Length: {length}\r\n\r\n"


def patch(tablet: Tablet, place: str, length: int) -> str:
    kind = "Content-Type: application/offset+octet-stream"
    return f"PATCH {place} HTTP/1.1\r\nUpload-Offset: 0\r\n{kind}\r\n" + common(tablet, length)


def most(field: Ground) -> list[int]:
    """The most that each worker process ever held, in bytes."""
    told = [Path(f"/proc/{pid}/status").read_text().splitlines() for pid in field.server.workers()]
    return [int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 for lines in told]


def test_a_large_photo_in_one_request_is_not_held_in_memory(field: Ground, tablet: Tablet) -> None:
    small, large = HEAD + os.urandom(300_000), HEAD + os.urandom(LARGE)
    for _ in range(8):  # whichever worker takes it, both have done the work once
        content = small + os.urandom(8)
        with asked(field, patch(tablet, created(field, tablet, content), len(content)), content) as line:
            assert b" 204 " in answer(line)
    before = most(field)
    with asked(field, patch(tablet, created(field, tablet, large), len(large)), large) as line:
        assert b" 204 " in answer(line)
    assert sum(most(field)) - sum(before) < GROWTH


def test_a_sender_that_fell_silent_is_asked_whether_it_is_there(field: Ground, tablet: Tablet) -> None:
    """One that vanished without a word would hold a thread of the web server for ever."""
    content = HEAD + os.urandom(100_000)
    place = created(field, tablet, content)
    with asked(field, patch(tablet, place, len(content)), content[:50_000]) as line:
        port, deadline = line.getsockname()[1], time.monotonic() + PATIENCE
        while timer_of(field.server.port, port) != KEEPALIVE:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert field.server.workers()


def timer_of(local: int, remote: int) -> str:
    """The kind of timer that runs for a connection, as the kernel tells it; empty when there is none yet."""
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = row.split()
        if [int(words[place].split(":")[1], 16) for place in (1, 2)] == [local, remote]:
            return words[5].split(":")[0]
    return ""
