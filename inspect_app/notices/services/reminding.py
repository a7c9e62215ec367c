"""Reminders: the coordinator's own (稽催), and those of the jobs process."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.domain.deadlines import working_days_between
from inspect_app.domain.roc import format_date
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.notices import queries
from inspect_app.notices.models import Case
from inspect_app.notices.services.holding import held
from inspect_app.notices.services.issuing import ledger
from inspect_app.notices.services.telling import handlers_of, tell
from inspect_app.transaction import transaction

WARN_WORKING_DAYS = 5
ASKED = "asked"  # by a coordinator; the others are those of `_stage`


def remind(actor: Actor, case_id: str, *, number: str = "", note: str = "") -> int:
    """Send a reminder (稽催) and write it into the ledger; answers how many letters leave."""
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        case = held(actor, case_id)
        if case.state != "open":
            raise Problem("wrong_state", "案件已結案，不需要稽催。")
        if not _outstanding(case, clock.today()):
            raise Problem("wrong_state", "各項改善結果都已送出，沒有可以稽催的項目。")
        ledger(case, "reminder", clock.today(), number, actor, note=note)
        audit.record(actor, "notices.reminded", f"case:{case.id}")
        body = f"改善期限 {format_date(case.due_on)}，仍有項目未送出。" + (
            f"\n\n{note.strip()}" if note.strip() else ""
        )
        return tell(case, handlers_of(case), "［查核］改善結果稽催", body, stage=ASKED)


def remind_due() -> int:
    """Tell agencies five working days before a deadline and once it has passed; answers how many cases were told."""
    today = clock.today()
    open_cases = list(db.session.scalars(select(Case).where(Case.state == "open")))
    stages = [(case, stage) for case in open_cases if (stage := _stage(case, today)) is not None]
    return sum(_tell_stage(case, stage) for case, stage in stages)


def wanted(about: list[str]) -> bool:
    """Whether a letter to an agency still helps when it leaves, perhaps a day late. `about`: the case, the agency, and of a
    reminder its stage and deadline.
    """
    case_id, agency_id, *reminder = about
    case = db.session.get(Case, case_id, populate_existing=True)
    if case is None or case.agency_id != agency_id:
        return False
    return not reminder or _still_reminds(case, *reminder)


def _still_reminds(case: Case, stage: str, due_on: str) -> bool:
    today = clock.today()
    if case.state != "open" or case.due_on.isoformat() != due_on:
        return False
    return _outstanding(case, today) if stage == ASKED else _stage(case, today) == stage


def _outstanding(case: Case, today: date) -> bool:
    """Whether anything still lies with the agency."""
    state = queries.progress(case, today)
    return state.waiting + state.ready > 0


def _stage(case: Case, today: date) -> str | None:
    if not _outstanding(case, today):
        return None
    if case.due_on < today:
        return "overdue"
    calendar = catalogue.calendar(today.year, case.due_on.year)
    return "due" if working_days_between(today, case.due_on, calendar) <= WARN_WORKING_DAYS else None


def _tell_stage(case: Case, stage: str) -> bool:
    """Once per stage and deadline: a granted extension starts the stages anew."""
    subject = {"due": "［查核］改善期限將屆", "overdue": "［查核］改善逾期"}[stage]
    body = f"改善期限 {format_date(case.due_on)}，請儘速送出改善結果；無法如期完成的，請申請展延。"
    with transaction():
        told = tell(
            case, handlers_of(case), subject, body,
            once=f"{stage}:{case.id}:{case.due_on.isoformat()}", stage=stage,
        )  # fmt: skip
        if told:
            audit.record(SYSTEM, f"notices.{stage}", f"case:{case.id}")
    return told > 0
