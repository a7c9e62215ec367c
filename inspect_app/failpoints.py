"""Places at which a test ends this process as `kill -9` would. Inert unless TESTING is on and FAILPOINT names one."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator

from flask import Flask, Response, request

from inspect_app.errors import Problem

NAMES = (
    "commit.before",  # everything is written, nothing is durable
    "commit.after",  # durable, nobody was told
    "reply.before",  # the answer is made and not sent
    "file.middle",  # part of a file's bytes are on disk
    "file.before_rename",  # the file is whole under its temporary name
    "part.stored",  # a part of an upload is durable, its row is not
    "photo.stored",  # the original is durable under its hash, its rows are not
)
_armed: dict[str, Iterator[int]] = {}


def arm(text: str) -> None:
    """`name:count`: the process ends when it comes to the place for the count-th time. Empty disarms."""
    _armed.clear()
    if not text:
        return
    name, _, count = text.partition(":")
    if name not in NAMES or not count.isdigit() or int(count) < 1:
        raise Problem(
            "bad_value", f"INSPECT_APP_FAILPOINT must be name:count with one of {', '.join(NAMES)}."
        )
    _armed[name] = itertools.count(int(count) - 1, -1)  # counting is atomic, also between threads


def reached(name: str) -> None:
    """Called where the name stands for."""
    if _armed and name in _armed and next(_armed[name]) == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def init_app(app: Flask) -> None:
    """In tests only: arm what the settings name, and count answers."""
    settings = app.config["SETTINGS"]
    if settings.testing:
        arm(settings.failpoint)
        app.after_request(_before_reply)


def _before_reply(response: Response) -> Response:
    if request.path.startswith("/api/"):  # whoever asks only whether it lives gets an answer
        reached("reply.before")
    return response
