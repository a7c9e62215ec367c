"""The day's quota of an account holds also for what it announces at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest

from inspect_app.photos import uploads
from tests.support import factories
from tests.support.together import at_once
from tests.support.tus import Sender

SENDERS = 4
SIZE = 1000


@pytest.fixture
def sender(client: Any, db: Any) -> Sender:
    return Sender(client, factories.bearer(factories.account("inspector")))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Barrier:
    """Every upload stops before its transaction until all are there: whoever looked before it has looked by then."""
    gate, real = Barrier(SENDERS), uploads.transaction

    @contextmanager
    def together(**options: Any) -> Iterator[Any]:
        gate.wait(timeout=60)
        with real(**options) as session:
            yield session

    monkeypatch.setattr(uploads, "transaction", together)
    return gate


def _photos() -> list[bytes]:
    return [bytes([number]) * SIZE for number in range(SENDERS)]


def _statuses(app: Any, sender: Sender, lengths: int) -> list[int]:
    left = _photos()
    answers = at_once(
        SENDERS, lambda: Sender(app.test_client(), sender.headers).create(left.pop(), length=lengths)
    )
    return sorted(answer.status_code for answer in answers)


def test_photos_announced_at_the_same_moment_share_the_quota(
    app: Any, sender: Sender, gate: Barrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "DAILY_BYTES", 2 * SIZE)
    assert _statuses(app, sender, SIZE) == [201, 201, 429, 429]


def test_so_do_photos_that_are_said_to_be_longer(
    app: Any, sender: Sender, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for content in _photos():
        assert sender.create(content).status_code == 201
    request.getfixturevalue("gate")
    monkeypatch.setattr(uploads, "DAILY_BYTES", (SENDERS + 2) * SIZE)
    assert _statuses(app, sender, 2 * SIZE) == [201, 201, 429, 429]


def test_the_same_photo_announced_at_the_same_moment_counts_once(
    app: Any, sender: Sender, gate: Barrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "DAILY_BYTES", SIZE)
    answers = at_once(SENDERS, lambda: Sender(app.test_client(), sender.headers).create(bytes(SIZE)))
    assert {answer.status_code for answer in answers} == {201}
