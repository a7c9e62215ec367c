"""`dev.py planted`: bugs planted on purpose into a copy of the tree, and whether the tests notice."""

from __future__ import annotations

from collections.abc import Sequence

from tools.install import set_up
from tools.machine import call, tool


def main(arguments: Sequence[str]) -> int:
    """All of tests/planted/bugs.toml, or those with one of the words in their name."""
    set_up("dev")
    return call([tool("python"), "-m", "tests.planted", *arguments])
