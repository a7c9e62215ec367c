"""The chair's page: three sentences, five figures, what needs a ruling. Ninety seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for

from inspect_app import clock
from inspect_app.accounts.guards import requires
from inspect_app.accounts.permissions import Permission
from inspect_app.meetings import queries
from inspect_app.meetings.models import Meeting
from inspect_app.meetings.sentences import far_behind, sentences
from inspect_app.office.blueprint import blueprint
from inspect_app.office.filters import percent_bp
from inspect_app.projects import queries as projects

SHOWN = 4  # what fits on one screen


@blueprint.get("/chair")
@requires(Permission.RULE)
def chair() -> str:
    """The coming sitting on one screen."""
    row = queries.on_the_table(clock.today())
    if row is None:
        return render_template("office/chair/page.html", meeting=None)
    found = queries.shown_figures(row, clock.today())
    needs = _needs(row, found)
    good = sum(line["count"] for line in found["grades"] if line["grade"] in ("優等", "甲等"))
    return render_template(
        "office/chair/page.html", meeting=row, figures=found, sentences=sentences(found), good=good,
        needs=needs[:SHOWN], more=max(0, len(needs) - SHOWN),
    )  # fmt: skip


def _needs(row: Meeting, figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Proposals to release first, then tenders far behind that have no ruling yet, then overdue improvements."""
    units = {agency.id: agency.name for agency in projects.agencies()}
    open_ones = queries.open_rulings()
    asked = [
        {
            "what": f"提請解除：{one.text[:40]}",
            "unit": units.get(one.unit_id, ""),
            "button": "看提請",
            "url": url_for("office.ruling", ruling_id=one.id),
        }
        for one in open_ones
        if one.state == "release_asked"
    ]
    ruled = {one.tender_id for one in open_ones}
    far = [
        {
            "what": f"落後 {percent_bp(line['gap_bp'], 2)}：{line['name']}", "unit": line["agency"], "button": "裁示",
            "url": url_for("office.new_ruling", meeting_id=row.id, tender=line["tender_id"]),
        }
        for line in far_behind(figures)
        if line["tender_id"] not in ruled
    ]  # fmt: skip
    late = [
        {
            "what": f"改善逾期 {line['days']} 天：{line['tender']}",
            "unit": line["agency"],
            "button": "看案件",
            "url": url_for("office.case", case_id=line["case_id"]),
        }
        for line in figures["overdue"]
    ]
    return asked + far + late
