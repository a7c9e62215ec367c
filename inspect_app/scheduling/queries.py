"""Reading visits: who may know what, when.

Everything that opens a sealed visit stands here. A question that is asked by somebody without need costs the same
whether the visit exists or not, and its answer is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import structlog
from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.catalogue import queries as catalogue
from inspect_app.catalogue.knobs import SHEET
from inspect_app.domain.editions import RuleSet
from inspect_app.extensions import db
from inspect_app.notifications import services as outbox
from inspect_app.projects import queries as projects
from inspect_app.scheduling import sealing
from inspect_app.scheduling.keys import seal_key
from inspect_app.scheduling.models import CALL, Visit, VisitEvent, VisitMember
from inspect_app.scheduling.plan import Known, Plan, TeamMember, as_json, from_json

log = structlog.get_logger()
OPEN = ("draft", "submitted", "sealed")
UNCALLED = timedelta(hours=1)
BEFORE, RELEASED = "before", "released"
UNREADABLE = "（密封的內容打不開）"
TEAM = Actor(id="", login="", name="小組成員", roles=frozenset())
"""As whom one of the team looks before release, in the log and the clear columns."""


def open_plan(visit: Visit) -> Plan:
    """The plan of a visit, unsealed. The caller has made sure that somebody with need asks, and logs it.

    Raises `sealing.SealBroken`; a released visit does not depend on its seal.
    """
    if visit.plan is not None and visit.tender_id is not None:
        return from_json(visit.plan).with_values(tender_id=visit.tender_id)
    return _of_today(_as_sealed(visit))


def _unsealed(visit: Visit) -> dict[str, Any]:
    sealed = sealing.Sealed(visit.sealed, visit.wrapped_key)
    return sealing.unseal(seal_key(), visit.id, visit.version, sealed)


def _of_today(plan: Plan) -> Plan:
    """Under the seal nobody can say that the tender was merged into another meanwhile."""
    return plan.with_values(tender_id=projects.standing_id(plan.tender_id))


def rules_of(visit_id: str) -> RuleSet:
    """The rules of a released visit: its day's, with the city's values that it pinned at its release."""
    visit = db.session.get_one(Visit, visit_id)
    assert visit.inspected_on is not None  # released ones have their day
    own = (visit.plan or {}).get("settings")
    if own is None:  # the log of such a visit was judged by the shipped score sheet
        own = {key: line for key, line in catalogue.pin(visit.inspected_on).items() if key != SHEET}
    return catalogue.rules_pinned(visit.inspected_on, own)


def get(visit_id: str) -> Visit | None:
    return db.session.get(Visit, visit_id)


def by_ids(visit_ids: Sequence[str]) -> list[Visit]:
    """These visits, in no order: for those whose rules a list asks for."""
    return list(db.session.scalars(select(Visit).where(Visit.id.in_(visit_ids))))


def open_visits(states: Iterable[str] = OPEN) -> list[tuple[Visit, Plan]]:
    """The visits that are planned and not yet released, with their plans, by planned time. For planners and jobs.

    One that does not open is left out and logged, so that it cannot hold up the others; see `broken_ids`.
    """
    rows = db.session.scalars(select(Visit).where(Visit.state.in_(tuple(states))))
    opened = [(visit, plan) for visit in rows if (plan := _try_open(visit, _as_sealed))]
    standing = projects.standing_ids(plan.tender_id for _, plan in opened)
    pairs = [(visit, plan.with_values(tender_id=standing[plan.tender_id])) for visit, plan in opened]
    return sorted(pairs, key=lambda pair: (pair[1].planned_at, pair[0].id))


def broken_ids() -> list[str]:
    """The open visits whose seal does not open: the planners are told to plan them anew and to ask what happened."""
    rows = db.session.scalars(select(Visit).where(Visit.state.in_(OPEN)).order_by(Visit.id))
    return [visit.id for visit in rows if _try_open(visit) is None]


def _as_sealed(visit: Visit) -> Plan:
    """Its tender may be another by now."""
    return from_json(_unsealed(visit))


def _try_open(visit: Visit, how: Callable[[Visit], Plan] = open_plan) -> Plan | None:
    try:
        return how(visit)
    except sealing.SealBroken:
        log.error("visits.seal_broken", visit=visit.id)  # noqa: TRY400  # where it failed is known
        return None


def known(actor: Actor, visit: Visit, now: datetime) -> Known | None:
    """What this person may know of this visit now (the phase table); None for everybody without need.

    Planners: all. Convener: what was submitted. Leader: all, from the hour set for the leader. Members and staff:
    date and district, from their hour. The whole team: all, from release on. A cancelled one: planners only.
    """
    plan = _try_open(visit)
    if plan is None:
        return None
    phase = RELEASED if visit.state == RELEASED else BEFORE
    if actor.may(Permission.PLAN_VISITS):
        return _all(visit, "planner", phase, plan)
    if actor.may(Permission.APPROVE_VISITS) and visit.state in ("submitted", "sealed", RELEASED):
        return _all(visit, "convener", phase, plan)
    return _known_to_team(actor, visit, plan, now)


def known_in_team(actor: Actor, visit: Visit, now: datetime) -> Known | None:
    """What this person may know as one of the team, whatever else they are."""
    plan = _try_open(visit)
    return _known_to_team(actor, visit, plan, now) if plan else None


def _known_to_team(actor: Actor, visit: Visit, plan: Plan, now: datetime) -> Known | None:
    person = _own_place(actor, plan)
    if person is None:
        return None
    if visit.state == RELEASED:
        return _all(visit, person.role, RELEASED, plan)
    if visit.state != "sealed":
        return None
    if person.role == "leader":
        return _all(visit, "leader", BEFORE, plan) if plan.leader_hour <= now else None
    if plan.member_hour > now:
        return None
    return Known(visit.id, person.role, BEFORE, visit.version, plan.planned_on, plan.district)


def _own_place(actor: Actor, plan: Plan) -> TeamMember | None:
    return next((person for person in plan.team if actor.is_me(person.account_id)), None)


def _all(visit: Visit, role: str, phase: str, plan: Plan) -> Known:
    return Known(visit.id, role, phase, visit.version, plan.planned_on, plan.district, plan.planned_at, plan)


def visible_plan(actor: Actor, visit_id: str, now: datetime) -> Known | None:
    """What this person may know of the visit with this id; None also when there is no such visit.

    Before anything of a sealed visit leaves the server, call `services.note_view` (no line, no key).
    """
    visit = get(visit_id)
    if visit is None:
        _same_work(actor)
        return None
    return known(actor, visit, now)


def visible_in_team(actor: Actor, visit_id: str, now: datetime) -> Known | None:
    """The same as one of the team, whatever else they are."""
    visit = get(visit_id)
    if visit is None:
        _same_work(actor)
        return None
    return known_in_team(actor, visit, now)


def _same_work(actor: Actor) -> None:
    """What a look at a sealed visit costs somebody without need."""
    key = seal_key()
    _own_place(actor, _of_today(from_json(sealing.unseal(key, "", 0, _decoy(key)))))


@cache
def _decoy(key: bytes) -> sealing.Sealed:
    moment = clock.now()
    plan = Plan("", "inspection", False, moment, moment, moment, moment, None, None, ())
    return sealing.seal(key, "", 0, as_json(plan))


def packages_for(actor: Actor, now: datetime) -> list[Known]:
    """The visits for which this person is in the team and may know something now, by time.

    Before the bytes of a sealed one leave the server, call `services.note_view` (no line, no key).
    """
    released = (known_in_team(actor, visit, now) for visit in _released_for(actor))
    found = [*_sealed_for(actor, now), *(item for item in released if item is not None)]
    return sorted(found, key=_by_day)


def _sealed_for(actor: Actor, now: datetime) -> list[Known]:
    """Those before release, by time."""
    found = (known_in_team(actor, visit, now) for visit, _ in open_visits(("sealed",)))
    return sorted((item for item in found if item is not None), key=_by_day)


def _by_day(item: Known) -> tuple[date, str]:
    return item.planned_on, item.visit_id


def _released_for(actor: Actor) -> list[Visit]:
    mine = Visit.members.any(VisitMember.account_id.in_((actor.id, *actor.principals)))
    return list(db.session.scalars(select(Visit).where(Visit.state == RELEASED, mine)))


def actor_of(row: VisitEvent, text: str) -> str:
    """The account that acted; `text` is the event's, in clear."""
    return text.rsplit(" ", 1)[-1] if row.actor_id == TEAM.id else row.actor_id


