#!/usr/bin/env python3
"""The one script of this repository. `python3 dev.py` alone explains its verbs.

Needs Python 3.11 or newer with venv, nothing else: Node comes from a wheel, browsers from the machine's packages.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit("dev.py needs Python 3.11 or newer.")

from tools import bench, fuzz, install, kills, lint, locks, planted, powercut, serve, simulate, testing

VERBS = {
    "install": (
        install.main,
        "set up .venv from the hash-locked requirements and build the PWA (seconds when done)",
    ),
    "run": (serve.main, "install, migrate, load the demo city if the database is new, serve web and jobs"),
    "test": (testing.main, "install everything and pass all tests [--part NAME] [pytest arguments]"),
    "e2e": (testing.e2e, "only the browser tests; --screens [DIR] makes a picture of every screen"),
    "lint": (
        lint.main,
        "ruff, mypy, import-linter, bandit, biome, vue-tsc; --fix repairs what can be repaired",
    ),
    "build": (install.build_always, "build the PWA and the office assets into static/dist"),
    "bench": (
        bench.main,
        "measure beside floors: operations dropping decoding json pull photos derivatives pages [NAME ...]",
    ),
    "kills": (
        kills.main,
        "kill what runs at named places and at random, see that nothing is lost: kills server|database|browser [--count N] [--seed N]",
    ),
    "powercut": (
        powercut.main,
        "freeze server or browser and look at what a power cut leaves: powercut server|browser [--count N] [--seed N]; needs root",
    ),
    "planted": (planted.main, "plant bugs into a copy of the tree and see that each is caught [WORD ...]"),
    "fuzz": (fuzz.main, "requests made out of our own specification, with each role's token [--seconds 60]"),
    "simulate": (simulate.main, "tell stories of tablets and faults from a seed [--schedules N] [--help]"),
    "freeze": (testing.freeze, "write today's /api/v1 answers as the frozen contract in tests/contracts"),
    "lock": (locks.main, "make the locks anew from requirements/*.in and static/package.json"),
}
PARSES = {"simulate"}  # has a parser that explains itself


def usage() -> str:
    lines = [f"  python3 dev.py {verb:<8} {text}" for verb, (_, text) in VERBS.items()]
    return "\n".join(["inspect-app: one script for everything", "", *lines])


def explained(verb: str) -> str:
    """What one verb does and takes. Asking begins nothing: some verbs kill servers for an hour."""
    does, text = VERBS[verb]
    return "\n".join(
        [f"python3 dev.py {verb}: {text}", *([] if does.__doc__ is None else ["", does.__doc__.strip()])]
    )


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if arguments[0] not in VERBS:
        print(f"Unknown verb {arguments[0]!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    if arguments[0] not in PARSES and {"-h", "--help"} & set(arguments[1:]):
        print(explained(arguments[0]))
        return 0
    try:
        return VERBS[arguments[0]][0](arguments[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
