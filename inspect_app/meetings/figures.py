"""The figures of the meeting page, from issued records only. Plain data, so that a snapshot is the same thing frozen.

An inspection belongs to a period by its inspection date and counts once its record was issued by the day of the
meeting (`as_of`); 督導 is an agency's own visit and counts nowhere. Budget and programme are those of the tender as it
stands, as for the tenders themselves. Every figure carries the ids of what is behind it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.catalogue.rows import Row
from inspect_app.domain.quotas import BandQuota, quota
from inspect_app.domain.quotas import Case as QuotaCase
from inspect_app.domain.rounding import half_up
from inspect_app.extensions import db
from inspect_app.inspections.models import Rollup, RollupFinding
from inspect_app.meetings.blocks import blocks, defects_of
from inspect_app.meetings.districts import districts
from inspect_app.notices import listing
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Agency, Tender
from inspect_app.scheduling.quotas import adjustments, as_rules

GRADES = ("優等", "甲等", "乙等", "丙等")
PARTIES = ("contractor", "supervision", "pcm", "owner")
TOP = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """Which slice is shown: a period, the day that counts as today, and the filters of the page."""

    period_from: date
    period_to: date
    as_of: date
    agency_id: str = ""
    programme: str = ""


def figures(scope: Scope) -> dict[str, Any]:
    """Everything that the meeting page shows for a scope, as JSON-ready data."""
    rollups = _rollups(scope)
    late = projects.behind_schedule(scope.as_of, scope.agency_id or None, scope.programme or None)
    defects, table = defects_of(rollups), catalogue.rows_until(scope.period_to)
    return {
        "scope": {name: str(value) for name, value in asdict(scope).items()},
        "inspections": len(rollups),
        "inspection_ids": [row.inspection_id for row in rollups],
        "quota": _quota(scope),
        "grades": _grades(rollups),
        "by_agency": _by_agency(rollups),
        "points": _points(rollups),
        "severities": {
            "L": sum(r.minor for r in rollups),
            "M": sum(r.medium for r in rollups),
            "S": sum(r.serious for r in rollups),
        },
        "top_defects": _top_defects(rollups, defects, table),
        "blocks": blocks(rollups, defects, table),
        "districts": districts(rollups, late),
        "overdue": _overdue(scope),
        "behind": [_behind_line(row) for row in late],
        "far_behind_bp": catalogue.rules_on(scope.as_of).value("risk")["behind_bp"],
    }


def _rollups(scope: Scope, *, year: bool = False) -> list[Rollup]:
    start = date(scope.period_to.year, 1, 1) if year else scope.period_from
    query = select(Rollup).where(
        Rollup.inspected_on.between(start, scope.period_to),
        Rollup.issued_on <= scope.as_of,
        Rollup.kind != "supervision",
    )
    if scope.agency_id:
        query = query.where(Rollup.agency_id == scope.agency_id)
    if scope.programme:
        query = query.join(Tender, Tender.id == Rollup.tender_id).where(Tender.programme == scope.programme)
    return list(db.session.scalars(query.order_by(Rollup.inspected_on, Rollup.inspection_id)))


def _quota(scope: Scope) -> dict[str, Any]:
    """The year's requirement against what was done from January to the end of the period. The head's own numbers are the city's."""
    done = _rollups(scope, year=True)
    cases = _cases(done)
    rules = catalogue.rules_on(scope.period_to)
    changes = [] if scope.agency_id or scope.programme else as_rules(adjustments(scope.period_to.year))
    found = quota(_quota_tenders(scope), list(cases.values()), rules, changes)
    own = {key: case for key, case in cases.items() if not case.excluded}
    in_bands = own if rules.value("bands_exclude") else cases
    parts = rules.value("quotas")["ratios"]
    return {
        "year": scope.period_to.year,
        "ratio": "、".join(f"{part['percent']}%" for part in parts),
        "required": found.ratio_required,
        "done": found.ratio_done,
        "bands": [_band(band, in_bands) for band in found.bands],
        "unknown": found.unknown_tenders,
        "reasons": [reason.as_dict() for reason in found.reasons],
        "ratio_ids": [key for part in parts for key in _within(own, part["from"], part["to"])],
        "inspection_ids": list(cases),
    }


def _cases(done: Sequence[Rollup]) -> dict[str, QuotaCase]:
    """Inspection id -> its tender as the quota sees it."""
    tenders = {
        row.id: row for row in db.session.execute(select(Tender.id, Tender.budget, Tender.commissioned_out))
    }
    found = ((row.inspection_id, tenders[row.tender_id]) for row in done)
    return {key: QuotaCase(tender.budget, tender.commissioned_out) for key, tender in found}


def _band(band: BandQuota, done: Mapping[str, QuotaCase]) -> dict[str, Any]:
    """One budget band with the inspections that fill it."""
    return {
        "low": band.low,
        "high": band.high,
        "available": band.available,
        "required": band.required,
        "done": band.done,
        "inspection_ids": _within(done, band.low, band.high),
    }


