"""`python3 dev.py kills server [--count 2000] [--database sqlite|postgres] [--seed N]`: the campaign by hand."""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import make_settings, migrate_to_head
from tests.processes.campaign import Outcome
from tests.processes.city import ground
from tests.support import databases
from tests.support.folders import make_run_folder, remove_run_folder


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py kills server")
    parser.add_argument("--count", type=int, default=2000, help="how often the server is killed")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    asked = parser.parse_args(arguments)
    print(f"seed {asked.seed}, {asked.count} kills, {asked.database}", flush=True)
    run_folder = make_run_folder()
    try:
        with TemporaryDirectory() as folder, database(asked.database, Path(folder)) as (home, url):
            return campaign(home, url, asked.count, asked.seed)
    finally:
        remove_run_folder(run_folder)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[tuple[Path, str]]:
    home = folder / "home"
    home.mkdir()
    postgres = kind == "postgres"
    opened = (
        databases.postgres_database(migrate_to_head)
        if postgres
        else databases.sqlite_database(home, migrate_to_head)
    )
    with opened as url:
        yield home, url


def campaign(home: Path, url: str, count: int, seed: int) -> int:
    """Prints the figure and answers 1 when a promise was broken; the log of the server then tells more."""
    from inspect_app import create_app
    from inspect_app.extensions import db

    app = create_app(make_settings(home, DATABASE_URL=url))
    with app.app_context(), ground(app.config["SETTINGS"], seed) as field:
        outcome = field.campaign().run(count, told)
        kills = sum(outcome.kills.values())
        print(f"\n{kills} kills in {outcome.seconds:.0f} s: {dict(outcome.kills.most_common())}")
        print(f"the line: {dict(field.proxy.told.most_common())}")
        print(f"acknowledged: {field.ledger.figures}")
        for fault in outcome.faults:
            print(f"BROKEN: {fault}")
        db.session.remove()
        db.engine.dispose()
    if not outcome.faults:
        print(f"nothing broken: below {100 * 3 / kills:.2f} % of kills with 95 % confidence (rule of three)")
    return int(bool(outcome.faults))


def told(number: int, outcome: Outcome) -> None:
    if number % 50 == 0:
        print(f"{number} kills, {outcome.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    os.environ["TZ"] = "America/St_Johns"
    sys.exit(main(sys.argv[1:]))
