"""HTTP as sparingly as a client can speak it: what measures shares the processors with what is measured."""

from __future__ import annotations

import socket
from typing import NamedTuple


class Came(NamedTuple):
    """An answer; the names of its headers are in small letters."""

    status: int
    headers: dict[str, str]
    content: bytes


class SocketLine:
    """One connection that stays open. Bytes are handed to the kernel as they lie."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self, what: str, headers: str, body: bytes | memoryview) -> Came:
        """`what`: method and path; `headers`: lines that end in CRLF. AssertionError when the server hangs up."""
        head = f"{what} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode())
        self._socket.sendall(body)
        return self._answer()

    def _answer(self) -> Came:
        found = b""
        while b"\r\n\r\n" not in found:
            found += self._more(65536)
        head, _, content = found.partition(b"\r\n\r\n")
        first, *rows = head.decode().split("\r\n")
        named = (row.partition(": ") for row in rows)
        headers = {name.lower(): value for name, _, value in named}
        return Came(
            int(first.split()[1]), headers, self._whole(content, int(headers.get("content-length", 0)))
        )

    def _whole(self, begun: bytes, size: int) -> bytes:
        parts, left = [begun], size - len(begun)
        while left > 0:
            parts.append(self._more(min(left, 1 << 20)))
            left -= len(parts[-1])
        return b"".join(parts)

    def _more(self, most: int) -> bytes:
        came = self._socket.recv(most)
        assert came, "the server hung up"
        return came
