"""The content of the inspection record (查核紀錄), as plain data: what is frozen at approval, printed and replied to.

The fields follow the central record form (`domain/data/record-form-fields.csv`). Names of who wrote a finding and
members' sheets never stand in it; the sheets are kept apart in `internal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_app.audit.lines import plain
from inspect_app.domain.canonical import sha256
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.operations import Entity, State, Team, entity_uuid
from inspect_app.domain.sheets import sheet_total
from inspect_app.inspections.checklist import checklist
from inspect_app.inspections.models import Inspection, TestResult
from inspect_app.inspections.on_behalf import is_entered
from inspect_app.projects.models import Firm, Tender
from inspect_app.scheduling.models import Visit, VisitMember
from inspect_app.scheduling.plan import ROLES

INDICATORS = ("env", "safety", "strength", "looks", "function")
ATTENDANCE_ORDER = (
    "owner_head", "owner_handler", "pcm", "supervision_head", "supervision_engineer", "contractor_engineer",
    "contractor_site_head", "contractor_qc", "contractor_safety", "integrity", "other",
)  # fmt: skip
Wordings = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a record is made from."""

    inspection: Inspection
    visit: Visit
    tender: Tender
    members: list[VisitMember]
    state: State
    team: Team
    wordings: Wordings
    results: Mapping[str, TestResult]
    rules: RuleSet


def build(sources: Sources) -> dict[str, Any]:
    """The record's content without its result and penalty statement (`verdict` adds those)."""
    return {
        "version": 1,
        "inspection": sources.inspection.id,
        "basic": _basic(sources),
        "visit": _visit(sources),
        "merits": [_merit(entity_id, item, sources) for entity_id, item in ordered(sources.state, "merit")],
        "defects": _findings(sources, "defect"),
        "design": _findings(sources, "design"),
        "advice": _findings(sources, "advice"),
        "tests": [_test(entity_id, item, sources) for entity_id, item in ordered(sources.state, "test")],
        "judgements": _judgements(sources),
        "improvement_deadline": visit_entity(sources).value("improvement_deadline"),
        "photos": _photos(sources, None),
        "signatures": _signatures(sources),
        "checklist": checklist(sources.visit, sources.state, sources.team),
        "internal": {"sheets": sheets(sources)},
    }


def ordered(state: State, kind: str) -> list[tuple[str, Entity]]:
    """Entities of one kind by code, then by id (UUIDv7: the order in which they were begun)."""
    return sorted(state.of(kind), key=lambda item: (item[1].value("code") or "~", item[0]))


def visit_entity(sources: Sources) -> Entity:
    return sources.state.entity("visit", sources.inspection.id)


def _name(firm: Firm | None) -> str:
    return firm.name if firm else ""


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _basic(sources: Sources) -> dict[str, Any]:
    tender, seen = sources.tender, visit_entity(sources)
    return {
        "programme": tender.programme,
        "plan_agency": tender.plan_agency,
        "competent_agency": tender.competent_agency,
        "number": tender.number,
        "name": tender.name,
        "agency": tender.agency.name,
        "agency_code": tender.agency.code,
        "owner_agency": tender.owner_agency or tender.agency.name,
        "pcm": _name(tender.pcm),
        "designer": _name(tender.designer),
        "supervision": _name(tender.supervision),
        "contractor": _name(tender.contractor),
        "district": tender.district,
        "place": tender.place,
        "budget": tender.budget,
        "award_amount": tender.award_amount,
        "contract_amount": tender.contract_amount or tender.award_amount,
        "awarded_on": _day(tender.awarded_on),
        "outline": tender.outline,
        "works_now": _text(sources, "visit", sources.inspection.id, "works_now", seen),
        "progress_planned_bp": seen.value("progress_planned_bp", tender.progress_planned_bp),
        "progress_actual_bp": seen.value("progress_actual_bp", tender.progress_actual_bp),
        "paid_amount": tender.paid_amount,
        "started_on": _day(tender.started_on),
        "planned_finish_on": _day(tender.planned_finish_on),
        "revised_finish_on": _day(tender.revised_finish_on),
        "funding": tender.funding,
        "work_type": tender.work_type,
    }


