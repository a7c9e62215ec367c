"""What a power cut leaves of the server: `python3 dev.py powercut server --count 100 --database postgres` (needs root, Linux).

Its whole folder lies on a disk of `loopdisk`: database, photos, keys; with PostgreSQL that one's data, too. While tablets
pour, every process of server and database is frozen, the image copied, then all is killed and the copy put in the disk's
place, as a machine comes up again. The ledger is asked, and the server goes on from there to the next cut.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import make_settings, migrate_to_head
from tests.processes.campaign import Campaign, Outcome
from tests.processes.city import ground
from tests.processes.postgres import Postgres, end, stand_still
from tests.support.loopdisk import Disk, copy_image, make_image, obstacle, run

PATIENCE = 60.0
LONGEST = 0.8  # seconds of pouring before a cut, once something was acknowledged


@dataclass
class Machine:
    """The disk, and what runs on it besides the web server."""

    disk: Disk
    postgres: Postgres | None

    def cut(self, server: int) -> None:
        """All who write stand still, the disk is copied as it is, nobody lives on. `server`: the web server's first process."""
        running = stand_still(server) + (self.postgres.stand_still() if self.postgres else [])
        _wait_until_still(running)
        copy = self.disk.image.with_name("cut.img")
        copy_image(self.disk.image, copy)
        end(running)

    def comes_back(self) -> None:
        if self.postgres:
            self.postgres.kill()
        self.disk.become(self.disk.image.with_name("cut.img"))
        if self.postgres:
            self.postgres.start()

    def shut(self) -> None:
        if self.postgres:
            self.postgres.kill()


class Cuts(Campaign):
    """A campaign whose server is not killed: the power fails."""

    machine: Machine

    def _round(self) -> None:
        self._start()
        stop = threading.Event()
        senders = self._pour(stop)
        self._acknowledges()
        time.sleep(self._chance.uniform(0.0, LONGEST))
        self.machine.cut(self._server.group)
        self._server.kill()
        stop.set()
        for sender in senders:
            sender.join()
        for tablet in self._tablets:
            tablet.photos_begin_anew()
        self.machine.comes_back()
        self.outcome.kills["cut"] += 1


def _wait_until_still(processes: list[psutil.Process]) -> None:
    """Also a thread that waits for the disk stops, once the disk has answered: before it tells anybody."""
    deadline = time.monotonic() + PATIENCE
    for state in (path for one in processes for path in Path(f"/proc/{one.pid}/task").glob("*/stat")):
        while _of(state) not in "TZX":
            if time.monotonic() > deadline:
                raise SystemExit("a process cannot be frozen")
            time.sleep(0.001)


def _of(state: Path) -> str:
    try:
        return state.read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


@contextmanager
def machine(folder: Path, database: str) -> Iterator[tuple[Machine, str]]:
    """A migrated, empty installation on a disk of its own, and the address of its database."""
    make_image(folder / "disk.img")
    disk = Disk(folder / "disk.img", folder / "disk")
    disk.attach()
    made = Machine(disk, None)
    try:
        url = f"sqlite:///{disk.folder / 'inspect.sqlite3'}"
        if database == "postgres":
            made.postgres = Postgres(disk.folder / "postgres", folder / "sockets")
            made.postgres.start()
            url = made.postgres.url
        migrate_to_head(url)
        yield made, url
    finally:
        made.shut()
        disk.detach()


def campaign(made: Machine, url: str, count: int, seed: int) -> Outcome:
    from inspect_app import create_app
    from inspect_app.audit import chaining
    from inspect_app.extensions import db

    app = create_app(make_settings(made.disk.folder, DATABASE_URL=url))
    with app.app_context(), ground(app.config["SETTINGS"], seed) as site:
        _closed(db)
        run("sync", "-f", str(made.disk.folder))  # it was installed long before; its data is what is on trial
        trial = Cuts(site.server, site.proxy, site.tablets, site.ledger, seed)
        trial.machine = made
        outcome = trial.run(count, _told)
        if not outcome.faults:
            chaining.chain_waiting()
            _closed(db)
            verified = site.server.command("audit", "verify", "--json")
            outcome.faults += [] if verified.returncode == 0 else [verified.stdout + verified.stderr]
        print(f"acknowledged: {site.ledger.figures}")
        _closed(db)
    return outcome


def _closed(db: object) -> None:
    """This process holds no file of the disk open."""
    db.session.remove()  # type: ignore[attr-defined]
    db.engine.dispose()  # type: ignore[attr-defined]


def _told(number: int, outcome: Outcome) -> None:
    if number % 20 == 0:
        print(f"{number} cuts, {outcome.seconds:.0f} s", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dev.py powercut server", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args(arguments)
    if (why := obstacle()) is not None:
        print(why, file=sys.stderr)
        return 1
    seed = asked.seed if asked.seed is not None else random.randrange(10_000)
    print(f"seed {seed}, {asked.count} cuts, {asked.database}", flush=True)
    with tempfile.TemporaryDirectory() as name, machine(Path(name), asked.database) as (made, url):
        outcome = campaign(made, url, asked.count, seed)
    cuts = outcome.kills["cut"]
    print(f"{cuts} cuts in {outcome.seconds:.0f} s; broken promises: {len(outcome.faults)}")
    for fault in outcome.faults:
        print(f"BROKEN: {fault}")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
