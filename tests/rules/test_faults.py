"""Every fault of docs/faults.md has its test, and every test that is named there exists."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.named import NAMED, gone

ROOT = Path(__file__).resolve().parents[2]


def rows() -> list[list[str]]:
    """[number, where, fault, what happens, shown by, open] of each row."""
    lines = (ROOT / "docs/faults.md").read_text("utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if re.match(r"\| \d+ \|", line)
    ]


def test_all_forty_are_there_and_each_names_a_test() -> None:
    assert [row[0] for row in rows()] == [str(number) for number in range(1, 41)]
    assert [row[0] for row in rows() if not NAMED.search(row[4])] == []


def test_every_named_test_exists() -> None:
    assert [f"{number}: {name}" for number, _, _, _, shown, *_ in rows() for name in gone(shown)] == []
