"""What a tablet takes along: before release as much as its person may know, all of one size; from release on the visit."""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from flask import Response
from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission, Role
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain import catalogue as catalogue_domain
from inspect_app.domain import packages as parts
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import quarantine, services_open
from inspect_app.inspections import queries as inspections
from inspect_app.projects.models import ContractTerms, Firm, Tender, TenderChange
from inspect_app.scheduling import queries as scheduling
from inspect_app.scheduling import services as visits
from inspect_app.scheduling.plan import SCORING, Known, Plan

SEALED_BYTES = 64 * 1024


def listing(actor: Actor) -> dict[str, Any]:
    """The packages that this person may fetch now. Looking at a sealed one is written down before it is shown."""
    permit(actor, Permission.INSPECT)
    found = scheduling.packages_for(actor, clock.now())
    visits.note_view(actor, found)
    return {"packages": [_line(item) for item in found]}


def _line(item: Known) -> dict[str, Any]:
    return {
        "inspection": item.visit_id, "version": item.version, "phase": item.phase, "role": item.role,
        "date": item.planned_on.isoformat(), "district": item.district,
    }  # fmt: skip


def package(actor: Actor, visit_id: str) -> dict[str, Any]:
    """One package; `not_found` to everybody off the team and before the hour, alike for ids that do not exist."""
    permit(actor, Permission.INSPECT)
    known = scheduling.visible_in_team(actor, visit_id, clock.now())
    if known is None:
        raise _not_yet()
    visits.note_view(actor, [known])
    if known.phase == scheduling.RELEASED:
        services_open.ensure([visit_id])
    return _package(known)


def changes(actor: Actor, visit_id: str, held: dict[str, str]) -> dict[str, Any]:
    """From release on: what is another now than in the package that the tablet holds (its parts' marks).

    Before release `not_found` to everybody, the team included, whether the visit exists or not: then only whole packages
    of one size travel, and nothing is opened for this question.
    """
    permit(actor, Permission.INSPECT)
    visit = scheduling.get(visit_id)
    released = visit is not None and visit.state == scheduling.RELEASED
    known = scheduling.known_in_team(actor, visit, clock.now()) if visit is not None and released else None
    if known is None:
        raise _not_yet()
    services_open.ensure([visit_id])
    return {"inspection": visit_id, **parts.changes(held, _package(known))}


def _not_yet() -> Problem:
    return Problem("not_found", "找不到這項行程，或還不到可以下載的時間。")


def _package(known: Known) -> dict[str, Any]:
    plan = known.plan
    tender = db.session.get(Tender, plan.tender_id) if plan is not None else None
    return {
        **_line(known),
        "visit": _visit(known),
        "tender": tender_facts(tender) if tender is not None else {},
        "contract": _contract(tender.id) if tender is not None else {},
        "edition": plan.edition_id if plan is not None else "",
        "history": _history(tender.id) if tender is not None else [],
        "cursor": None,
    }


def _visit(known: Known) -> dict[str, Any]:
    plan = known.plan
    facts: dict[str, Any] = {
        "date": known.planned_on.isoformat(),
        "date_end": None,
        "team": [],
        "rules": _rules(known),
    }
    if plan is None:
        return facts
    conveners = accounts.with_role(Role.CONVENER)
    return facts | {
        "kind": plan.kind, "announced": plan.announced, "planned_at": plan.planned_at.isoformat(),
        "notice": plan.notice_text, "letter": plan.notice_no, "topic": plan.topic, "officer": plan.officer,
        "officer_phone": plan.officer_phone, "rules_edition": plan.rules_edition,
        "convener": conveners[0].name if conveners else "", "team": _team(plan),
    }  # fmt: skip


_FIELD_RULES = (
    "grades", "forced_tests", "forced_judgements", "score_sheet", "progress", "spread_hint", "rates", "count_first_day",
    "record_days", "overdue_ladder",
)  # fmt: skip


def _rules(known: Known) -> dict[str, Any]:
    """The rules that the tablet works by, the city's own values included: of the day, from release on as they are pinned."""
    released = known.phase == scheduling.RELEASED
    rules = scheduling.rules_of(known.visit_id) if released else catalogue.rules_on(known.planned_on)
    return {name: rules.value(name) for name in _FIELD_RULES}


def _team(plan: Plan) -> list[dict[str, Any]]:
    names = accounts.names(person.account_id for person in plan.team)
    return [
        {"account": person.account_id, "name": person.name or names.get(person.account_id, ""), "role": person.role,
         "external": person.external, "scores": person.role in SCORING}
        for person in plan.team
    ]  # fmt: skip


