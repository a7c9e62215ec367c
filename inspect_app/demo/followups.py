"""Cases in every state: closed long ago, answered, returned, overdue, waiting; the meeting held and the one to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Permission, Role, granted
from inspect_app.demo.city import SEED
from inspect_app.demo.history import begun_on
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.inspections.models import Rollup
from inspect_app.notices import services as notices
from inspect_app.notices.models import Case
from inspect_app.transaction import transaction

RECENT = 14  # cases that are still open
MEASURES = (
    (
        "施工人員未依核定之施工計畫作業，自主檢查不確實。",
        "已依規範敲除修補並經監造查驗合格，另辦理教育訓練一次。",
    ),
    ("紀錄填報人員不熟悉表單規定。", "已補正紀錄並訂定檢核表，由品管人員每週複核。"),
    ("現場人員輪替，交接不完整。", "已補設並拍照存查，納入每日危害告知。"),
    ("材料進場時間緊迫，試驗排程未配合。", "已補辦取樣送驗，結果合格，後續依排程管制。"),
)


def agency_actor(agency_id: str) -> Actor:
    """The agency's own approver where it has one; else somebody made up who acts for it."""
    people = accounts.with_role(Role.AGENCY_APPROVER, agency_id=agency_id)
    if people:
        return accounts.actor_for(people[0])
    roles = frozenset({Role.AGENCY_HANDLER, Role.AGENCY_APPROVER})
    return Actor(
        new_id(), "demo", "示範機關", roles, agency_id, permissions=granted(roles) | {Permission.REPLY_CASES}
    )


def answer(case: Case, count: int, *, send: bool = True) -> None:
    """The agency answers its first `count` waiting items, and sends them."""
    actor, random = agency_actor(case.agency_id), Random(f"{SEED}{case.id}")
    waiting = [entry for entry in case.items if entry.state in ("waiting", "returned")]
    for entry in waiting[:count]:
        cause, measure = random.choice(MEASURES)
        missing = dict.fromkeys(("before", "during", "after", "scan"), "示範資料未附檔案")
        version = reply_version(actor, entry.id)
        draft = notices.Draft(version, cause, measure, clock.today() - timedelta(days=1), "", missing)
        notices.save_draft(actor, entry.id, draft)
        notices.mark_ready(actor, entry.id)
    if send and waiting[:count]:
        notices.send_replies(actor, case.id, letter_no=f"示局工字第{case.id[-4:]}號")


def reply_version(actor: Actor, item_id: str) -> int:
    """The version of the reply that stands, made when there is none."""
    return notices.begin_reply(actor, item_id).version


def settle(case: Case, coordinator: Actor) -> None:
    """Everything answered, accepted and closed."""
    with clock.set_to(begun_on(min(case.due_on - timedelta(days=2), clock.today()))):
        answer(case, len(case.items))
    with clock.set_to(begun_on(min(case.due_on + timedelta(days=6), clock.today()))):
        for entry in case.items:
            notices.accept_item(coordinator, entry.id)
        notices.close_case(coordinator, case.id, number=f"示府研查字第{case.id[-5:]}號", on=clock.today())


def follow_up(coordinator: Actor, today: date) -> None:
    """Old cases are closed; the newest ones are left in every state in turn."""
    cases = list(
        db.session.scalars(
            select(Case).join(Rollup, Rollup.inspection_id == Case.inspection_id).order_by(Case.issued_on)
        )
    )
    for case in cases[:-RECENT]:
        with transaction():
            settle(case, coordinator)
    turns: Sequence[Callable[[Case, Actor], None]] = (
        _all_sent,
        _part_ready,
        _second_round,
        _asked,
        _waiting,
        _overdue,
    )
    for number, case in enumerate(cases[-RECENT:]):
        with transaction():
            turns[number % len(turns)](case, coordinator)


def _all_sent(case: Case, _coordinator: Actor) -> None:
    answer(case, len(case.items))


def _part_ready(case: Case, _coordinator: Actor) -> None:
    answer(case, 3, send=False)


def _second_round(case: Case, coordinator: Actor) -> None:
    answer(case, 6)
    sent = [entry for entry in case.items if entry.state == "sent"]
    for entry in sent[:4]:
        notices.accept_item(coordinator, entry.id)
    for entry in sent[4:]:
        notices.return_item(coordinator, entry.id, "改善後照片角度與改善前不同，請重新拍攝並補充說明。")


def _asked(case: Case, _coordinator: Actor) -> None:
    actor = agency_actor(case.agency_id)
    notices.ask_extension(
        actor,
        case.id,
        max(case.due_on, clock.today()) + timedelta(days=14),
        "材料交期延後，需展延二週完成修補。",
    )


def _waiting(_case: Case, _coordinator: Actor) -> None:
    return None


def _overdue(case: Case, coordinator: Actor) -> None:
    answer(case, 2)
    if case.due_on < clock.today():
        notices.remind(coordinator, case.id, note="請於一週內送出改善結果。")


def people_exist() -> bool:
    return db.session.scalar(select(Account.id).where(Account.demo.is_(True)).limit(1)) is not None
