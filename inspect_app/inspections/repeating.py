"""Repeat defects among issued records: the same code again at the same contractor, supervision firm, agency or project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select

from inspect_app.domain.repeats import Found, Repeat, repeats
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection, Rollup, RollupFinding
from inspect_app.projects.models import Agency, Tender


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings: of these codes (all where None), inspected between these days, of one agency's tenders ("" for all)."""

    codes: frozenset[str] | None = None
    first: date = date.min
    last: date = date.max
    agency_id: str = ""


def found(wanted: Wanted) -> list[Found]:
    """The defects of issued records with who was concerned, by day.

    The firms are those of the record: another that took over later did not make the defect. Tender and agency go by what
    they are called now, so that one that was renamed is still the same.
    """
    query = (
        select(
            RollupFinding.code,
            Rollup.inspection_id,
            Rollup.inspected_on,
            Rollup.contractor,
            Rollup.supervision,
            Tender.name,
            Tender.number,
            Agency.name,
        )
        .join(Rollup, Rollup.inspection_id == RollupFinding.inspection_id)
        .join(Tender, Tender.id == Rollup.tender_id)
        .join(Agency, Agency.id == Rollup.agency_id)
        .where(RollupFinding.kind == "defect", RollupFinding.code != "", *_within(wanted))
        .order_by(Rollup.inspected_on, Rollup.inspection_id, RollupFinding.no)
    )
    if wanted.codes is not None:
        query = query.where(RollupFinding.code.in_(wanted.codes))
    return [
        Found(code, key, on, _project(*names), contractor, supervision, agency=names[-1])
        for code, key, on, contractor, supervision, *names in db.session.execute(query)
    ]


def _within(wanted: Wanted) -> list[ColumnElement[bool]]:
    """These days and this agency, of rollups."""
    days = Rollup.inspected_on.between(wanted.first, wanted.last)
    return [days, Rollup.agency_id == wanted.agency_id] if wanted.agency_id else [days]


def _project(name: str, number: str, agency: str) -> str:
    """A number alone is no project: two agencies may use it."""
    return f"{name}（{agency}，{number}）"


def of_content(content: Mapping[str, Any], inspection_id: str, on: date, agency_id: str = "") -> list[Repeat]:
    """What of a record's defects had been found before. `agency_id`: only among that agency's own inspections."""
    tender = db.session.get_one(Tender, db.session.get_one(Inspection, inspection_id).tender_id)
    basic, agency = content["basic"], tender.agency.name
    names = (_project(tender.name, tender.number, agency), basic["contractor"], basic["supervision"], agency)
    now = [Found(line["code"], inspection_id, on, *names) for line in content["defects"] if line["code"]]
    codes = frozenset(one.code for one in now)
    return repeats(now, found(Wanted(codes, last=on, agency_id=agency_id))) if now else []


def texts(found_repeats: Iterable[Repeat]) -> dict[str, list[str]]:
    """{code: the sentences about it}, for the line of a finding."""
    told: dict[str, list[str]] = {}
    for repeat in found_repeats:
        told.setdefault(repeat.code, []).append(repeat.reason.text)
    return told
