"""`dev.py powercut server|browser`: what a power cut leaves on the disk. Needs root, so it is a verb of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tools.browser import ensure_browser
from tools.install import set_up
from tools.machine import call, tool

WHOSE = {"server": "tests.processes.powercut", "browser": "tests.support.powercut"}


def main(arguments: Sequence[str]) -> int:
    """The first word says whose power fails; the rest goes to the trial. One sentence and exit 1 where it cannot be tried."""
    if not arguments or arguments[0] not in WHOSE:
        raise SystemExit(
            f"Whose power is to fail? python3 dev.py powercut {'|'.join(WHOSE)} [--count N] [--seed N]"
        )
    set_up("dev")
    if arguments[0] == "browser":
        ensure_browser()
    return call([tool("python"), "-m", WHOSE[arguments[0]], *arguments[1:]])
