"""Photos over tus in chunks of 2 MiB, four at once, against threads that only write, hash and fsync the same bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.measure import Caller, Line, Table, at_least, median, resident_mb, seconds, under
from tests.support.product import Product

CHUNK = 2 * 1024 * 1024
PHOTO = 5_000_000
LARGE = 90_000_000
SENDERS = 4
EACH = 8  # photos per sender and round
ROUNDS = 5
RESIDENT_MB = 200
CUT_EVERY = 5_000_000
BINARY = "application/offset+octet-stream"


def photos(product: Product, caller: Caller) -> list[Table]:
    """All of it, for a signed-in inspector."""
    table = Table(f"Photos over tus, chunks of 2 MiB, {SENDERS} at once")
    for name, checked in (
        ("photos of 5 MB, hash verified, durable", False),
        ("the same, each chunk with a checksum", True),
    ):
        table.lines.append(_rates(name, product, caller, checked=checked))
    table.lines += [
        _memory(product, caller),
        _cut(product, caller, checked=False),
        _cut(product, caller, checked=True),
    ]
    return [table]


def _rates(name: str, product: Product, caller: Caller, *, checked: bool) -> Line:
    ours, floor = [], []
    folder = product.home / "floor"
    folder.mkdir(exist_ok=True)
    for _ in range(ROUNDS):
        contents = [_photo(PHOTO) for _ in range(SENDERS * EACH)]
        moved = sum(map(len, contents)) / 1e6
        floor.append(moved / _together([partial(_write, folder, content) for content in contents]))
        ours.append(moved / _together([partial(send, caller, content, checked) for content in contents]))
    return at_least(name, median(ours), median(floor), 0.6, " MB/s")


def _photo(size: int) -> bytes:
    return b"\xff\xd8\xff\xe0" + os.urandom(size - 4)


def _together(jobs: list[Callable[[], object]]) -> float:
    def all_of_them() -> None:
        with ThreadPoolExecutor(SENDERS) as pool:
            for done in [pool.submit(job) for job in jobs]:
                done.result()

    return seconds(all_of_them)


def _write(folder: Path, content: bytes) -> None:
    """What has to be done at least: write, SHA-256, fsync."""
    digest, path = hashlib.sha256(), folder / os.urandom(8).hex()
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(content), CHUNK):
            part = memoryview(content)[start : start + CHUNK]
            digest.update(part)
            file.write(part)
        os.fsync(file.fileno())
    path.rename(folder / digest.hexdigest())


def begin(caller: Caller, content: bytes, digest: str = "") -> tuple[str, int]:
    """Announce a photo; answers where its bytes go and how many are there."""
    digest = digest or hashlib.sha256(content).hexdigest()
    facts = ",".join(f"{name} {_coded(value)}" for name, value in (("sha256", digest), ("filename", "p.jpg")))
    wanted = {"Upload_Length": str(len(content)), "Upload_Metadata": facts, "Tus_Resumable": "1.0.0"}
    made = caller.call("POST", "/api/v1/uploads", **wanted)
    assert made.status == 201, made.status
    return urlsplit(made.headers["Location"]).path, int(made.headers["Upload-Offset"])


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def send(caller: Caller, content: bytes, checked: bool = False) -> int:
    """The whole photo; answers its size."""
    place, offset = begin(caller, content)
    while offset < len(content):
        part = content[offset : offset + CHUNK]
        headers = {
            "Tus_Resumable": "1.0.0",
            "Upload_Offset": str(offset),
            "Content_Type": BINARY,
            **_sum(part, checked),
        }
        taken = caller.call("PATCH", place, part, **headers)
        assert taken.status == 204, taken.content
        offset = int(taken.headers["Upload-Offset"])
    return len(content)


def _sum(part: bytes, checked: bool) -> dict[str, str]:
    if not checked:
        return {}
    return {"Upload_Checksum": f"sha256 {base64.b64encode(hashlib.sha256(part).digest()).decode()}"}


def _memory(product: Product, caller: Caller) -> Line:
    """The most that the web process held while four photos of 90 MB came in at once."""
    web, most, over = _web(product), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], resident_mb(web))

    watcher = threading.Thread(target=watch)
    watcher.start()
    contents = [_photo(LARGE) for _ in range(SENDERS)]
    _together([partial(send, caller, content) for content in contents])
    over.set()
    watcher.join()
    return under(f"web process, {SENDERS} x 90 MB at once, at most", most[0], RESIDENT_MB, " MB")


def _web(product: Product) -> int:
    """The web server with its workers."""
    assert product.process is not None
    found, waiting = [], [product.process.pid]
    while waiting:
        pid = waiting.pop()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        waiting += map(int, children)
        if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found.append(pid)
    return max(found, key=resident_mb)


def _cut(product: Product, caller: Caller, *, checked: bool) -> Line:
    """Bytes sent by the payload, on a link that is cut after every 5 MB."""
    content, sent, acknowledged = _photo(60_000_000), 0, -1
    digest = hashlib.sha256(content).hexdigest()
    while (stand := _settled(caller, content, digest, acknowledged))[1] < len(content):
        acknowledged = stand[1]
        sent += _until_cut(product, caller, content, *stand, checked=checked)
    name = "bytes sent / payload, cut every 5 MB" + (", checksums" if checked else "")
    ratio = sent / len(content)
    return Line(name, f"{ratio:.3f}", wanted="<= 1.05", met=ratio <= 1.05)


def _settled(caller: Caller, content: bytes, digest: str, before: int) -> tuple[str, int]:
    """Where the upload stands once the server has noticed the cut; a tablet waits a moment before it comes back."""
    for _ in range(100):
        stand = begin(caller, content, digest)
        if stand[1] > before + CUT_EVERY // 2 or stand[1] == len(content):
            break
        time.sleep(0.05)
    time.sleep(0.2)
    return begin(caller, content, digest)


def _until_cut(
    product: Product, caller: Caller, content: bytes, place: str, offset: int, *, checked: bool
) -> int:
    """Chunks on one connection until 5 MB are through; then it is cut in the middle of what it was at."""
    left = CUT_EVERY
    with socket.create_connection(("127.0.0.1", product.port), timeout=60) as line:
        while left > 0 and offset < len(content):
            part = content[offset : offset + CHUNK]
            headers = {"Host": "x", "Content-Length": str(len(part)), "Tus-Resumable": "1.0.0", "Upload-Offset": str(offset),
                       "Content-Type": BINARY, "Authorization": f"Bearer {caller.token}"}  # fmt: skip
            headers |= {name.replace("_", "-"): value for name, value in _sum(part, checked).items()}
            head = "\r\n".join(
                [f"PATCH {place} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
            )
            line.sendall(head.encode() + b"\r\n\r\n" + part[:left])
            left -= len(part[:left])
            if left > 0:
                answer = _answer(line)
                if b" 204 " not in answer:  # asked again after the next POST; what was sent counts
                    break
                offset += len(part)
        return CUT_EVERY - left


def _answer(line: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        more = line.recv(4096)
        assert more
        found += more
    return found
