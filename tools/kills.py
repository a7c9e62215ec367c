"""`dev.py kills server|database|browser`: what runs is killed at named places and at random, thousands of times, by hand."""

from __future__ import annotations

from collections.abc import Sequence

from tools.browser import ensure_browser
from tools.install import set_up
from tools.machine import call, tool

WHAT = {"server": "tests.processes", "database": "tests.processes.database", "browser": "tests.support.kills"}


def main(arguments: Sequence[str]) -> int:
    """The first word says what is killed; the rest goes to the campaign."""
    if not arguments or arguments[0] not in WHAT:
        raise SystemExit(
            f"What is to be killed? python3 dev.py kills {'|'.join(WHAT)} [--count N] [--seed N]"
        )
    set_up("dev")
    if arguments[0] == "browser":
        ensure_browser()
    return call([tool("python"), "-m", WHAT[arguments[0]], *arguments[1:]])
