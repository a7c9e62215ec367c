"""The people of a team before the domain's rules: recusal for a tender, who cannot serve, how the team is composed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.permissions import Permission, granted
from inspect_app.domain import conflicts
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason
from inspect_app.experts import queries as experts
from inspect_app.experts.models import Expert
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling.plan import Plan, TeamMember

Roster = dict[str, Expert]
"""{account id: line of the roster}."""


def roster(plan: Plan) -> Roster:
    """Those of the team who stand in the roster."""
    return experts.of_accounts([person.account_id for person in plan.team])


def recusals(plan: Plan, tender: Tender, rules: RuleSet, rows: Roster) -> Iterator[Reason]:
    """Every reason why somebody of the team may not go to this tender on its day."""
    parties = projects.parties(tender)
    facts = experts.ties_of([row.id for row in rows.values()])
    for person in plan.team:
        row, approved = rows.get(person.account_id), person.off_roster_reason
        if row is None:
            yield from _reasons(person, parties, plan.planned_on, rules)
        else:
            yield from experts.conflicts(
                row, facts[row.id], parties, plan.planned_on, rules, approved=approved
            )


def _reasons(
    person: TeamMember, parties: conflicts.TenderParties, on: date, rules: RuleSet
) -> Iterable[Reason]:
    """Of somebody whom the roster does not name."""
    approved = person.off_roster_reason
    said = conflicts.Expert(person.name, person.external, on_roster=False, approved_reason=approved)
    return [found.reason for found in conflicts.conflicts(said, parties, on, rules)]


def unavailable(plan: Plan, rows: Roster) -> Iterator[str]:
    """Why somebody of the team cannot serve, whatever the tender: a sentence each."""
    people = accounts.by_ids([person.account_id for person in plan.team])
    for person in plan.team:
        account, row = people.get(person.account_id), rows.get(person.account_id)
        if account is None:
            continue  # told as a team without valid accounts
        if not accounts.usable(account) or _over_by(account.expires_on, plan.planned_on):
            yield f"{person.name}的帳號已停用，或在查核當天以前到期，請改派。"
        elif Permission.INSPECT not in granted(accounts.own_roles(account)):
            yield f"{person.name}的帳號沒有現場查核的職務，請改派或由系統管理者補上。"
        elif row is not None and not row.active:
            yield f"{person.name}在專家名單上已停用，不能排入小組。"


def _over_by(expires_on: date | None, day: date) -> bool:
    return expires_on is not None and expires_on < day


def composition(plan: Plan, rules: RuleSet) -> conflicts.Composition:
    """Share of outside members, leader, specialities (hints only)."""
    rows = roster(plan)
    members = [_scoring(person, rows.get(person.account_id)) for person in plan.scoring]
    needed = [word for word in re.split(r"[、,，\s]+", plan.speciality) if word]
    return conflicts.composition(members, rules, plan.pcc_letter, needed)


def _scoring(person: TeamMember, row: Expert | None) -> conflicts.Member:
    specialities = frozenset(row.specialities if row else ())
    return conflicts.Member(person.name, person.external, person.role == "leader", specialities)
