"""Photos are developed by small processes, several at once; one that dies takes nothing with it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inspect_app.jobs.schedule import JOBS, OUTBOX, develop
from inspect_app.notifications import services as outbox
from inspect_app.notifications.models import OutboxRow
from inspect_app.photos import processing, queries, services
from inspect_app.photos.store import store
from inspect_app.photos.workers import Died, Pool, Worker
from inspect_app.storage import StorageFull
from tests.support import factories, pictures

PATIENCE = 90


def until(question: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := question()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def someone(db: Any) -> Any:
    return factories.actor("inspector")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.photo(2000, 1500))
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file whose reading never ends: nobody writes into the pipe."""
    path = tmp_path / "endless"
    os.mkfifo(path)
    return path


def test_a_worker_killed_in_the_middle_is_noticed_and_the_next_photo_gets_a_new_one(
    photo: Path, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, begun = Pool(1), []
    real = Worker.develop

    def told(self: Worker, path: Path) -> Any:
        begun.append(self)
        return real(self, path)

    monkeypatch.setattr(Worker, "develop", told)
    caught: list[BaseException] = []

    def stuck() -> None:
        try:
            pool.develop(endless)
        except Died as died:
            caught.append(died)

    thread = threading.Thread(target=stuck)
    thread.start()
    until(lambda: begun)
    os.kill(begun[0].process.pid, 9)
    thread.join(PATIENCE)
    assert len(caught) == 1
    assert set(pool.develop(photo).pictures) == {320, 1600}


def test_a_worker_that_hangs_is_ended(endless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspect_app.photos.workers.PATIENCE", 0.5)
    with pytest.raises(Died):
        Pool(1).develop(endless)


def test_idle_workers_are_kept_for_the_round_and_a_dead_one_is_not_used(photo: Path) -> None:
    pool = Pool(2)
    with pool.kept():
        pool.develop(photo)
        (first,) = pool._idle
        pool.develop(photo)
        assert pool._idle == [first]
        first.process.kill()
        first.process.wait()
        assert pool.develop(photo).size == (2000, 1500)
        (second,) = pool._idle
    assert pool._idle == []
    assert second.process.poll() is not None


def test_no_secret_and_no_application_reaches_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_APP_DATABASE_URL", "postgresql://user:pass@host/db")
    worker = Worker()
    try:
        own = until(lambda: Path(f"/proc/{worker.process.pid}/environ").read_bytes())
        assert b"postgresql://user" not in own
    finally:
        worker.end()


@contextmanager
def file_is(path: Path) -> Iterator[None]:
    """Every original is this file, for as long as the block lasts."""

    @contextmanager
    def file(self: Any, key: str) -> Iterator[Path]:
        yield path

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(store()), "file", file)
        yield


def row_of(db: Any, digest: str) -> OutboxRow:
    db.session.expire_all()
    (row,) = outbox.deliveries(f"photo:{digest}")
    return row


def test_a_photo_whose_worker_died_is_taken_again_and_given_up_as_evidence(
    someone: Any, app: Any, db: Any, clock: Any, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inspect_app.photos.workers.PATIENCE", 0.2)
    content = pictures.photo()
    digest, other = services.take_in(someone, content), services.take_in(someone, pictures.photo(seed=2))
    handlers = {kind: make(app.config["SETTINGS"]) for kind, make in OUTBOX["work"].items()}
    with file_is(endless):
        outbox.deliver_due(handlers)
        row = row_of(db, digest)
        assert (row.state, row.attempts, row.error) == ("waiting", 1, "Died: ")
        clock.advance(hours=1)
        outbox.deliver_due(handlers)
        clock.advance(hours=1)
        outbox.deliver_due(handlers)
    found = db.session.get(processing.Photo, digest, populate_existing=True)
    assert (found.state, row_of(db, digest).state) == ("unreadable", "done")
    assert "原檔保留為證物" in found.problem
    assert b"".join(queries.original(digest)) == content
    assert other != digest


def test_the_row_of_a_killed_jobs_process_is_taken_again_when_its_lease_is_over(
    someone: Any, app: Any, db: Any, clock: Any
) -> None:
    digest = services.take_in(someone, pictures.photo())
    lost = outbox._claim(("photo.process",))
    assert develop(app.config["SETTINGS"]) == 0
    clock.advance(minutes=4)
    assert develop(app.config["SETTINGS"]) == 1
    assert row_of(db, digest).state == "done"
    assert lost is not None
    outbox._finish(lost, ValueError("too late"))  # the one that was thought dead says something
    assert (row_of(db, digest).state, row_of(db, digest).error) == ("done", "")


@pytest.mark.parametrize("tried", [False, True])
def test_a_clock_put_back_holds_no_row_up(someone: Any, app: Any, db: Any, clock: Any, tried: bool) -> None:
    """Neither one that waits nor one whose process died, both planned while the clock stood a month ahead."""
    clock.advance(days=30)
    digest = services.take_in(someone, pictures.photo())
    if tried:
        assert outbox._claim(("photo.process",))
    clock.advance(days=-30)
    assert develop(app.config["SETTINGS"]) == 1
    assert row_of(db, digest).state == "done"


def test_a_row_that_kills_its_process_each_time_is_given_up_and_told(
    someone: Any, db: Any, clock: Any
) -> None:
    digest = services.take_in(someone, pictures.photo())
    for _ in range(outbox.MAX_ATTEMPTS):
        assert outbox._claim(("photo.process",))
        clock.advance(minutes=4)
    assert outbox._claim(("photo.process",)) is None
    assert (row_of(db, digest).state, row_of(db, digest).error) == ("failed", "interrupted at every attempt")


def test_photos_that_failed_while_the_disk_was_full_are_taken_again(
    someone: Any, app: Any, db: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = services.take_in(someone, pictures.photo())
    settings = app.config["SETTINGS"]
    with monkeypatch.context() as full:
        full.setattr(processing, "derived_key", lambda *_: full_disk())
        for _ in range(outbox.MAX_ATTEMPTS):
            develop(settings)
            clock.advance(hours=4)
    assert row_of(db, digest).state == "failed"
    next(job for job in JOBS if job.name == "photos.again").run(settings)
    assert develop(settings) == 1
    assert db.session.get(processing.Photo, digest, populate_existing=True).state == "ready"


def full_disk() -> str:
    raise StorageFull


def test_several_photos_are_developed_at_once_and_each_once(
    someone: Any, app: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = [services.take_in(someone, pictures.photo(seed=seed)) for seed in range(5)]
    pool, together = Pool(1), threading.Barrier(3)
    real, waited = pool.develop, threading.local()

    def meet(path: Path) -> Any:
        """The first photo of each line waits until all lines are at work."""
        if not getattr(waited, "once", False):
            waited.once = True
            together.wait(PATIENCE)
        return real(path)

    monkeypatch.setattr(pool, "develop", meet)
    monkeypatch.setattr("inspect_app.photos.processing.POOL", pool)
    monkeypatch.setattr("inspect_app.jobs.schedule.POOL", pool)
    assert develop(app.config["SETTINGS"]) == 5
    rows = [row_of(db, digest) for digest in digests]
    assert {(row.state, row.attempts) for row in rows} == {("done", 1)}
    assert {queries.by_hashes(digests)[digest].state for digest in digests} == {"ready"}


def test_what_failed_together_returns_apart() -> None:
    pauses = {outbox._pause(3).total_seconds() for _ in range(200)}
    assert len(pauses) > 50
    assert 240 <= min(pauses) <= max(pauses) <= 360
