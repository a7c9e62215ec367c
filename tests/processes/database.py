"""`python3 dev.py kills database [--count 200] [--seed N]`: PostgreSQL dies under a web server that lives on."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import make_settings, migrate_to_head
from tests.processes.campaign import Campaign, Outcome
from tests.processes.city import ground
from tests.processes.postgres import Postgres

LONGEST = 0.8  # seconds of pouring before it dies, once something was acknowledged
AWAY = (0.0, 0.0, 1.0)  # seconds until it is started again


class DatabaseDies(Campaign):
    """One start of the server; the database is killed and started again under it. It never answers but busy, and recovers."""

    postgres: Postgres

    def run(self, count: int, told: Callable[[int, Outcome], None] = lambda *_: None) -> Outcome:
        started, stop = time.monotonic(), threading.Event()
        for tablet in self._tablets:
            tablet.database_dies = True
        self._start()
        senders = self._pour(stop)
        try:
            for number in range(1, count + 1):
                self._dies()
                self.outcome.seconds = time.monotonic() - started
                told(number, self.outcome)
                if self.outcome.faults:
                    break
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        self._server.kill()
        for tablet in self._tablets:
            tablet.photos_begin_anew()
        self.outcome.faults += self._ledger.check_all()
        self._heal()
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    def _dies(self) -> None:
        if not self._acknowledges():
            self.outcome.faults.append("nothing was acknowledged after the database had come back")
            return
        time.sleep(self._chance.uniform(0.0, LONGEST))
        self.postgres.kill()
        time.sleep(self._chance.choice(AWAY))
        self.postgres.start()
        self.outcome.kills["database"] += 1


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A new folder that others may enter: under root PostgreSQL runs as a user of its own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def campaign(folder: Path, count: int, seed: int) -> Outcome:
    """In a fresh, reachable folder."""
    from inspect_app import create_app
    from inspect_app.extensions import db

    postgres = Postgres(folder / "postgres", folder / "sockets")
    postgres.start()
    try:
        migrate_to_head(postgres.url)
        (folder / "home").mkdir()
        app = create_app(make_settings(folder / "home", DATABASE_URL=postgres.url))
        with app.app_context(), ground(app.config["SETTINGS"], seed) as site:
            db.session.remove()
            db.engine.dispose()
            trial = DatabaseDies(site.server, site.proxy, site.tablets, site.ledger, seed)
            trial.postgres = postgres
            outcome = trial.run(count, _told)
            print(f"acknowledged: {site.ledger.figures}")
    finally:
        postgres.kill()
    return outcome


def _told(number: int, outcome: Outcome) -> None:
    if number % 20 == 0:
        print(f"{number} kills, {outcome.seconds:.0f} s", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py kills database")
    parser.add_argument("--count", type=int, default=200, help="how often the database is killed")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    asked = parser.parse_args(arguments)
    print(f"seed {asked.seed}, {asked.count} kills of the database", flush=True)
    with reachable_folder() as folder:
        outcome = campaign(folder, asked.count, asked.seed)
    print(f"{sum(outcome.kills.values())} kills in {outcome.seconds:.0f} s")
    for fault in outcome.faults:
        print(f"BROKEN: {fault}")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