def events(visit_id: str) -> list[tuple[VisitEvent, str]]:
    """What happened to a visit and who looked at it, oldest first, with the reasons in clear.

    A released visit does not depend on its seal: after a restore without the key its page and its notice still open.
    """
    rows = db.session.scalars(
        select(VisitEvent).where(VisitEvent.visit_id == visit_id).order_by(VisitEvent.at, VisitEvent.id)
    )
    key = seal_key()
    return [(row, _reason(key, row)) for row in rows]


def planned_by(visit_id: str, account_id: str) -> bool:
    """Whether this person planned, moved or submitted it, and so cannot be the one who approves it."""
    own = select(VisitEvent.id).where(
        VisitEvent.visit_id == visit_id,
        VisitEvent.actor_id == account_id,
        VisitEvent.kind.in_(("planned", "edited", "submitted", "postponed")),
    )
    return db.session.scalar(own.limit(1)) is not None


def _reason(key: bytes, row: VisitEvent) -> str:
    try:
        return sealing.unseal_text(key, row.visit_id, row.id, row.reason)
    except sealing.SealBroken:
        return UNREADABLE


def todos(actor: Actor, today: date) -> list[Todo]:
    """What waits for planners, convener and the people of a team. The sentences name neither time, place nor target."""
    found = [todo for visit, plan in open_visits() for todo in _todos_of(actor, visit, plan, today)]
    found += _uncalled(actor)
    if actor.may(Permission.PLAN_VISITS):
        return found
    return found + [_own_visit(item) for item in _sealed_for(actor, clock.now())]


