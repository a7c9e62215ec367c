"""Two editions side by side: added, removed, reworded, other range."""

from __future__ import annotations

from dataclasses import dataclass

from .rows import Edition, Row

Pair = tuple[Row, Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows by code order; a pair is (old, new). A row may stand in both `reworded` and `other_range`."""

    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    reworded: tuple[Pair, ...]
    other_range: tuple[Pair, ...]


def compare(old: Edition, new: Edition) -> Difference:
    """What changed from one edition to the other."""
    both = [
        (old.by_code[code], new.by_code[code]) for code in sorted(old.by_code.keys() & new.by_code.keys())
    ]
    return Difference(
        added=tuple(new.by_code[code] for code in sorted(new.by_code.keys() - old.by_code.keys())),
        removed=tuple(old.by_code[code] for code in sorted(old.by_code.keys() - new.by_code.keys())),
        reworded=tuple(pair for pair in both if pair[0].text != pair[1].text),
        other_range=tuple(pair for pair in both if pair[0].range != pair[1].range),
    )
