"""`dev.py powercut`: what a power cut leaves of the browser's profile. Needs root, so it is a verb of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tools.browser import ensure_browser
from tools.install import set_up
from tools.machine import call, tool


def main(arguments: Sequence[str]) -> int:
    """`[--count N] [--seed N]` go to the trial; one sentence and exit 1 where it cannot be tried."""
    set_up("dev")
    ensure_browser()
    return call([tool("python"), "-m", "tests.support.powercut", *arguments])