def _visit(sources: Sources) -> dict[str, Any]:
    visit, members = sources.visit, sources.members
    return {
        "kind": visit.kind,
        "announced": visit.announced,
        "inspected_on": _day(visit.inspected_on),
        "edition": visit.edition_id,
        "rules_edition": visit.rules_edition,
        "leader": next((row.name for row in members if row.role == "leader"), ""),
        "members": [{"name": row.name, "external": row.external} for row in members if row.role != "staff"],
        "staff": [row.name for row in members if row.role == "staff"],
        "attendance": sorted(
            ({"present": True} | item.values() for _id, item in sources.state.of("attendance")),
            key=lambda line: ATTENDANCE_ORDER.index(line.get("role", "other")),
        ),
    }


def _text(sources: Sources, kind: str, entity_id: str, field: str, entity: Entity) -> str:
    """The tidied wording where there is one, else what was written on site."""
    original: str = entity.value(field) or ""
    return sources.wordings.get((kind, entity_id, field), original)


def _merit(entity_id: str, item: Entity, sources: Sources) -> dict[str, Any]:
    text = _text(sources, "merit", entity_id, "text", item)
    return {
        "entity_id": entity_id,
        "code": item.value("code") or "",
        "text": text,
        "original": item.value("text") or "",
    }


def _findings(sources: Sources, kind: str) -> list[dict[str, Any]]:
    found = [pair for pair in ordered(sources.state, "finding") if pair[1].value("kind", "defect") == kind]
    return [_finding(no, entity_id, item, sources) for no, (entity_id, item) in enumerate(found, start=1)]


def _finding(no: int, entity_id: str, item: Entity, sources: Sources) -> dict[str, Any]:
    return {
        "no": no,
        "entity_id": entity_id,
        "kind": item.value("kind", "defect"),
        "code": item.value("code") or "",
        "text": _text(sources, "finding", entity_id, "text", item),
        "original": item.value("text") or "",
        "severity": item.value("agreed_severity") or item.value("severity") or "",
        "party": party_of(item),
        "points": item.value("points") or 0,
        "also_supervision": bool(item.value("also_supervision")),
        "also_pcm": bool(item.value("also_pcm")),
        "supervision_points": item.value("supervision_points"),
        "pcm_points": item.value("pcm_points"),
        "location": _text(sources, "finding", entity_id, "location", item),
        "aspect": item.value("aspect") or "",
        "photos": _photos(sources, entity_id),
    }


def party_of(item: Entity) -> str:
    """The party charged: what the points meeting agreed, else what the inspector noted."""
    party: str = item.value("agreed_party") or item.value("party") or ""
    return party


def _photos(sources: Sources, finding: str | None) -> list[dict[str, Any]]:
    """Photos of one finding, or those of the site; pictures of signed papers are evidence, not illustration."""
    wanted = {"evidence", "site", None}
    return [
        {
            "entity_id": entity_id,
            "sha256": item.value("sha256"),
            "caption": item.value("caption") or "",
            "taken_at": item.value("taken_at"),
        }
        for entity_id, item in sources.state.of("photo")
        if item.value("finding") == finding and item.value("use") in wanted and item.value("sha256")
    ]


def _judgements(sources: Sources) -> list[dict[str, Any]]:
    """What the team judged as failed. The id says which where the word itself did not come; 其他 otherwise: it is 丙等 all the same."""
    kinds = sources.rules.value("forced_judgements")["kinds"]
    named = {entity_uuid(sources.inspection.id, f"judgement:{kind}"): kind for kind in kinds}
    return [
        {"kind": named.get(entity_id, "safety")} | item.values()
        for entity_id, item in sources.state.of("judgement")
        if item.value("failed")
    ]


