"""`python3 dev.py planted [WORD ...]`: every planted bug (or those with a word in their name), and whether it was caught."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.planted.planting import Bug, bugs, copied_tree, merged, planted, run
from tests.support.folders import make_run_folder, remove_run_folder

LONGEST = 20.0


def main(words: list[str]) -> int:
    """A line per bug; 1 when one was not caught, or when a command fails without any bug."""
    wanted = [bug for bug in bugs() if not words or any(word in bug.name for word in words)]
    folder = make_run_folder()
    try:
        with copied_tree() as copy:
            failing = _fail_without_bug(copy, wanted)
            missed = [bug.name for bug in wanted if not _caught(copy, bug)]
    finally:
        remove_run_folder(folder)
    for name in failing:
        print(f"fails without any bug: {name}")
    for name in missed:
        print(f"NOT CAUGHT: {name}")
    print(f"{len(wanted) - len(missed)} of {len(wanted)} planted bugs caught")
    return int(bool(missed or failing))


def _fail_without_bug(copy: Path, wanted: list[Bug]) -> list[str]:
    """A command that fails anyway catches nothing: all of a kind together, once. (A campaign's BROKEN speaks for itself.)"""
    together = [
        of_one_kind for kind in ("pytest", "vitest") if (of_one_kind := merged(wanted, kind)) is not None
    ]
    return [bug.catcher for bug in together if not run(copy, bug).passed]


def _caught(copy: Path, bug: Bug) -> bool:
    with planted(copy, bug):
        verdict = run(copy, bug)
    word = "caught" if verdict.caught else "MISSED"
    slow = "" if verdict.seconds <= LONGEST else "  (slow)"
    print(
        f"{word} {verdict.seconds:5.1f} s ({verdict.computing:4.1f} s computing)  {bug.name}: {bug.catcher}{slow}",
        flush=True,
    )
    if not verdict.caught:
        print("\n".join(f"    {line}" for line in verdict.output.splitlines()[-15:]), flush=True)
    return verdict.caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
