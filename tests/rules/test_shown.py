"""docs/shown.md: one row per sentence of what was asked, and every test that it names exists."""

from __future__ import annotations

import re

import pytest

import dev
from tests.bench.__main__ import ALONE
from tests.support.named import NAMED, ROOT, gone
from tools import kills

SHOWN = (ROOT / "docs/shown.md").read_text("utf-8")
SENTENCES = ("One inspection, end to end", "The rules of the field", "Nothing is ever lost")
VERB = re.compile(r"`dev\.py ([a-z0-9]+)(?: ([a-z]+))?[^`]*`")
"""What somebody does by hand; it shows a sentence as a test does."""
BY_HAND = ("mutation testing", "a fresh clone on a machine without node", "bad input")
"""Sentences that no single test shows; the row says what does."""
TWINS = (
    "fold", "validation", "fields", "identity", "stamps", "scoring", "sheets", "progress", "spread", "penalties", "lines",
    "deadlines", "ladder", "search", "search_order", "codes", "alternatives", "ranges", "table", "blocks", "dates",
    "money",
)  # fmt: skip


def rows(part: str) -> list[tuple[str, str]]:
    """(sentence, shown by) of the tables beneath a heading."""
    text = SHOWN.split(f"\n## {part}\n")[1].split("\n## ")[0]
    found = [line.strip("| ").split(" | ", 1) for line in text.splitlines() if line.startswith("| ")]
    return [(one[0], one[1]) for one in found if one[0] not in ("sentence", "---")]


@pytest.mark.parametrize("part", SENTENCES)
def test_every_sentence_names_a_test(part: str) -> None:
    found = rows(part)
    assert len(found) > 60
    assert [
        one
        for one, shown in found
        if not (NAMED.search(shown) or VERB.search(shown))
        and not one.lower().lstrip("「").startswith(BY_HAND)
    ] == []
    assert len({one for one, _ in found}) == len(found), "one row per sentence"


def test_every_verb_exists() -> None:
    done = {(found[1], found[2]) for found in VERB.finditer(SHOWN)}
    assert {verb for verb, _ in done} <= set(dev.VERBS)
    assert {what for verb, what in done if verb == "bench"} - {None} == {*ALONE}
    assert {what for verb, what in done if verb == "kills"} == {*kills.WHAT}


def test_no_test_is_named_by_half() -> None:
    """`test_this` without its file is held to nothing."""
    assert re.findall(r"`(?!(?:static/)?tests/)[^` ]*\btest_[a-z_]+[^` ]*`", SHOWN) == []


@pytest.mark.parametrize("document", ["shown", "proof", "evidence", "faults", "protection"])
def test_every_named_test_exists(document: str) -> None:
    assert gone((ROOT / f"docs/{document}.md").read_text("utf-8")) == []


def test_each_control_of_the_baseline_stands_somewhere() -> None:
    lines = re.findall(
        r"^\| ([0-9]+) \| .*? \| (\w+) \| (.*) \|$", (ROOT / "docs/protection.md").read_text("utf-8"), re.M
    )
    assert [int(number) for number, _, _ in lines] == [*range(1, 81)]
    assert {stands for _, stands, _ in lines} == {"met", "part", "open", "agency"}


def test_both_sides_read_the_vectors_of_what_the_tablet_needs() -> None:
    python, script = (
        "\n".join(path.read_text("utf-8") for path in sorted((ROOT / folder).glob(pattern)))
        for folder, pattern in (("tests/domain", "*.py"), ("static/tests/domain", "*.ts"))
    )
    for name in TWINS:
        assert f'"{name}"' in python, f"{name} is not read in Python"
        assert f"('{name}')" in script or f"'{name}'" in script, f"{name} is not read in TypeScript"


def test_the_papers_are_there() -> None:
    wanted = ["README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"]
    wanted += [f"docs/{name}.md" for name in ("architecture", "sync-protocol", "operations")]
    wanted += [
        f"docs/decisions/{name}.md"
        for name in (
            "0001-sqlite-full",
            "0002-operation-log",
            "0003-tus-identity",
            "0004-jobs-process",
            "0005-pwa-storage",
        )
    ]
    assert [name for name in wanted if not (ROOT / name).is_file()] == []
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(word in readme for word in ("python3 dev.py run", "python3 dev.py test", "Map of the code"))
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme)
    assert len(pictures) >= 3
    assert all((ROOT / one).is_file() for one in pictures)
    readers = re.findall(r"^\*\*(.+)\*\*$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert {"Inspectors", "Agencies", "Auditors"} <= set(readers)
