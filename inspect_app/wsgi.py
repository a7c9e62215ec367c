"""What the web server loads."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from inspect_app import create_app

KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # seconds, seconds, questions


class Watchful:
    """Lets the kernel ask peers that have fallen silent whether they are there, so that a tablet which lost its network in
    the middle of a photo holds a thread for two minutes and not for ever. The server has no setting for that. Connections
    inherit it from the socket that they come in by; those that are there at the first request are told one by one.
    """

    def __init__(self, application: Any) -> None:
        self._application, self._told = application, False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._told:
            self._told = True
            find_vanished_peers()
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


def find_vanished_peers() -> None:
    """For all network connections of this process; only where the kernel is Linux."""
    if not os.path.isdir("/proc/self/fd"):
        return
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):  # closed by now, such as the one that listed the folder
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as found:
                    _keep_alive(found)


def _keep_alive(found: socket.socket) -> None:
    if found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


app = create_app()
app.wsgi_app = Watchful(app.wsgi_app)  # type: ignore[method-assign]
