"""Reading tenders, agencies and their progress. Money in whole NT$, progress in basis points (bp)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.conflicts import TenderParties
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Reason
from inspect_app.domain.risk import FINISHED, NOT_STARTED, Facts, barriers
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.projects.models import (
    Agency,
    ContractTerms,
    MergedTender,
    Signal,
    Tender,
    TenderChange,
    TenderDelay,
    TenderPerson,
    TenderProgress,
)
from inspect_app.projects.search import (
    UNKNOWN_BAND,
    Page,
    TenderFilter,
    band_counts,
    behind,
    order_of,
    tenders,
    visible,
)

__all__ = ["UNKNOWN_BAND", "Page", "TenderFilter", "band_counts", "tenders", "visible"]


@dataclass(frozen=True, slots=True)
class Behind:
    """A tender behind schedule with its newest explanation; `gap_bp` is planned less actual, above 0."""

    tender: Tender
    planned_bp: int
    actual_bp: int
    gap_bp: int
    as_of: date | None
    delay: TenderDelay | None


def tender(tender_id: str) -> Tender:
    """A tender; one that was merged is the one that it became. `not_found` when there is none."""
    found = db.session.get(Tender, standing_id(tender_id))
    if found is None:
        raise Problem("not_found", "找不到這件標案，可能已經合併或網址有誤。")
    return found


def with_parties(tender_ids: Iterable[str]) -> dict[str, Tender]:
    """{id: tender} with its agency and firms, with one question; of those that stand."""
    ties = (Tender.agency, Tender.designer, Tender.supervision, Tender.contractor, Tender.pcm)
    query = select(Tender).where(Tender.id.in_(tender_ids)).options(*map(joinedload, ties))
    return {row.id: row for row in db.session.scalars(query)}


def standing_ids(tender_ids: Iterable[str]) -> dict[str, str]:
    """{id: the one under which it stands now}, with one question."""
    found = {key: key for key in tender_ids}
    query = select(MergedTender.id, MergedTender.into_id).where(MergedTender.id.in_(found))
    return found | {row.id: row.into_id for row in db.session.execute(query)}


def standing_id(tender_id: str) -> str:
    """The id under which a tender stands now: its own, unless it was merged into another."""
    into = db.session.scalar(select(MergedTender.into_id).where(MergedTender.id == tender_id))
    return into or tender_id


def clashes(agency_id: str, other_id: str) -> list[tuple[Tender, Tender]]:
    """The pairs of tenders that have one number at both agencies, by number: theirs, the other's."""
    theirs, others = aliased(Tender), aliased(Tender)
    query = (
        select(theirs, others)
        .join(others, others.number == theirs.number)
        .where(theirs.agency_id == agency_id, others.agency_id == other_id)
        .order_by(theirs.number)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]


def tender_for(actor: Actor, tender_id: str) -> Tender:
    """A tender that the actor may see: an agency's people see their own only, others are `not_found`."""
    found = tender(tender_id)
    if actor.of_agency and found.agency_id != actor.agency_id:
        raise Problem("not_found", "找不到這件標案，可能已經合併或網址有誤。")
    return found


def _with_firms() -> Select[Tender]:
    return select(Tender).options(
        joinedload(Tender.contractor), joinedload(Tender.supervision), joinedload(Tender.designer)
    )


def by_key(agency_id: str, number: str) -> Tender | None:
    """The tender of an agency with a number: the number alone is not unique."""
    return db.session.scalars(
        select(Tender).where(Tender.agency_id == agency_id, Tender.number == number)
    ).first()


def agencies() -> list[Agency]:
    """All agencies by name."""
    return list(db.session.scalars(select(Agency).order_by(Agency.name)))


def agency(agency_id: str) -> Agency:
    """An agency; `not_found` when there is none."""
    found = db.session.get(Agency, agency_id)
    if found is None:
        raise Problem("not_found", "找不到這個機關。")
    return found


def unconfirmed_agencies() -> list[tuple[Agency, int]]:
    """Agencies that a spreadsheet brought and nobody confirmed, with their number of tenders."""
    rows = db.session.execute(
        select(Agency, func.count(Tender.id))
        .outerjoin(Tender, Tender.agency_id == Agency.id)
        .where(Agency.confirmed.is_(False))
        .group_by(Agency.id)
        .order_by(Agency.name)
    )
    return [(row[0], row[1]) for row in rows]


