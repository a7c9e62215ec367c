"""`dev.py fuzz`: requests made out of our own specification, with nobody's and each role's token."""

from __future__ import annotations

from collections.abc import Sequence

from tools.install import set_up
from tools.machine import call, tool


def main(arguments: Sequence[str]) -> int:
    """[--seconds 60] for each role [--role ROLE] [--seed N]."""
    set_up("dev")
    return call([tool("python"), "-m", "tests.strangers", *arguments])
