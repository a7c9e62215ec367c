"""Reading the roster, and judging recusal by the domain's rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import or_, select

from inspect_app.domain.conflicts import Disqualification, Relative, TenderParties, Tie
from inspect_app.domain.conflicts import Expert as RuleExpert
from inspect_app.domain.conflicts import conflicts as rule_conflicts
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason
from inspect_app.errors import Problem
from inspect_app.experts.models import Expert, ExpertTie
from inspect_app.extensions import db


def members(*, with_inactive: bool = False, text: str = "") -> list[Expert]:
    """The roster, outside experts first, by name."""
    query = select(Expert).order_by(Expert.external.desc(), Expert.name, Expert.id)
    if not with_inactive:
        query = query.where(Expert.active.is_(True))
    if plain := text.replace("\0", "").strip():
        fields = (Expert.name, Expert.employer, Expert.roster_no)
        query = query.where(or_(*(field.icontains(plain, autoescape=True) for field in fields)))
    return list(db.session.scalars(query))


def expert(expert_id: str) -> Expert:
    """An expert; `not_found` when there is none."""
    found = db.session.get(Expert, expert_id)
    if found is None:
        raise Problem("not_found", "專家名單裡沒有這個人。")
    return found


def by_account(account_id: str) -> Expert | None:
    """The expert who signs in with an account."""
    return db.session.scalars(select(Expert).where(Expert.account_id == account_id)).first()


def of_accounts(account_ids: Iterable[str]) -> dict[str, Expert]:
    """{account id: the expert who signs in with it}, with one question."""
    query = select(Expert).where(Expert.account_id.in_(account_ids)).order_by(Expert.id.desc())
    return {row.account_id: row for row in db.session.scalars(query) if row.account_id}


def ties_of(expert_ids: Sequence[str]) -> dict[str, list[ExpertTie]]:
    """`ties` of several, with one question."""
    found: dict[str, list[ExpertTie]] = {key: [] for key in expert_ids}
    query = select(ExpertTie).where(ExpertTie.expert_id.in_(found)).order_by(ExpertTie.id)
    for row in db.session.scalars(query):
        found[row.expert_id].append(row)
    return found


def ties(expert_id: str) -> list[ExpertTie]:
    """The facts that may mean recusal, in the order of entry."""
    return list(
        db.session.scalars(select(ExpertTie).where(ExpertTie.expert_id == expert_id).order_by(ExpertTie.id))
    )


def conflicts(
    expert_row: Expert,
    facts: list[ExpertTie],
    tender: TenderParties,
    on: date,
    rules: RuleSet,
    *,
    approved: str = "",
) -> list[Reason]:
    """Every reason why an expert may not inspect a tender on a day; empty when there is none.

    `approved`: why somebody off the roster may serve in this one case, where the roster gives no reason.
    """
    judged = rule_conflicts(_as_rule(expert_row, facts, approved), tender, on, rules)
    return [conflict.reason for conflict in judged]


def _as_rule(row: Expert, facts: list[ExpertTie], approved: str) -> RuleExpert:
    employed = [Tie(row.employer)] if row.employer else []
    employed += [
        Tie(fact.party, fact.note, fact.since, fact.until) for fact in facts if fact.kind == "employed"
    ]
    family = [
        Relative(fact.note or "親屬", fact.degree or 0, fact.party) for fact in facts if fact.kind == "family"
    ]
    return RuleExpert(
        name=row.name,
        external=row.external,
        ties=tuple(employed),
        relatives=tuple(family),
        earlier_work=tuple(
            fact.tender_id or fact.party for fact in facts if fact.kind in ("designed", "supervised")
        ),
        declared=tuple(fact.tender_id or fact.party for fact in facts if fact.kind == "interest"),
        disqualifications=(Disqualification(row.disqualified, date.min),) if row.disqualified else (),
        on_roster=row.on_roster,
        approved_reason=approved or row.off_roster_reason,
    )
