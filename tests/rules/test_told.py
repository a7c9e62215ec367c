"""Every score, grade, amount and date that the rules work out is marked in its template, so that it can be asked for its reasons."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.support.source import ROOT
from tests.support.told import bare, told

TEMPLATES = ROOT / "inspect_app" / "office" / "templates" / "office"
FIGURE = re.compile(
    r"\.score\b|\.grade\b|raw_mean|due_on|\.due\b|deadline|\.amount\b|\.rate\b|\| money|tenths|lowest|_hour\b|release_at"
)
MARKED = ("ui.told(", "told=", "ui.until(", "ui.why(", "ui.because(", "ui.state(", "ui.date(", "ui.text(")
GIVEN: dict[str, tuple[str, ...]] = {
    "cases/case.html": ("real.amount",),
    "cases/timeline.html": ("line.", "mark.event.deadline"),
    "meetings/meeting.html": ("ui.meter(", "row.grade"),
    "projects/budget.html": ("tender.award_amount",),
    "projects/detail.html": (
        "row.paid_amount",
        "row.amount_before",
        "row.amount_after",
        "tender.award_amount",
    ),
    "projects/list.html": ("found.award_total", "row.award_amount"),
    "quotas/year.html": ("row.award_amount", "key | money", "line.due.quarter"),
    "records/list.html": ("sums.spread",),
    "records/parts.html": ("basic.budget",),
    "records/sheets.html": ("parts.score_bar(",),
}
"""What people or the tender system entered, names of grades and bands, places on a picture: no rule worked these out."""


def expressions() -> list[tuple[str, str]]:
    """(template, expression) of all that is printed and reads like such a figure."""
    found = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        if name != "macros.html":
            printed = re.findall(r"\{\{(.*?)\}\}", path.read_text(encoding="utf-8"), re.DOTALL)
            found += [(name, one.strip()) for one in printed if FIGURE.search(one)]
    return found


def test_every_figure_of_a_template_is_marked_or_was_entered() -> None:
    loose = [
        f"{name}: {one[:160]}"
        for name, one in expressions()
        if not any(mark in one for mark in MARKED) and not any(part in one for part in GIVEN.get(name, ()))
    ]
    assert loose == []


def test_each_exception_is_still_needed() -> None:
    used = Counter(
        (name, part)
        for name, one in expressions()
        if not any(mark in one for mark in MARKED)
        for part in GIVEN.get(name, ())
        if part in one
    )
    assert {(name, part) for name, parts in GIVEN.items() for part in parts} <= set(used)


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ('<tr><td data-told="score">80</td><td><details class="why"></details></td></tr>', []),
        ('<tr><td data-told="score">80</td></tr><tr><td><details class="why"></details></td></tr>', ["score 80"]),
        ('<section><table><tr><td data-told="score">80</td></tr></table><details class="why"></details></section>', ["score 80"]),
        ('<section><p data-told="date">x</p><img><br><svg><path d=""/></svg><details class="why"></details></section>', []),
        ('<div class="figure"><p data-told="amount">1</p></div><details class="why"></details>', ["amount 1"]),
    ],
)  # fmt: skip
def test_the_reader_of_pages_sees_what_is_missing(page: str, wanted: list[str]) -> None:
    assert bare(page) == wanted
    assert len(told(page)) == 1
