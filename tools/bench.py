"""`dev.py bench`: how fast the paths are that many tablets take at once. Measures a real server on loopback."""

from __future__ import annotations

from tools.install import set_up
from tools.machine import call, tool


def main(arguments: list[str]) -> int:
    """Without names all scenarios of tests/bench run; figures go to stdout, one line each."""
    set_up("dev")
    return call([tool("python"), "-m", "tests.bench", *arguments])