def _todos_of(actor: Actor, visit: Visit, plan: Plan, today: date) -> Iterator[Todo]:
    args, late = {"visit_id": visit.id}, plan.planned_on <= today
    if (
        visit.state == "submitted"
        and actor.may(Permission.APPROVE_VISITS)
        and not planned_by(visit.id, actor.id)
    ):
        yield Todo("一項查核行程等待核定名單與通知函", None, "office.visit", args, "核定", "visit", late)
    if not actor.may(Permission.PLAN_VISITS):
        return
    if visit.state == "draft":
        what = (
            "召集人退回一項查核行程，請修正後再送核" if _was_returned(visit.id) else "一項查核行程還沒有送核"
        )
        yield Todo(what, None, "office.visit", args, "送核", "visit", late)
    elif visit.state == "submitted" and late:
        yield Todo(
            "一項查核行程已到預定日期，還沒有核定", None, "office.visit", args, "檢視", "visit", overdue=True
        )
    elif visit.state == "sealed" and late:
        yield Todo("今天有一項查核行程，領隊到場後登錄", None, "office.visit", args, "檢視", "visit")


def _uncalled(actor: Actor) -> list[Todo]:
    """Planners see that one of a team was not told: it is no other page's to tell."""
    if not actor.may(Permission.PLAN_VISITS):
        return []
    late = {row.ref for row in outbox.late((CALL,), UNCALLED)}
    waiting = [visit.id for visit, _ in open_visits() if f"visit:{visit.id}" in late] if late else []
    what = "一項查核行程的通知信沒有寄達，請以電話通知小組成員，並請系統管理者檢查郵件"
    return [
        Todo(what, None, "office.visit", {"visit_id": key}, "檢視", "visit", overdue=True) for key in waiting
    ]


def _was_returned(visit_id: str) -> bool:
    kinds = [row.kind for row, _ in events(visit_id) if row.kind not in ("viewed", "edited")]
    return bool(kinds) and kinds[-1] == "returned"


def _own_visit(item: Known) -> Todo:
    what = "您有一項查核行程，請確認日期與地區"
    return Todo(what, None, "office.visit", {"visit_id": item.visit_id}, "查看行程", "visit")
