"""Asking a time-stamp authority over HTTP (RFC 3161, 3.4): one request to the configured address and to nothing else. No
redirect is followed, no proxy of the environment is used, and an answer may be neither slow nor large.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, socket
from urllib.parse import urlsplit

SILENCE = 10.0
"""Seconds without a byte."""
WHOLE = 30.0
"""Seconds for the whole answer, however it trickles."""
LARGEST = 64 * 1024
"""Bytes; a token with its certificates has some 2,000 to 8,000."""
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class Refused(Exception):
    """No time stamp came of it; the text says why and may be shown to administrators."""


def ask(url: str, request: bytes) -> bytes:
    """The body of the authority's answer. Raises `Refused`, or OSError when the network fails."""
    connection = _connection(url)
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    with closing(connection):
        connection.connect()
        with _within(connection.sock, WHOLE):
            connection.request("POST", path, request, HEADERS)
            with closing(connection.getresponse()) as answer:
                return _body(answer)


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return HTTPSConnection(
            parts.hostname or "", parts.port, timeout=SILENCE, context=ssl.create_default_context()
        )
    return HTTPConnection(parts.hostname or "", parts.port, timeout=SILENCE)


@contextmanager
def _within(line: socket, seconds: float) -> Iterator[None]:
    """Break the connection off when the block takes longer: a time-out of the socket begins anew with every byte."""
    ended = threading.Event()

    def end() -> None:
        ended.set()
        with suppress(OSError):
            line.shutdown(SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        yield
    except (HTTPException, OSError, ValueError) as error:
        raise Refused("too slow" if ended.is_set() else f"no answer: {type(error).__name__}") from None
    finally:
        timer.cancel()
    if ended.is_set():
        raise Refused("too slow")


def _body(answer: HTTPResponse) -> bytes:
    if answer.status != 200:
        raise Refused(f"HTTP {answer.status}")
    kind = answer.headers.get_content_type()
    if kind != "application/timestamp-reply":
        raise Refused(f"an answer of type {kind[:60]}")
    found = answer.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise Refused("the answer is too large")
    return found
