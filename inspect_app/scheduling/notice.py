"""The written notice (查核通知函) as data: what the page and the document print (作業辦法 art 5: shown on site with the ID)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.permissions import Role
from inspect_app.installation.services import current
from inspect_app.projects import queries as projects
from inspect_app.scheduling import queries
from inspect_app.scheduling.plan import KINDS, ROLES, Plan

ATTENDANTS = (
    "工程主辦機關主管或承辦人員",
    "監造單位監造主管及建築師或技師",
    "承攬廠商專任工程人員、工地負責人及品管人員",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `team`: (name, role, 外聘 or 內聘 or empty); letters go out in the government's name (準則 art 11)."""

    government: str
    number: str
    kind: str
    announced: bool
    planned_at: datetime
    agency: str
    tender_number: str
    tender_name: str
    place: str
    contractor: str
    supervision: str
    team: tuple[tuple[str, str, str], ...]
    attendants: tuple[str, ...]
    topic: str
    text: str
    officer: str
    officer_phone: str
    convener: str


def notice_of(visit_id: str, plan: Plan) -> Notice:
    """The notice of a plan that the caller may see."""
    tender = projects.tender(plan.tender_id)
    return Notice(
        government=current().government,
        number=plan.notice_no,
        kind=KINDS[plan.kind],
        announced=plan.announced,
        planned_at=plan.planned_at,
        agency=tender.agency.name,
        tender_number=tender.number,
        tender_name=tender.name,
        place=tender.district + tender.place.removeprefix(tender.district),
        contractor=tender.contractor.name if tender.contractor else "",
        supervision=tender.supervision.name if tender.supervision else "",
        team=tuple(_line(person.name, person.role, external=person.external) for person in plan.team),
        attendants=ATTENDANTS,
        topic=plan.topic,
        text=plan.notice_text,
        officer=plan.officer,
        officer_phone=plan.officer_phone,
        convener=_convener(visit_id),
    )


def _line(name: str, role: str, *, external: bool) -> tuple[str, str, str]:
    return name, ROLES[role], "" if role == "staff" else "外聘" if external else "內聘"


def _convener(visit_id: str) -> str:
    """Who approved; before approval the convener in office."""
    approvals = [row.actor_id for row, _ in queries.events(visit_id) if row.kind == "approved"]
    if approvals:
        return accounts.names(approvals[-1:]).get(approvals[-1], "")
    holders = accounts.with_role(Role.CONVENER)
    return holders[0].name if holders else ""