def tender_counts() -> dict[str, int]:
    """Agency id -> number of tenders."""
    rows = db.session.execute(select(Tender.agency_id, func.count()).group_by(Tender.agency_id))
    return {row[0]: row[1] for row in rows}


def programmes(agency_id: str = "") -> list[str]:
    """The programmes (歸屬計畫) in use, of one agency or of all."""
    return _distinct(Tender.programme, agency_id)


def states(agency_id: str = "") -> list[str]:
    """The states in use, as printed, of one agency or of all."""
    return _distinct(Tender.state, agency_id)


def _distinct(column: InstrumentedAttribute[str], agency_id: str) -> list[str]:
    query = select(column).where(column != "").distinct().order_by(column)
    return list(db.session.scalars(query.where(Tender.agency_id == agency_id) if agency_id else query))


def behind_schedule(
    today: date, agency: str | None = None, programme: str | None = None, at_least_bp: int = 1
) -> list[Behind]:
    """Tenders under way that are behind by `at_least_bp` or more, farthest first, each with its newest delay line up to `today`."""
    conditions = [behind >= max(1, at_least_bp), Tender.state.not_in((*FINISHED, *NOT_STARTED))]
    if agency:
        conditions.append(Tender.agency_id == agency)
    if programme:
        conditions.append(Tender.programme == programme)
    found = list(db.session.scalars(_with_firms().where(*conditions).order_by(behind.desc(), Tender.number)))
    newest = latest_delays([row.id for row in found], today)
    return [_behind(row, newest.get(row.id)) for row in found]


def _behind(row: Tender, delay: TenderDelay | None) -> Behind:
    planned, actual = row.progress_planned_bp or 0, row.progress_actual_bp or 0
    return Behind(row, planned, actual, planned - actual, row.progress_as_of, delay)


def latest_delays(tender_ids: Sequence[str], today: date) -> dict[str, TenderDelay]:
    """Tender id -> its newest delay line of a month that has begun."""
    newest: dict[str, TenderDelay] = {}
    for start in range(0, len(tender_ids), 500):
        chunk = tender_ids[start : start + 500]
        rows = db.session.scalars(
            select(TenderDelay)
            .where(TenderDelay.tender_id.in_(chunk), TenderDelay.month <= today)
            .order_by(TenderDelay.month)
        )
        newest.update((row.tender_id, row) for row in rows)
    return newest


def progress(tender_id: str) -> list[TenderProgress]:
    """The months, oldest first."""
    return list(
        db.session.scalars(
            select(TenderProgress).where(TenderProgress.tender_id == tender_id).order_by(TenderProgress.month)
        )
    )


def delays(tender_id: str) -> list[TenderDelay]:
    """The delay lines, newest first."""
    return list(
        db.session.scalars(
            select(TenderDelay).where(TenderDelay.tender_id == tender_id).order_by(TenderDelay.month.desc())
        )
    )


def changes(tender_id: str) -> list[TenderChange]:
    """The variations in the order of the file."""
    return list(
        db.session.scalars(
            select(TenderChange).where(TenderChange.tender_id == tender_id).order_by(TenderChange.id)
        )
    )


def people(tender_id: str) -> list[TenderPerson]:
    """The named staff, by kind, in the order of the file."""
    query = (
        select(TenderPerson)
        .where(TenderPerson.tender_id == tender_id)
        .order_by(TenderPerson.kind, TenderPerson.id)
    )
    return list(db.session.scalars(query))


def terms(tender_id: str) -> ContractTerms | None:
    """What the contract says about penalties; None where nobody entered anything."""
    return db.session.get(ContractTerms, tender_id)


@dataclass(frozen=True, slots=True)
class OfYear:
    """A tender that counts for a year's quota; `budget` None: in no band."""

    id: str
    budget: int | None
    commissioned_out: bool


_begun = func.coalesce(Tender.started_on, Tender.awarded_on)
_finish = func.coalesce(Tender.revised_finish_on, Tender.planned_finish_on)


