"""A harness that has never failed proves nothing: bugs planted on purpose are caught (all of them: `dev.py planted`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted.planting import ROOT, Bug, bugs, copied_tree, merged, planted, run

pytestmark = pytest.mark.pure
TRIED = [bug for bug in bugs() if bug.in_tests]


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with copied_tree() as folder:
        yield folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", TRIED, ids=[bug.name for bug in TRIED])
def test_a_planted_bug_is_caught(copy: Path, bug: Bug) -> None:
    with planted(copy, bug):
        verdict = run(copy, bug)
    assert verdict.caught, verdict.output[-4000:]


@pytest.mark.timeout(600)
def test_the_copy_without_a_bug_passes(copy: Path) -> None:
    """So that what was caught is the bug and not the copy."""
    for kind in ("pytest", "vitest"):
        together = merged(TRIED, kind)
        assert together is not None
        verdict = run(copy, together)
        assert verdict.passed, verdict.output[-4000:]


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_every_bug_still_has_its_place(bug: Bug) -> None:
    for change in bug.changes:
        assert (ROOT / change.file).read_text("utf-8").count(change.old) == 1, (
            "the line moved on: plant the bug anew"
        )
    for word in bug.what if bug.kind == "pytest" else ():
        file, _, name = word.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_there_are_enough_of_them_in_both_languages() -> None:
    ends = [bug.changes[0].file.rpartition(".")[2] for bug in bugs()]
    assert len(ends) >= 30
    assert min(ends.count("py"), ends.count("ts")) >= 10
    assert len({bug.name for bug in bugs()}) == len(ends)
    assert len(TRIED) == 5
