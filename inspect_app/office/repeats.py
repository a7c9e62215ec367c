"""Repeat defects: which codes come back at whom, and how they move from quarter to quarter."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request

from inspect_app import clock
from inspect_app.accounts.guards import requires
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.catalogue import short
from inspect_app.domain.repeats import RELATIONS, Recurring, recurring
from inspect_app.inspections import repeating
from inspect_app.office.blueprint import blueprint
from inspect_app.office.listing import listing
from inspect_app.office.records import day_of
from inspect_app.projects import queries as projects

YEARS = 3
STEPS = 6


@blueprint.get("/repeats")
@requires(Permission.VIEW_MEETINGS)
def repeats() -> str:
    """By one relation, in a period (three years by default), the most frequent first."""
    today = clock.today()
    first = day_of(request.args.get("from", "")) or date(today.year - YEARS + 1, 1, 1)
    last = day_of(request.args.get("to", "")) or today
    relation = request.args.get("relation", "")
    relation = relation if relation in RELATIONS else "contractor"
    wanted = repeating.Wanted(first=first, last=last, agency_id=request.args.get("agency", ""))
    found = recurring(repeating.found(wanted), relation)
    asked = listing(request.args, (), "")
    part = found[asked.offset : asked.offset + asked.size]
    return render_template(
        "office/repeats/list.html", rows=[_shown(one) for one in part], count=len(found), listing=asked.within(len(found)), first=first,
        last=last, relation=relation, relations=RELATIONS, agencies=[(row.id, row.short_name or row.name) for row in projects.agencies()],
        words=_words({one.code for one in part}, last),
    )  # fmt: skip


def _shown(one: Recurring) -> dict[str, Any]:
    """The newest quarters, and where the last change went."""
    steps = one.steps[-STEPS:]
    change = steps[-1].change or 0
    return {"row": one, "steps": steps, "moves": "增加" if change > 0 else "減少" if change < 0 else "持平"}


def _words(codes: set[str], last: date) -> dict[str, str]:
    """The codes' short texts in the edition of the last day; of a code that none knows there is none."""
    table = catalogue.rows_until(last) if codes else {}
    return {code: short(table[code].text, 40) for code in codes if code in table}
