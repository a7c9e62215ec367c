"""HTTP over a bare socket, so that a test can stop in the middle."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing, suppress
from typing import Any
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


class Caller:
    """JSON over a real connection, each time a new one, with a bearer token."""

    def __init__(self, port: int, authorization: str) -> None:
        self._port, self._headers = port, {"Authorization": authorization, "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """(status, JSON of the answer)."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)) as line:
            line.request("POST", path, body, self._headers)
            came = line.getresponse()
            return came.status, json.loads(came.read())