def _within(cases: Mapping[str, QuotaCase], low: int, high: int | None) -> list[str]:
    """The keys of the cases with a budget from `low` (included) to `high` (excluded)."""
    known = ((key, case.budget) for key, case in cases.items() if case.budget is not None)
    return [key for key, budget in known if low <= budget and (high is None or budget < high)]


def _quota_tenders(scope: Scope) -> list[QuotaCase]:
    found = projects.of_year(scope.period_to.year, agency_id=scope.agency_id, programme=scope.programme)
    return [QuotaCase(row.budget, row.commissioned_out) for row in found]


def _grades(rollups: Sequence[Rollup]) -> list[dict[str, Any]]:
    """How many of each grade; withheld and unscored ones stand apart."""
    groups: dict[str, list[str]] = {grade: [] for grade in (*GRADES, "未評分或保留")}
    for row in rollups:
        groups[row.grade or "未評分或保留"].append(row.inspection_id)
    return [{"grade": grade, "count": len(ids), "inspection_ids": ids} for grade, ids in groups.items()]


def _by_agency(rollups: Sequence[Rollup]) -> list[dict[str, Any]]:
    groups: dict[str, list[Rollup]] = defaultdict(list)
    for row in rollups:
        groups[row.agency_id].append(row)
    names = _agency_names()
    lines = [_agency_line(agency_id, names.get(agency_id, ""), rows) for agency_id, rows in groups.items()]
    return sorted(lines, key=lambda line: (-line["inspections"], line["name"]))


def _agency_line(agency_id: str, name: str, rows: Sequence[Rollup]) -> dict[str, Any]:
    counts = Counter(row.grade for row in rows)
    scores = [row.score for row in rows if row.score is not None]
    return {
        "agency_id": agency_id,
        "name": name,
        "inspections": len(rows),
        "grades": {grade: counts[grade] for grade in GRADES},
        "findings": sum(row.findings for row in rows),
        "points": {party: sum(getattr(row, f"points_{party}") for row in rows) for party in PARTIES},
        "score_sum": sum(scores),
        "scored": len(scores),
        "lowest": min(scores, default=None),
        "highest": max(scores, default=None),
        "inspection_ids": [row.inspection_id for row in rows],
    }


def _agency_names() -> dict[str, str]:
    return {row.id: row.name for row in db.session.execute(select(Agency.id, Agency.name))}


def _points(rollups: Sequence[Rollup]) -> dict[str, Any]:
    """Points and NT$ per party; the owner's points cost nothing."""
    return {
        party: {
            "points": sum(getattr(row, f"points_{party}") for row in rollups),
            "amount": sum(getattr(row, f"amount_{party}", 0) for row in rollups),
            "inspection_ids": [row.inspection_id for row in rollups if getattr(row, f"points_{party}")],
        }
        for party in PARTIES
    }


def _top_defects(
    rollups: Sequence[Rollup], defects: Sequence[RollupFinding], table: Mapping[str, Row]
) -> list[dict[str, Any]]:
    """Codes by count; ratio = count / inspections, in basis points. Ties by code."""
    groups: dict[str, list[str]] = defaultdict(list)
    for row in defects:
        groups[row.code].append(row.inspection_id)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:TOP]
    return [
        {
            "code": code,
            "text": table[code].text if code in table else "",
            "count": len(found),
            "ratio_bp": half_up(Fraction(len(found) * 10_000, len(rollups))),
            "inspection_ids": sorted(set(found)),
        }
        for code, found in ranked
    ]


def _overdue(scope: Scope) -> list[dict[str, Any]]:
    names = _agency_names()
    found = []
    for line in listing.overdue(scope.as_of, scope.agency_id):
        case, tender, state = line.case, line.tender, line.progress
        if scope.programme and tender.programme != scope.programme:
            continue
        found.append({
            "case_id": case.id, "tender": tender.name, "agency": names[case.agency_id], "agency_id": case.agency_id,
            "due_on": case.due_on.isoformat(), "days": -state.days_left, "open_items": state.total - state.accepted - state.sent,
        })  # fmt: skip
    return found


def _behind_line(row: projects.Behind) -> dict[str, Any]:
    tender, delay = row.tender, row.delay
    return {
        "tender_id": tender.id,
        "name": tender.name,
        "number": tender.number,
        "agency": tender.agency.name,
        "agency_id": tender.agency_id,
        "programme": tender.programme,
        "planned_bp": row.planned_bp,
        "actual_bp": row.actual_bp,
        "gap_bp": row.gap_bp,
        "factor": delay.factor if delay else "",
        "cause": delay.cause if delay else "",
        "remedy": delay.remedy if delay else "",
        "catch_up_on": delay.catch_up_on.isoformat() if delay and delay.catch_up_on else None,
        "help_needed": delay.help_needed if delay else "",
    }
