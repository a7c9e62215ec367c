"""The year's numbers (作業辦法 art 4): required against done, live; the head's own numbers; the quarterly returns.

Done are released visits of the team (查核, 複查): a sealed one counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.periods import Quarter
from inspect_app.domain.quotas import Adjustment, Case, Quota, Return, quarterly_return, quota
from inspect_app.domain.reasons import Reason
from inspect_app.extensions import db
from inspect_app.projects import queries as projects
from inspect_app.projects.models import Tender
from inspect_app.scheduling.models import QuarterlyReturn, QuotaAdjustment, Visit

RATIO = 0
WARN_DAYS = 20


@dataclass(frozen=True, slots=True)
class Done:
    """A visit that counts: its day, and its tender as the quota sees it."""

    visit_id: str
    on: date
    tender_id: str
    case: Case


@dataclass(frozen=True, slots=True)
class Quarterly:
    """One quarter's return: when it is due, what it holds, and the letter once it went out."""

    due: Return
    inspections: int
    filed: QuarterlyReturn | None

    @property
    def first(self) -> date:
        """The first day of the quarter."""
        return date(self.due.year, 3 * self.due.quarter - 2, 1)

    @property
    def last(self) -> date:
        """The last day of the quarter."""
        return (self.first + timedelta(days=92)).replace(day=1) - timedelta(days=1)

    @property
    def reason(self) -> Reason:
        """Why it is due on its day."""
        return self.due.reason


@dataclass(frozen=True, slots=True)
class Year:
    """Everything that the page of a year shows. `unknown`: tenders without a budget, in no band."""

    year: int
    quota: Quota
    unknown: list[Tender]
    adjustments: dict[int, QuotaAdjustment]
    returns: list[Quarterly]


def year(number: int, today: date) -> Year:
    """The year as it stands. The rules are those of its last day, or of today while it runs."""
    tenders, finished = projects.of_year(number), done(number)
    own = adjustments(number)
    rules = catalogue.rules_on(min(today, date(number, 12, 31)))
    found = quota(list(map(case_of, tenders)), [item.case for item in finished], rules, as_rules(own))
    unknown = projects.by_ids([row.id for row in tenders if row.budget is None])
    return Year(number, found, unknown, own, [_quarterly(number, part, finished) for part in range(1, 5)])


def case_of(tender: projects.OfYear) -> Case:
    """The tender as the quota sees it."""
    return Case(tender.budget, tender.commissioned_out)


def done(number: int) -> list[Done]:
    """The visits of a year that count, oldest first; 督導 is an agency's own visit and does not."""
    query = select(Visit.id, Visit.inspected_on, Tender.id, Tender.budget, Tender.commissioned_out)
    query = query.join(Tender, Tender.id == Visit.tender_id).where(
        Visit.state == "released",
        Visit.kind != "supervision",
        Visit.inspected_on.between(date(number, 1, 1), date(number, 12, 31)),
    )
    rows = db.session.execute(query.order_by(Visit.inspected_on, Visit.id))
    return [
        Done(visit_id, on, tender_id, Case(budget, out))
        for visit_id, on, tender_id, budget, out in rows
        if on
    ]


def adjustments(number: int) -> dict[int, QuotaAdjustment]:
    """The head's own numbers of a year by the band's lower bound (`RATIO` for the ratio)."""
    query = select(QuotaAdjustment).where(QuotaAdjustment.year == number)
    return {row.band_from: row for row in db.session.scalars(query)}


def as_rules(own: dict[int, QuotaAdjustment]) -> list[Adjustment]:
    """The same numbers as the domain takes them; the letter to PCC stands with the reason."""
    return [
        Adjustment(
            row.band_from or None, row.required, row.reason + (f"（{row.letter}）" if row.letter else "")
        )
        for _, row in sorted(own.items())
    ]


def _quarterly(number: int, part: int, finished: list[Done]) -> Quarterly:
    count = sum(Quarter.of(item.on) == Quarter(number, part) for item in finished)
    return Quarterly(quarterly_return(number, part), count, db.session.get(QuarterlyReturn, (number, part)))


def todos(actor: Actor, today: date) -> list[Todo]:
    """The returns of the quarters that ended within a year, oldest first, from 20 days before each is due until its letter
    is entered; only where there is something to tell.
    """
    if not actor.may(Permission.PLAN_VISITS):
        return []
    this = Quarter.of(today)
    ended = [quarter for quarter in Quarter(this.year - 1, this.number).until(this) if quarter != this]
    finished = [item for number in (this.year - 1, this.year) for item in done(number)]
    lines = (_quarterly(quarter.year, quarter.number, finished) for quarter in ended)
    return [_todo(line, today) for line in lines if _wanted(line, today)]


def _wanted(line: Quarterly, today: date) -> bool:
    return line.filed is None and bool(line.inspections) and (line.due.due - today).days <= WARN_DAYS


def _todo(line: Quarterly, today: date) -> Todo:
    what = f"{Quarter(line.due.year, line.due.quarter).label}的查核結果要函送工程會"
    args, late = {"year": str(line.due.year)}, today > line.due.due
    return Todo(what, line.due.due, "office.quotas", args, "登錄函送", "quota", late, (line.reason,))