def _test(entity_id: str, item: Entity, sources: Sources) -> dict[str, Any]:
    tidied = {
        name: _text(sources, "test", entity_id, name, item)
        for name in ("item", "place")
        if item.value(name) or ("test", entity_id, name) in sources.wordings
    }
    line = {"entity_id": entity_id, "kind": "other"} | item.values() | tidied
    return line | _judged(sources.results.get(entity_id), {"result": "pending"})


def _judged(result: TestResult | None, before: Mapping[str, Any]) -> dict[str, Any]:
    if result is None:
        return {"result": before["result"]}
    return {"result": result.result, "judged_on": _day(result.judged_on), "report_no": result.report_no}


def _signatures(sources: Sources) -> list[dict[str, Any]]:
    """Everybody who signed, in the order of the team, under the name and role that they have there: what a tablet calls its
    signer is no proof of it.
    """
    found = []
    for row in sources.members:
        key = entity_uuid(sources.inspection.id, f"signature:{row.account_id}")
        item = sources.state.entity("signature", key)
        if item.fields and not item.deleted:
            found.append({"name": row.name, "role": ROLES[row.role], **_mark(item)})
    return found


def _mark(item: Entity) -> dict[str, Any]:
    """Strokes, or what staff entered from the paper (代登): then the paper shows who signed, and no stroke of theirs."""
    kept = {name: item.value(name) for name in ("strokes", "photo", "signed_at")}
    return kept | {"on_behalf": True, "strokes": None} if is_entered(item) else kept


def sheets(sources: Sources) -> list[dict[str, Any]]:
    """Each scoring member's sheet, in the order of the team; empty where it is missing."""
    scoring = [row for row in sources.members if row.account_id in sources.team.members]
    return [_sheet(row, sources) for row in scoring]


def _sheet(row: VisitMember, sources: Sources) -> dict[str, Any]:
    item = sources.state.entity(
        "score_sheet", entity_uuid(sources.inspection.id, f"score_sheet:{row.account_id}")
    )
    total = sheet_total(item.values(), sources.rules)
    comments = {
        name: item.value(name) or "" for name in ("comment_q", "comment_w", "comment_p", "progress_basis")
    }
    return {
        "account": row.account_id,
        "name": row.name,
        "external": row.external,
        "handed_in_at": item.value("handed_in_at"),
        "q": total.q,
        "w": total.w,
        "p": total.p,
        "total": total.total,
        "missing": list(total.missing),
        "indicators": {name: item.value(name) for name in INDICATORS},
        "comments": comments,
    }


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON of a record's frozen content, which the audit line of its approval names."""
    return sha256(plain(content))


def with_results(content: Mapping[str, Any], results: Mapping[str, TestResult]) -> dict[str, Any]:
    """The content with the judgements that the laboratory has given by now."""
    tests = [line | _judged(results.get(line["entity_id"]), line) for line in content["tests"]]
    return {**content, "tests": tests}


def for_agency(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the agency and the firms may read: no sheets, no originals, no mean, and no trace of a withheld score (art 8)."""
    shown = {name: value for name, value in content.items() if name != "internal"}
    for part in ("merits", "defects", "design", "advice"):
        shown[part] = [
            {name: value for name, value in line.items() if name != "original"} for line in content[part]
        ]
    return shown | {"result": public_result(content["result"])}


TOLD = ("rule", "text", "source", "edition", "evidence")
TELLABLE = ("grade.band", "grade.forced_tests", "grade.forced_judgements")


def public_result(result: Mapping[str, Any]) -> dict[str, Any]:
    """Score and grade without what the members gave; nothing at all while withheld."""
    if result["withheld"]:
        return {"withheld": True, "score": None, "grade": None, "unscored": False, "reasons": []}
    told = {name: result[name] for name in ("withheld", "score", "grade", "unscored")}
    reasons = [
        {name: one.get(name, "") for name in TOLD} for one in result["reasons"] if one["rule"] in TELLABLE
    ]
    return told | {"reasons": reasons}
