"""Why a plan cannot stand: dates, target, team. One list of objections for the form's live answer and for the refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from inspect_app.accounts import queries as accounts
from inspect_app.catalogue import queries as catalogue
from inspect_app.clock import TAIPEI
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Evidence, Reason, Source, because
from inspect_app.domain.roc import format_date
from inspect_app.domain.types_of_visit import Window, check_window
from inspect_app.errors import Problem
from inspect_app.experts import queries as experts
from inspect_app.extensions import db
from inspect_app.projects.models import Tender
from inspect_app.scheduling import people, queries, targets
from inspect_app.scheduling.plan import KINDS, ROLES, Plan, TeamMember

DATES = ("planned_on", "window_from", "window_to", "release_at", "leader_hour", "member_hour")
"""The fields of a form that changes the dates only."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason: `code` of the catalogue of problems, `field` of the form, a sentence."""

    code: str
    field: str
    text: str


def settled(plan: Plan) -> Plan:
    """The plan with what follows from it: window of an announced visit, district, names, pinned editions."""
    tender = db.session.get(Tender, plan.tender_id) if plan.tender_id else None
    names = accounts.names(person.account_id for person in plan.team)
    day = plan.planned_on
    return plan.with_values(
        window_from=day if plan.announced else plan.window_from,
        window_to=day if plan.announced else plan.window_to,
        district=tender.district if tender else "",
        team=tuple(_named(person, names) for person in plan.team),
        edition_id=_edition(day),
        rules_edition=catalogue.rules_on(day).id,
    )


def _edition(day: date) -> str:
    """The edition of the day; none is a fault of the form (a mistyped year, or no edition yet), not of the address."""
    try:
        return catalogue.edition_in_force(day).id
    except Problem:
        text = f"{format_date(day)}沒有可用的缺失編號版本。請查對日期，或先匯入工程會現行表單。"
        raise Problem("bad_value", text, field="planned_on") from None


def _named(person: TeamMember, names: dict[str, str]) -> TeamMember:
    """Name from the account; outside or in-house as the roster says, where the person stands in it."""
    row = experts.by_account(person.account_id)
    external = person.external if row is None else row.external
    return replace(person, name=names.get(person.account_id, ""), external=external)


def refuse(plan: Plan, today: date, *, but: str = "", advice: str = "") -> None:
    """Raise the first objection as a problem that carries all of them in `reasons`; `but`: the visit being changed.

    `advice`: what to do where something else than the dates stands against it.
    """
    found = list(objections(plan, today, but=but))
    if found:
        first = found[0]
        reasons = [{"code": item.code, "field": item.field, "text": item.text} for item in found]
        text = "".join(item.text for item in found)
        text += advice if any(item.field not in DATES for item in found) else ""
        raise Problem(first.code, text, field=first.field, reasons=reasons)


def objections(plan: Plan, today: date, *, but: str = "") -> Iterator[Objection]:
    """Everything that stands against the plan."""
    yield from _dates(plan, today)
    yield from _target(plan, but)
    yield from _people(plan)


def reminders(plan: Plan) -> Iterator[Reason]:
    """What does not stand against a plan and should be looked at: a day on which offices, and mostly sites, are shut."""
    day, calendar = plan.planned_on, catalogue.calendar(plan.planned_on.year, plan.planned_on.year)
    if not calendar.works(day):
        published = Source("政府行政機關辦公日曆表", calendar.first.isoformat(), Evidence.SEC)
        text = f"{format_date(day)}不是上班日，請確認工地當天有施工、人員能到場"
        yield because("plan.day_off", text, published)


def _dates(plan: Plan, today: date) -> Iterator[Objection]:
    if plan.planned_on < today:
        yield Objection(
            "bad_value",
            "planned_on",
            f"預定日期{format_date(plan.planned_on)}已經過去，請改填今天以後的日期。",
        )
    yield from _window(plan)
    if not plan.announced and plan.release_at < plan.planned_at:
        yield Objection("bad_value", "release_at", "不事先通知的查核，最遲解封時間不能早於預定的到場時間。")
    if plan.release_at.astimezone(TAIPEI).date() > plan.planned_on:
        yield Objection("bad_value", "release_at", "最遲解封時間要在查核當天之內。")
    for name, label in (("leader_hour", "領隊"), ("member_hour", "委員")):
        if getattr(plan, name) > plan.planned_at:
            yield Objection("bad_value", name, f"{label}得知的時間要在預定到場時間之前。")


def _window(plan: Plan) -> Iterator[Objection]:
    if plan.window_from is None:
        yield Objection("missing", "window_from", "不事先通知的查核要填期間的起日。")
    if plan.window_from is None or plan.window_to is None:
        window = Window(plan.announced, plan.window_from or plan.planned_on, plan.window_to)
        refused = check_window(window)
        if refused is not None:
            yield Objection("missing", "window_to", f"{refused.text}。")
    elif not plan.window_from <= plan.planned_on <= plan.window_to:
        yield Objection("bad_value", "planned_on", "預定日期不在查核期間內，請改日期或期間。")


def _target(plan: Plan, but: str) -> Iterator[Objection]:
    tender = db.session.get(Tender, plan.tender_id) if plan.tender_id else None
    if tender is None:
        yield Objection("missing", "tender_id", "請先選定標案。")
        return
    if any(other.tender_id == plan.tender_id for visit, other in queries.open_visits() if visit.id != but):
        yield Objection(
            "already_planned",
            "tender_id",
            "這件標案已有一項未執行的行程，不能再排。請先改期或取消原有的行程。",
        )
    rules = catalogue.rules_on(plan.planned_on)
    if not plan.override_reason.strip():
        for reason in targets.barriers(tender, plan.planned_on, rules):
            yield Objection("already_planned", "override_reason", f"{reason.text}。仍要查核請填理由。")
    yield from _kind(plan, tender)
    yield from _recusals(plan, tender, rules)


def _kind(plan: Plan, tender: Tender) -> Iterator[Objection]:
    if plan.kind not in KINDS:
        yield Objection("missing", "kind", "請選擇查核、複查或督導。")
        return
    proposed = targets.propose_kind(tender, plan.planned_on, by_agency=plan.kind == "supervision")
    if proposed.type != plan.kind and not plan.kind_reason.strip():
        yield Objection("reason_required", "kind_reason", f"{proposed.reasons[0].text}。與此不同時請填理由。")


def _recusals(plan: Plan, tender: Tender, rules: RuleSet) -> Iterator[Objection]:
    for reason in people.recusals(plan, tender, rules, people.roster(plan)):
        yield Objection("recusal", "team", f"{reason.text}。")


def _people(plan: Plan) -> Iterator[Objection]:
    ids = [person.account_id for person in plan.team]
    if len(ids) != len(set(ids)):
        yield Objection("bad_value", "team", "同一個人在小組裡只能出現一次。")
    if any(person.role not in ROLES or not person.name for person in plan.team):
        yield Objection("bad_value", "team", "小組成員要有有效的帳號與職責。")
    for text in people.unavailable(plan, people.roster(plan)):
        yield Objection("bad_value", "team", text)
    for fault in people.composition(plan, catalogue.rules_on(plan.planned_on)).faults:
        field = "pcc_letter" if fault.kind == "outside_share" else "team"
        yield Objection("team_composition", field, f"{fault.reason.text}。")
