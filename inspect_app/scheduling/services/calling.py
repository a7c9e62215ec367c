"""Telling leader and members at their hours. Neither the outbox nor the mail names time, place, target or person:
the row holds the place in the team, the mail a link behind the sign-in (mail is read on lock screens)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from inspect_app.accounts import queries as accounts
from inspect_app.ids import new_id
from inspect_app.notifications.mail import Away, Mail, Mailer
from inspect_app.notifications.services import enqueue
from inspect_app.scheduling import queries
from inspect_app.scheduling.models import CALL, Visit
from inspect_app.scheduling.plan import Plan, TeamMember

TEXTS = {
    "call": ("查核行程通知", "您有一項查核行程。日期等資訊依規定不在郵件中載明，請登入系統查看：\n{link}\n"),
    "changed": (
        "查核行程異動通知",
        "先前通知您的查核行程有異動（改期或取消），請登入系統確認；若首頁沒有這項行程，表示已取消或尚待核定：\n{link}\n",
    ),
}


def call_due(now: datetime) -> int:
    """Queue the calls whose hour has come; each person is called once per version of the plan."""
    return sum(_call(visit, plan, now) for visit, plan in queries.open_visits(("sealed",)))


def _call(visit: Visit, plan: Plan, now: datetime) -> int:
    return sum(_queue(visit, place, "call") for place in _told(plan, now))


def tell_change(visit: Visit, plan: Plan, now: datetime) -> None:
    """Queue a word to those whose hour had come before the plan changed."""
    for place in _told(plan, now):
        _queue(visit, place, "changed")


def _told(plan: Plan, now: datetime) -> list[int]:
    return [place for place, person in enumerate(plan.team) if _hour(plan, person) <= now]


def _hour(plan: Plan, person: TeamMember) -> datetime:
    return plan.leader_hour if person.role == "leader" else plan.member_hour


def _queue(visit: Visit, place: int, text: str) -> bool:
    once = f"{CALL}:{text}:{visit.id}:{visit.version}:{place}"
    payload = {"key": new_id(), "visit": visit.id, "place": place, "text": text}
    return enqueue(CALL, f"visit:{visit.id}", payload, once=once)


def call_handler(mailer: Mailer, public_url: str) -> Callable[[dict[str, Any]], None]:
    """The outbox handler of `visit.call`: opens the plan for the recipient's address only, and mails."""

    def send(payload: dict[str, Any]) -> None:
        person = _recipient(payload)
        account = accounts.get(person.account_id) if person else None
        if account is not None and account.email and accounts.usable(account):
            subject, body = TEXTS[payload["text"]]
            letter = body.format(link=f"{public_url}/office/")
            _send(mailer, Mail(account.email, subject, letter, key=payload["key"]))

    return send


def _send(mailer: Mailer, mail: Mail) -> None:
    """A failure's own text may name the recipient; the outbox keeps its kind only."""
    try:
        mailer.send(mail)
    except Away:
        raise
    except Exception as error:
        raise RuntimeError(type(error).__name__) from None


def _recipient(payload: dict[str, Any]) -> TeamMember | None:
    visit = queries.get(payload["visit"])
    if visit is None or (visit.state == "cancelled" and payload["text"] == "call"):
        return None
    team = queries.open_plan(visit).team
    return team[payload["place"]] if payload["place"] < len(team) else None
