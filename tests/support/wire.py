"""HTTP over a bare socket, so that a test can stop in the middle."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit


def send_part(url: str, method: str, headers: dict[str, str], body: bytes, announced: int) -> None:
    """Announce `announced` bytes, send only `body`, then cut the connection."""
    parts = urlsplit(url)
    lines = [f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {announced}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        with suppress(OSError):  # the other side was first
            connection.shutdown(socket.SHUT_RDWR)
