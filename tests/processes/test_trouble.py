"""What disks, locks and clocks do to real processes: no acknowledgement, nothing half done, well again by itself (31, 32, 36)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.processes.city import Ground
from tests.processes.tablets import HEAD, Picture, Tablet

SMALL = 64 * 1024  # bytes of a file, when the disk is "full"
LESS_THAN_A_PHOTO = 250_000
BOUND = 60.0  # seconds; the product waits ten


@pytest.fixture
def calm(field: Ground) -> Ground:
    """The line is good: only the trouble under test is there."""
    field.proxy.faulty = False
    for tablet in field.tablets:
        tablet.port = field.proxy.port
    return field


def poured(field: Ground, tablet: Tablet) -> None:
    """What was begun arrives, and everything that was acknowledged stands."""
    tablet.run(threading.Event(), new=False)
    assert not tablet.waiting
    field.server.kill()
    assert field.ledger.check_all() == []


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 1 MB under `folder` where this process may mount one; answers whether."""
    folder.mkdir(exist_ok=True)
    told = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
        if os.geteuid() == 0
        else None
    )
    mounted = told is not None and told.returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def test_a_full_disk_acknowledges_nothing_and_recovers_alone(calm: Ground) -> None:
    """Photos on a small file system (a file-size limit where nobody may mount), the database under a file-size limit."""
    tablet = calm.tablets[0]
    with small_disk(calm.settings.home / "photos") as mounted:
        calm.server.start()
        tablet.push()
        ballast = calm.settings.home / "photos" / "ballast"
        if mounted:
            ballast.write_bytes(bytes(900_000))
        picture = Picture(HEAD + os.urandom(300_000))
        tablet.pictures.append(picture)
        tablet.resume(picture)
        if not mounted:  # only the photo is too large, so that it is the photo's place that refuses
            calm.server.limit_files(LESS_THAN_A_PHOTO)
        status, _, _ = tablet.send(picture, 400_000)
        assert status == 507
        assert picture.offset == 0
        calm.server.limit_files(SMALL)
        refused = tablet.push()
        assert refused in ((200, 507) if calm.settings.database_url.startswith("postgresql") else (507,))
        calm.server.limit_files(-1)
        ballast.unlink(missing_ok=True)
        poured(calm, tablet)


def test_a_locked_database_is_waited_for_a_bounded_time_and_leaves_no_partial_work(calm: Ground) -> None:
    tablet = calm.tablets[0]
    calm.server.start()
    assert tablet.push() == 200
    engine = create_engine(calm.settings.database_url, poolclass=NullPool)
    with engine.connect() as holder:
        holder.execute(
            text("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE operations")
        )
        begun = time.monotonic()
        assert tablet.push() == 503
        assert time.monotonic() - begun < BOUND
        holder.rollback()
    poured(calm, tablet)


def test_a_clock_that_was_put_back_an_hour_holds_nobody_up(calm: Ground) -> None:
    """The lease of a sender that died before the clock was put back does not hold for an hour."""
    tablet = calm.tablets[0]
    calm.server.start(failpoint="part.stored:1", offset=3600)
    assert tablet.push() == 200
    picture = Picture(HEAD + os.urandom(50_000))
    tablet.pictures.append(picture)
    tablet.resume(picture)
    with pytest.raises((OSError, ValueError, EOFError)):
        tablet.send(picture, 20_000)
    calm.server.kill()
    calm.server.start()
    assert tablet.push() == 200
    poured(calm, tablet)