def of_year(year: int, agency_id: str = "", programme: str = "") -> list[OfYear]:
    """The tenders that count for a year's quota: begun by its end, and not finished before it (art 4; by planned finish)."""
    query = select(Tender.id, Tender.budget, Tender.commissioned_out).where(
        Tender.state.not_in(NOT_STARTED),
        or_(_begun.is_(None), _begun <= date(year, 12, 31)),
        or_(Tender.state.not_in(FINISHED), _finish.is_(None), _finish >= date(year, 1, 1)),
    )
    if agency_id:
        query = query.where(Tender.agency_id == agency_id)
    if programme:
        query = query.where(Tender.programme == programme)
    return [OfYear(*row) for row in db.session.execute(query)]


def by_ids(tender_ids: Sequence[str]) -> list[Tender]:
    """These tenders by agency and number."""
    query = select(Tender).join(Tender.agency).where(Tender.id.in_(tender_ids))
    return list(db.session.scalars(query.order_by(*order_of("agency"))))


PERSON_KINDS = {
    "contractor_qc": "承攬廠商品管人員",
    "supervision_staff": "監造單位現場人員",
    "contractor_engineer": "專任工程人員",
    "site": "工地相關人員",
}


def parties(row: Tender) -> TenderParties:
    """The organisations and the named staff of a tender, for recusal; its key is the tender's id."""
    firms = {
        "設計單位": row.designer,
        "監造單位": row.supervision,
        "承攬廠商": row.contractor,
        "專案管理廠商": row.pcm,
    }
    organisations: dict[str, tuple[str, ...]] = {
        label: (firm.name,) for label, firm in firms.items() if firm is not None
    }
    organisations["主辦機關"] = tuple(
        dict.fromkeys(name for name in (row.agency.name, row.owner_agency) if name)
    )
    if second := (row.details or {}).get("contractor2"):
        organisations["承攬廠商"] = (*organisations.get("承攬廠商", ()), second)
    posts = {person.name: PERSON_KINDS.get(person.kind, "工地相關人員") for person in people(row.id)}
    return TenderParties(row.id, organisations, posts)


def selectable(row: Tender, today: date, rules: RuleSet, last_inspected: date | None = None) -> list[Reason]:
    """Why a tender cannot be chosen (not started, stopped, finished, inspected too recently); empty when it can."""
    return list(barriers(Facts(state=row.state, last_inspected=last_inspected), today, rules))


def signals(tender_id: str) -> list[Signal]:
    """The reasons to inspect that others wrote down, newest first."""
    return list(
        db.session.scalars(
            select(Signal).where(Signal.tender_id == tender_id).order_by(Signal.on.desc(), Signal.id)
        )
    )


def todos(actor: Actor, today: date) -> list[Todo]:
    """What waits: agencies to confirm and budgets to repair for planners, delays to explain for an agency's people."""
    found: list[Todo] = []
    if actor.may(Permission.IMPORT_TENDERS) and (unknown := len(unconfirmed_agencies())):
        found.append(
            Todo(
                f"{unknown} 個機關由匯入新增，請確認或合併",
                None,
                "office.agencies",
                button="確認機關",
                kind="tender",
            )
        )
    if actor.may(Permission.PLAN_VISITS) and (missing := _without_budget()):
        found.append(
            Todo(
                f"{missing} 件標案沒有發包預算，級距不明",
                None,
                "office.tenders",
                {"band": UNKNOWN_BAND},
                "補正預算",
                "tender",
            )
        )
    if actor.of_agency and actor.agency_id and (late := _unexplained(actor.agency_id, today)):
        args = {"tender_id": late[0].tender.id}
        what = f"{len(late)} 件標案落後 10% 以上，本月還沒有填落後原因"
        found.append(Todo(what, None, "office.tender_delays", args, "填寫落後原因", "tender"))
    return found


def _without_budget() -> int:
    return db.session.scalar(select(func.count(Tender.id)).where(Tender.budget.is_(None))) or 0


def _unexplained(agency_id: str, today: date) -> list[Behind]:
    month = today.replace(day=1)
    rows = behind_schedule(today, agency=agency_id, at_least_bp=1000)
    return [row for row in rows if row.delay is None or row.delay.month < month]
