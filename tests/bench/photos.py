"""Photos over tus in chunks of 2 MiB, four at once, against threads that only write, hash and fsync the same bytes."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.measure import (
    Caller,
    Line,
    Table,
    at_least,
    held_mb,
    median,
    processor_seconds,
    seconds,
    under,
)
from tests.bench.senders import CHUNK, ready
from tests.support.product import Product

PHOTO = 5_000_000
LARGE = 90_000_000
SENDERS = 4
EACH = 8  # photos per sender and round
ROUNDS = 5
RESIDENT_MB = 200
CUT_EVERY = 5_000_000
BINARY = "application/offset+octet-stream"


def photos() -> list[Table]:
    """All of it, on web processes of an installation of its own (the pictures are made by another process, see derivatives)."""
    with tempfile.TemporaryDirectory(prefix="inspect-app-bench-") as folder:
        product = Product(Path(folder) / "home")
        product.home.mkdir()
        product.cli("migrate")
        product.cli("accounts", "create", "sender", "--name", "寄件人", "--role", "inspector")
        token = product.cli("accounts", "token", "sender").stdout.split()[-1]
        product.start("web")
        try:
            return [_table(product, token)]
        finally:
            product.stop()


def _table(product: Product, token: str) -> Table:
    caller = Caller(product.port, token)
    lines = [
        *_rates("photos of 5 MB, hash verified, durable", product, token, checked=False),
        *_rates("the same, each chunk with a checksum", product, token, checked=True),
        _memory(product, token),
        _cut(product, caller, checked=False),
        _cut(product, caller, checked=True),
    ]
    return Table(f"Photos over tus, chunks of 2 MiB, {SENDERS} at once", lines)


def _rates(name: str, product: Product, token: str, *, checked: bool) -> list[Line]:
    """The rate, and the processor time that the web processes and the floor take for one photo."""
    rates, costs = ([], []), ([], [])
    (folder := product.home / "floor").mkdir(exist_ok=True)
    web, moved, count = _master(product), SENDERS * EACH * PHOTO / 1e6, SENDERS * EACH
    for _ in range(ROUNDS):
        contents = [_photo(PHOTO) for _ in range(count)]
        begun = time.process_time()
        rates[1].append(moved / _together([partial(_write, folder, content) for content in contents]))
        costs[1].append((time.process_time() - begun) / count * 1000)
        with ready(product.port, token, SENDERS, EACH, PHOTO, checked=checked) as senders:
            begun = processor_seconds(web)
            rates[0].append(moved / senders.go())
            costs[0].append((processor_seconds(web) - begun) / count * 1000)
    ours, floor = map(median, costs)
    told = Line(
        "  processor time per photo, web processes",
        f"{ours:.1f} ms",
        f"{floor:.1f} ms",
        f"{ours / floor:.2f}",
    )
    return [at_least(name, median(rates[0]), median(rates[1]), 0.6, " MB/s"), told]


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


def _sum(part: bytes, checked: bool) -> dict[str, str]:
    if not checked:
        return {}
    return {"Upload_Checksum": f"sha256 {base64.b64encode(hashlib.sha256(part).digest()).decode()}"}


def _memory(product: Product, token: str) -> Line:
    """The most that the web processes held while four photos of 90 MB came in at once; pages that they share count once."""
    web, most, over = _master(product), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            most[0] = max(most[0], held_mb(web))

    watcher = threading.Thread(target=watch)
    with ready(product.port, token, SENDERS, 1, LARGE) as senders:
        watcher.start()
        senders.go()
    over.set()
    watcher.join()
    return under(f"web processes, {SENDERS} x 90 MB at once, at most", most[0], RESIDENT_MB, " MB")


def _master(product: Product) -> int:
    """`inspect-app web` becomes the server itself; its workers are its children."""
    assert product.process is not None
    return product.process.pid


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
