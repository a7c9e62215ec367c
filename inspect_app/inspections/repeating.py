"""Repeat defects among issued records: the same code again at the same contractor, supervision firm, agency or project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from inspect_app.domain.repeats import Found, Repeat, repeats
from inspect_app.extensions import db
from inspect_app.inspections.models import Rollup, RollupFinding
from inspect_app.projects.models import Agency, Firm, Tender

_CONTRACTOR, _SUPERVISION = aliased(Firm), aliased(Firm)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings: of these codes (all where None), inspected between these days, of one agency's tenders ("" for all)."""

    codes: frozenset[str] | None = None
    first: date = date.min
    last: date = date.max
    agency_id: str = ""


def found(wanted: Wanted) -> list[Found]:
    """The defects of issued records with who was concerned, by day."""
    query = (
        select(
            RollupFinding.code,
            Rollup.inspection_id,
            Rollup.inspected_on,
            Tender.name,
            Tender.number,
            Agency.name,
            _CONTRACTOR.name,
            _SUPERVISION.name,
        )
        .join(Rollup, Rollup.inspection_id == RollupFinding.inspection_id)
        .join(Tender, Tender.id == Rollup.tender_id)
        .join(Agency, Agency.id == Rollup.agency_id)
        .outerjoin(_CONTRACTOR, _CONTRACTOR.id == Tender.contractor_id)
        .outerjoin(_SUPERVISION, _SUPERVISION.id == Tender.supervision_id)
        .where(RollupFinding.kind == "defect", RollupFinding.code != "")
        .where(Rollup.inspected_on.between(wanted.first, wanted.last))
        .order_by(Rollup.inspected_on, Rollup.inspection_id, RollupFinding.no)
    )
    if wanted.codes is not None:
        query = query.where(RollupFinding.code.in_(wanted.codes))
    if wanted.agency_id:
        query = query.where(Rollup.agency_id == wanted.agency_id)
    return [_found(*row) for row in db.session.execute(query)]


def _found(code: str, inspection: str, on: date, *names: str | None) -> Found:
    """`names`: tender, number, agency, contractor, supervision. A number alone is no project: two agencies may use it."""
    tender, number, agency, contractor, supervision = (name or "" for name in names)
    return Found(code, inspection, on, f"{tender}（{agency}，{number}）", contractor, supervision, agency)


def of_content(content: Mapping[str, Any], inspection_id: str, on: date, agency_id: str = "") -> list[Repeat]:
    """What of a record's defects had been found before. `agency_id`: only among that agency's own inspections."""
    names = [content["basic"][name] for name in ("name", "number", "agency", "contractor", "supervision")]
    now = [_found(line["code"], inspection_id, on, *names) for line in content["defects"] if line["code"]]
    codes = frozenset(one.code for one in now)
    return repeats(now, found(Wanted(codes, last=on, agency_id=agency_id))) if now else []


def texts(found_repeats: Iterable[Repeat]) -> dict[str, list[str]]:
    """{code: the sentences about it}, for the line of a finding."""
    told: dict[str, list[str]] = {}
    for repeat in found_repeats:
        told.setdefault(repeat.code, []).append(repeat.reason.text)
    return told
