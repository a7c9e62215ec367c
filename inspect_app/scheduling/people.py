"""The people of a team before the domain's rules: recusal for a tender, and how the team is composed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from inspect_app.domain import conflicts
from inspect_app.domain.editions import RuleSet
from inspect_app.experts import queries as experts
from inspect_app.experts.models import Expert, ExpertTie
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling.plan import Plan, TeamMember

POSTS = {
    "contractor_engineer": "承攬廠商專任工程人員",
    "contractor_qc": "承攬廠商品管人員",
    "site": "承攬廠商工地負責人",
    "supervision_staff": "監造單位人員",
}


def parties_of(tender: Tender) -> conflicts.TenderParties:
    """Who takes part in a tender: organisations by role, people by post."""
    firms = {
        "承攬廠商": tender.contractor,
        "監造單位": tender.supervision,
        "設計單位": tender.designer,
        "專案管理廠商": tender.pcm,
    }
    parties: dict[str, tuple[str, ...]] = {
        role: (firm.name,) for role, firm in firms.items() if firm is not None
    }
    parties["主辦機關"] = tuple({name for name in (tender.agency.name, tender.owner_agency) if name})
    posts = {person.name: POSTS.get(person.kind, "人員") for person in projects.people(tender.id)}
    return conflicts.TenderParties(tender.id, parties, posts)


def recusals(plan: Plan, tender: Tender, rules: RuleSet) -> Iterator[tuple[TeamMember, conflicts.Conflict]]:
    """Every reason why somebody of the team may not go, with the person."""
    parties = parties_of(tender)
    for person in plan.team:
        for conflict in conflicts.conflicts(_judged(person), parties, plan.planned_on, rules):
            yield person, conflict


def composition(plan: Plan, rules: RuleSet) -> conflicts.Composition:
    """Share of outside members, leader, specialities (hints only)."""
    members = [_scoring(person) for person in plan.scoring]
    needed = [word for word in re.split(r"[、,，\s]+", plan.speciality) if word]
    return conflicts.composition(members, rules, plan.pcc_letter, needed)


def _scoring(person: TeamMember) -> conflicts.Member:
    row = experts.by_account(person.account_id)
    specialities = frozenset(row.specialities if row else ())
    return conflicts.Member(person.name, person.external, person.role == "leader", specialities)


def _judged(person: TeamMember) -> conflicts.Expert:
    row = experts.by_account(person.account_id)
    if row is None:
        return conflicts.Expert(
            person.name, person.external, on_roster=False, approved_reason=person.off_roster_reason
        )
    ties = experts.ties(row.id)
    return conflicts.Expert(
        name=row.name,
        external=person.external,
        ties=(*_employer(row), *(_tie(tie) for tie in ties if tie.kind == "employed")),
        relatives=tuple(_relative(tie) for tie in ties if tie.kind == "family"),
        earlier_work=tuple(
            tie.tender_id for tie in ties if tie.kind in ("designed", "supervised") and tie.tender_id
        ),
        declared=tuple(tie.tender_id or tie.party for tie in ties if tie.kind == "interest"),
        disqualifications=_unfit(row),
        on_roster=row.on_roster,
        approved_reason=person.off_roster_reason or row.off_roster_reason,
    )


def _employer(row: Expert) -> tuple[conflicts.Tie, ...]:
    return (conflicts.Tie(row.employer),) if row.employer else ()


def _tie(tie: ExpertTie) -> conflicts.Tie:
    return conflicts.Tie(tie.party, tie.note, tie.since, tie.until)


def _relative(tie: ExpertTie) -> conflicts.Relative:
    return conflicts.Relative(tie.note or "親屬", tie.degree or 0, tie.party)


def _unfit(row: Expert) -> tuple[conflicts.Disqualification, ...]:
    return (conflicts.Disqualification(row.disqualified, date.min),) if row.disqualified else ()
