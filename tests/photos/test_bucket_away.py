"""A bucket that is away: told as busy within a bounded time, whatever was asked of it, and nothing else waits for it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from inspect_app.cli_checks import sentence
from inspect_app.photos import receiving
from inspect_app.storage import s3
from inspect_app.storage.s3 import S3Storage
from tests.support import factories, pictures
from tests.support.folders import free_port
from tests.support.tus import Sender

ASKED: list[Callable[[S3Storage], Any]] = [
    lambda store: store.put("originals/ab/abc", [b"x"]),
    lambda store: store.open("originals/ab/abc"),
    lambda store: store.size("originals/ab/abc"),
    lambda store: store.delete("originals/ab/abc"),
    lambda store: list(store.keys("originals/")),
]


def bucket(port: int) -> S3Storage:
    return S3Storage("photos", {"endpoint": f"http://127.0.0.1:{port}", "key": "k", "secret": "s"})


@contextmanager
def silent() -> Iterator[int]:
    """The port of one that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.pure
@pytest.mark.parametrize("ask", ASKED)
def test_nobody_there_is_trouble_of_the_machine(ask: Callable[[S3Storage], Any]) -> None:
    with pytest.raises(OSError, match="the bucket does not answer") as told:
        ask(bucket(free_port()))
    assert told.value.errno == errno.EHOSTUNREACH


@pytest.mark.pure
def test_one_that_is_silent_holds_nobody_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """obstore itself asks ten times in three minutes, while the tablet has long gone and a thread waits."""
    monkeypatch.setattr(s3, "ANSWER", 1)
    with silent() as port, pytest.raises(OSError, match="the bucket does not answer"):
        bucket(port).size("originals/ab/abc")


def test_a_tablet_hears_that_the_server_is_busy_and_goes_on_where_it_was(
    client: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pictures.photo()
    sender = Sender(client, factories.bearer(factories.account("inspector")))
    place = sender.create(content).headers["Location"]
    with monkeypatch.context() as away:
        away.setattr(receiving, "store", lambda: bucket(free_port()))
        answer = sender.patch(place, 0, content)
        assert (answer.status_code, answer.json["code"], answer.headers["Retry-After"]) == (503, "busy", "5")
    assert sender.create(content).headers["Upload-Offset"] == "0"
    assert sender.patch(place, 0, content).status_code == 204


@pytest.mark.pure
def test_an_operator_reads_which_bucket_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_APP_STORAGE_URL", "s3://photos?key=k&secret=geheim")
    with pytest.raises(OSError, match="the bucket does not answer") as told:
        bucket(free_port()).size("originals/ab/abc")
    says = sentence(told.value)
    assert says.startswith("The bucket photos of INSPECT_APP_STORAGE_URL does not answer: Generic S3 error")
    assert "geheim" not in says