_PLAIN = (
    "number", "name", "programme", "work_type", "owner_agency", "competent_agency", "district", "place", "lat", "lon",
    "outline", "contact_name", "contact_phone", "budget", "award_amount", "contract_amount", "state",
    "progress_planned_bp", "progress_actual_bp", "contract_no",
)  # fmt: skip
_DAYS = ("awarded_on", "started_on", "planned_finish_on", "revised_finish_on", "progress_as_of")
_FIRMS = ("designer", "supervision", "contractor", "pcm")


def tender_facts(tender: Tender) -> dict[str, Any]:
    """A tender as the tablet shows it: money in whole NT$, progress in basis points, days as ISO dates."""
    facts: dict[str, Any] = {"id": tender.id, "agency": tender.agency.name}
    facts |= {name: getattr(tender, name) for name in _PLAIN}
    facts |= {name: _day(getattr(tender, name)) for name in _DAYS}
    facts |= {name: _name(getattr(tender, name)) for name in _FIRMS}
    changes = db.session.scalars(
        select(TenderChange).where(TenderChange.tender_id == tender.id).order_by(TenderChange.on)
    )
    facts["changes"] = [
        {"on": _day(row.on), "number": row.document_no, "amount": row.amount_after} for row in changes
    ]
    return facts


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None


def _name(firm: Firm | None) -> str:
    return firm.name if firm else ""


def _contract(tender_id: str) -> dict[str, Any]:
    """The contract's own terms; what is null falls back to the catalogue's rates."""
    terms = db.session.get(ContractTerms, tender_id)
    if terms is None:
        return {"procurement_amount": None, "rates": None, "cap_ratio_bp": None, "multipliers": {}}
    return {"procurement_amount": terms.procurement_amount, "rates": terms.rates, "cap_ratio_bp": terms.cap_ratio_bp,
            "multipliers": terms.multipliers}  # fmt: skip


def _history(tender_id: str) -> list[dict[str, Any]]:
    """Earlier issued inspections of the tender with their findings, newest first."""
    return [
        {"inspection": row.inspection_id, "date": _day(row.inspected_on), "score": row.score, "grade": row.grade,
         "findings": [
             {"kind": item.kind, "code": item.code, "severity": item.severity, "party": item.party, "points": item.points,
              "text": item.text}
             for item in inspections.findings_of(row.inspection_id)
         ]}
        for row in inspections.issued_of_tender(tender_id)
    ]  # fmt: skip


def sealed_answer(content: dict[str, Any]) -> Response:
    """A package before release, always of one size, so that its length tells nothing; what fills it cannot be compressed."""
    content = _within(content)
    room = max(0, SEALED_BYTES - len(orjson.dumps(content | {"filling": ""})))
    filling = secrets.token_urlsafe(room)[:room]
    return Response(orjson.dumps(content | {"filling": filling}), 200, mimetype="application/json")


def _within(content: dict[str, Any]) -> dict[str, Any]:
    """Without its oldest history where that would make it larger than the others: the whole comes with the release."""
    history = list(content["history"])
    while history and len(orjson.dumps(content | {"history": history, "filling": ""})) > SEALED_BYTES:
        history.pop()
    return content | {"history": history}


def arrive(actor: Actor, visit_id: str) -> dict[str, Any]:
    """The team is there: the visit is released, its log opens, and what was sent too early is taken up."""
    visits.release(actor, visit_id)
    services_open.ensure([visit_id])
    quarantine.take_up_released()
    return {"inspection": visit_id, "phase": scheduling.RELEASED}


def edition(edition_id: str) -> dict[str, Any]:
    """A frozen edition with what a tablet needs to work by it; never changes. A draft is `not_found`."""
    row = catalogue.edition(edition_id)
    if row.frozen_at is None:
        raise Problem("not_found", "這個缺失編號版本還沒有定稿。")
    rules = catalogue.rules_on(row.effective_from)
    rows = catalogue.edition_rows(edition_id).rows
    return {
        "id": row.id, "label": row.label, "effective": row.effective_from.isoformat(), "hash": row.hash,
        "demo_mix": row.demo_mix, "rows": [line.as_dict() for line in rows],
        "score_sheet": rules.value("score_sheet"), "bands": rules.value("grades"), "rates": rules.value("rates"),
        "phrases": [{"text": item.text, "zhuyin": list(item.zhuyin), "codes": list(item.codes)}
                    for item in catalogue_domain.phrases()],
    }  # fmt: skip
