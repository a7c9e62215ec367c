"""Reading inspections and their records. Only released visits have a row here, so nothing sealed can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, or_, select

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import verdict
from inspect_app.inspections.document import Sources, build
from inspect_app.inspections.models import (
    Confirmation,
    Inspection,
    MemberRemark,
    OperationRow,
    Record,
    Rollup,
    RollupFinding,
    TestResult,
    Wording,
)
from inspect_app.inspections.state import folded
from inspect_app.inspections.team import members_of, team_of
from inspect_app.projects.models import ContractTerms, Tender
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling.models import Visit, VisitMember

Asked = TypeVar("Asked", bound="Select[*tuple[Any, ...]]")


def sources_of(inspection_id: str) -> Sources:
    """Everything a record is made from, as it stands now."""
    inspection = db.session.get_one(Inspection, inspection_id)
    return Sources(
        inspection=inspection,
        visit=db.session.get_one(Visit, inspection_id),
        tender=db.session.get_one(Tender, inspection.tender_id),
        members=members_of(inspection_id),
        state=folded(inspection_id),
        team=team_of(inspection_id),
        wordings=wordings_of(inspection_id),
        results=results_of(inspection_id),
        rules=scheduling.rules_of(inspection_id),
    )


def wordings_of(inspection_id: str) -> dict[tuple[str, str, str], str]:
    """The newest tidied text of each field."""
    query = select(Wording).where(Wording.inspection_id == inspection_id).order_by(Wording.at, Wording.id)
    return {(row.entity, row.entity_id, row.field): row.text for row in db.session.scalars(query)}


def results_of(inspection_id: str) -> dict[str, TestResult]:
    return results_by_inspection([inspection_id]).get(inspection_id, {})


def results_by_inspection(inspection_ids: Sequence[str]) -> dict[str, dict[str, TestResult]]:
    """{inspection id: {test's entity id: its judgement}}, those without one left out."""
    found: dict[str, dict[str, TestResult]] = {}
    for row in db.session.scalars(select(TestResult).where(TestResult.inspection_id.in_(inspection_ids))):
        found.setdefault(row.inspection_id, {})[row.entity_id] = row
    return found


def received_of(inspection_id: str) -> dict[str, datetime]:
    """{operation id: when the server received it}."""
    query = select(OperationRow.id, OperationRow.received_at)
    rows = db.session.execute(query.where(OperationRow.inspection_id == inspection_id))
    return {row.id: row.received_at for row in rows}


def draft(inspection_id: str) -> dict[str, Any]:
    """The whole content as it would be frozen now, result and penalty statement included."""
    sources = sources_of(inspection_id)
    content = build(sources)
    content["result"] = verdict.result(content, sources)
    terms = db.session.get(ContractTerms, sources.tender.id)
    table = catalogue.edition_rows(sources.visit.edition_id) if sources.visit.edition_id else None
    content["penalty"] = verdict.penalty(content, sources, terms, table)
    return content


def content_of(inspection_id: str) -> dict[str, Any]:
    """The frozen content where the convener approved, else the draft."""
    record = db.session.get(Record, inspection_id)
    return record.content if record is not None and record.content is not None else draft(inspection_id)


def get(actor: Actor, inspection_id: str) -> Inspection:
    """The inspection, for those who may see it; anything else is `not_found`, as a made-up id would be."""
    row = db.session.get(Inspection, inspection_id)
    if row is None or not may_see(actor, row):
        raise Problem("not_found", "找不到這次查核，或您沒有查看的權限。")
    return row


def by_ids(inspection_ids: Sequence[str]) -> list[Inspection]:
    """The latest first."""
    query = select(Inspection).where(Inspection.id.in_(inspection_ids))
    return list(db.session.scalars(query.order_by(Inspection.inspected_on.desc(), Inspection.id)))


def tender_name(row: Inspection) -> str:
    tender = db.session.get(Tender, row.tender_id)
    return tender.name if tender is not None else ""


def may_see(actor: Actor, row: Inspection) -> bool:
    """The commission's people see released visits, a team its own, an agency its own once issued."""
    if actor.of_agency:
        return row.agency_id == actor.agency_id and row.state == "issued"
    if is_on_team(actor, row.id):
        return True
    return actor.may(Permission.VIEW_INSPECTIONS) and actor.may(Permission.VIEW_TENDERS)


def is_on_team(actor: Actor, inspection_id: str) -> bool:
    return any(row.account_id == actor.id for row in members_of(inspection_id))


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of inspections asks for; empty means all. `grade` knows told grades only."""

    agency_id: str = ""
    state: str = ""
    grade: str = ""
    unfinished: bool = False  # before the letter, or with a score that is not told
    first: date | None = None
    last: date | None = None


def listed(actor: Actor, wanted: Filter | None = None) -> list[Inspection]:
    """The inspections that the actor may see, newest first."""
    query = select(Inspection).order_by(Inspection.inspected_on.desc(), Inspection.id.desc())
    return list(db.session.scalars(narrowed(query, actor, wanted or Filter())))


def narrowed(query: Asked, actor: Actor, wanted: Filter) -> Asked:
    """A query over inspections, of what the actor may see and the filter asks for."""
    return _filtered(_visible(query, actor), wanted)


def _visible(query: Asked, actor: Actor) -> Asked:
    """The same rule as `may_see`, for the database."""
    if actor.of_agency:
        return query.where(Inspection.agency_id == (actor.agency_id or ""), Inspection.state == "issued")
    if actor.may(Permission.VIEW_INSPECTIONS) and actor.may(Permission.VIEW_TENDERS):
        return query
    own = select(VisitMember.visit_id).where(VisitMember.account_id == actor.id)
    return query.where(Inspection.id.in_(own))


def _filtered(query: Asked, wanted: Filter) -> Asked:
    if wanted.agency_id:
        query = query.where(Inspection.agency_id == wanted.agency_id)
    if wanted.state:
        query = query.where(Inspection.state == wanted.state)
    if wanted.first:
        query = query.where(Inspection.inspected_on >= wanted.first)
    if wanted.last:
        query = query.where(Inspection.inspected_on <= wanted.last)
    if wanted.unfinished:
        withheld = select(Record.inspection_id).where(Record.withheld.is_(True))
        query = query.where(or_(Inspection.state != "issued", Inspection.id.in_(withheld)))
    if wanted.grade:
        graded = select(Rollup.inspection_id).where(Rollup.grade == wanted.grade)
        query = query.where(Inspection.id.in_(graded))
    return query


def confirmations_of(inspection_id: str, version: int) -> list[Confirmation]:
    query = select(Confirmation).where(
        Confirmation.inspection_id == inspection_id, Confirmation.version == version
    )
    return list(db.session.scalars(query))


def unconfirmed(inspection_id: str) -> list[str]:
    """Account ids of the members (leader included) who have not agreed to the present version."""
    record = db.session.get(Record, inspection_id)
    version = record.version if record is not None else 1
    agreed = {row.account_id for row in confirmations_of(inspection_id, version) if row.agreed}
    return [
        row.account_id
        for row in members_of(inspection_id)
        if row.role != "staff" and row.account_id not in agreed
    ]


def remarks_of(inspection_id: str) -> dict[str, str]:
    """委員表現 by account."""
    query = select(MemberRemark).where(MemberRemark.inspection_id == inspection_id)
    return {row.account_id: row.text for row in db.session.scalars(query)}


def answers_of(inspection_id: str) -> list[Confirmation]:
    """Every answer of the members, newest version first."""
    query = select(Confirmation).where(Confirmation.inspection_id == inspection_id)
    return list(db.session.scalars(query.order_by(Confirmation.version.desc(), Confirmation.at)))


def tidied_texts(inspection_id: str) -> list[Wording]:
    """Every tidied text, newest first."""
    query = select(Wording).where(Wording.inspection_id == inspection_id)
    return list(db.session.scalars(query.order_by(Wording.at.desc(), Wording.id.desc())))


def rollups(inspection_ids: Sequence[str] | None = None) -> list[Rollup]:
    query = select(Rollup).order_by(Rollup.inspected_on)
    if inspection_ids is not None:
        query = query.where(Rollup.inspection_id.in_(inspection_ids))
    return list(db.session.scalars(query))


def findings_of(inspection_id: str) -> list[RollupFinding]:
    query = (
        select(RollupFinding).where(RollupFinding.inspection_id == inspection_id).order_by(RollupFinding.no)
    )
    return list(db.session.scalars(query))


def defect_codes(inspection_ids: Sequence[str]) -> dict[str, list[str]]:
    """Inspection id -> the codes of its defects, one for each time it was found."""
    query = select(RollupFinding.inspection_id, RollupFinding.code).where(
        RollupFinding.inspection_id.in_(inspection_ids), RollupFinding.kind == "defect"
    )
    found: dict[str, list[str]] = {}
    for key, code in db.session.execute(query):
        found.setdefault(key, []).append(code)
    return found


def issued_of_tender(tender_id: str) -> list[Rollup]:
    """Earlier issued inspections of a tender, newest first."""
    query = select(Rollup).where(Rollup.tender_id == tender_id).order_by(Rollup.inspected_on.desc())
    return list(db.session.scalars(query))
