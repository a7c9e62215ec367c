"""`python3 dev.py fuzz [--seconds 60] [--role ROLE] [--seed N]`: the same by hand, so many seconds for each role."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import make_settings, migrate_to_head
from tests.strangers.fuzzing import ROLES, rounds, stranger
from tests.support import databases
from tests.support.folders import make_run_folder, remove_run_folder

AT_ONCE = 10


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py fuzz")
    parser.add_argument("--seconds", type=float, default=60, help="for each role")
    parser.add_argument("--role", choices=ROLES, action="append")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    asked = parser.parse_args(arguments)
    print(f"seed {asked.seed}, {asked.seconds:.0f} s for each role", flush=True)
    folder = make_run_folder()
    try:
        found = sum(fuzz(role, asked.seconds, asked.seed) for role in asked.role or ROLES)
    finally:
        remove_run_folder(folder)
    print(f"{found} addresses broke their specification" if found else "no address broke its specification")
    return int(bool(found))


def fuzz(role: str, seconds: float, seed: int) -> int:
    """How many addresses failed; each is told once, with the seed that shows it, and left out from then on."""
    from inspect_app import create_app
    from inspect_app.extensions import db

    failed: set[tuple[str, str]] = set()
    with TemporaryDirectory() as home, databases.sqlite_database(Path(home), migrate_to_head) as url:
        app = create_app(make_settings(Path(home), DATABASE_URL=url))
        with app.app_context():
            one, requests = stranger(app, role), 0
            begun = time.monotonic()
            for number, wrong in rounds(seed, seconds):
                for method, path in set(one.addresses()) - failed:
                    requests += AT_ONCE
                    try:
                        one.tries(method, path, count=AT_ONCE, number=number, wrong=wrong)
                    except BaseExceptionGroup as error:
                        failed.add((method, path))
                        print(
                            f"{role}: {method.upper()} {path} (seed {number}): {error.exceptions[0]}",
                            flush=True,
                        )
                    except Exception as error:
                        failed.add((method, path))
                        print(f"{role}: {method.upper()} {path} (seed {number}): {error}", flush=True)
            print(
                f"{role}: about {requests} requests in {time.monotonic() - begun:.0f} s, {len(failed)} failed",
                flush=True,
            )
            db.session.remove()
            db.engine.dispose()
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
