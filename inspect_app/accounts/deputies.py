"""職務代理人: who stands in for whom, from which day to which."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from inspect_app import audit, clock
from inspect_app.accounts import queries
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.models import Account, Deputy
from inspect_app.accounts.permissions import Permission
from inspect_app.domain import roc
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.notifications.services import enqueue_mail
from inspect_app.transaction import transaction

LONGEST = timedelta(days=92)


def appoint_deputy(actor: Actor, deputy_id: str, starts_on: date, ends_on: date, note: str = "") -> Deputy:
    """Let somebody of the same agency (or of the commission) act with one's own roles, both days included.

    Raises `bad_value` with the field: another agency's person, days in the past, the wrong way round or over 92 days.
    """
    permit(actor, Permission.SIGNED_IN)
    deputy = _eligible(actor, deputy_id)
    _check_days(starts_on, ends_on)
    with transaction() as session:
        _refuse_overlap(actor.id, deputy_id, starts_on, ends_on)
        row = Deputy(
            id=new_id(),
            principal_id=actor.id,
            deputy_id=deputy_id,
            starts_on=starts_on,
            ends_on=ends_on,
            note=note,
        )
        session.add(row)
        session.flush()
        audit.record(
            actor,
            "accounts.deputy_appointed",
            f"deputy:{row.id}",
            deputy=deputy_id,
            starts=starts_on,
            ends=ends_on,
        )
        _tell(deputy, actor.name, row)
    return row


def _eligible(actor: Actor, deputy_id: str) -> Account:
    found = next((person for person in colleagues(actor) if person.id == deputy_id), None)
    if found is None:
        raise Problem("bad_value", "代理人要是同一個單位、使用中的帳號，而且不能是自己。", field="deputy_id")
    return found


def colleagues(actor: Actor) -> list[Account]:
    """Who may stand in for this person: enabled accounts of the same agency, oneself left out."""
    mine = queries.get(actor.id)
    of_agency = (
        Account.agency_id == mine.agency_id if mine and mine.agency_id else Account.agency_id.is_(None)
    )
    query = select(Account).where(of_agency, Account.id != actor.id, Account.disabled_at.is_(None))
    return [person for person in db.session.scalars(query.order_by(Account.login)) if queries.usable(person)]


def _check_days(starts_on: date, ends_on: date) -> None:
    if starts_on < clock.today():
        raise Problem("bad_value", "開始日不能早於今天。", field="starts_on")
    if ends_on < starts_on:
        raise Problem("bad_value", "結束日不能早於開始日。", field="ends_on")
    if ends_on - starts_on > LONGEST:
        raise Problem("bad_value", "一次代理最長三個月，請縮短期間。", field="ends_on")


def _refuse_overlap(principal_id: str, deputy_id: str, starts_on: date, ends_on: date) -> None:
    same = select(Deputy.id).where(Deputy.principal_id == principal_id, Deputy.deputy_id == deputy_id)
    crossing = same.where(
        Deputy.cancelled_at.is_(None), Deputy.starts_on <= ends_on, Deputy.ends_on >= starts_on
    )
    if db.session.scalar(crossing):
        raise Problem("conflict", "這位代理人在這段期間已經有代理，請先取消原來的。", field="starts_on")


def _tell(deputy: Account, principal: str, row: Deputy) -> None:
    days = f"{roc.format_date(row.starts_on)}起至{roc.format_date(row.ends_on)}止"
    body = (
        f"{deputy.name} 您好：\n\n{principal}指定您為職務代理人，{days}。這段期間您的待辦會包含代理的事項。\n"
    )
    enqueue_mail(f"deputy:{row.id}", deputy.email, "【工程施工查核】職務代理", body)


def cancel_deputy(actor: Actor, deputy_row_id: str) -> None:
    """End an appointment at once: the principal, the deputy, or an administrator."""
    permit(actor, Permission.SIGNED_IN)
    with transaction() as session:
        row = session.get(Deputy, deputy_row_id)
        if row is None or not _may_cancel(actor, row):
            raise Problem("not_found", "找不到這筆代理，可能已經取消。")
        row.cancelled_at = row.cancelled_at or clock.now()
        audit.record(actor, "accounts.deputy_cancelled", f"deputy:{row.id}")


def _may_cancel(actor: Actor, row: Deputy) -> bool:
    return actor.id in (row.principal_id, row.deputy_id) or actor.may(Permission.MANAGE_ACCOUNTS)


def appointments_of(account_id: str) -> list[Deputy]:
    """Present and coming appointments in which the account takes part, by their first day."""
    mine = (Deputy.principal_id == account_id) | (Deputy.deputy_id == account_id)
    query = select(Deputy).where(mine, Deputy.cancelled_at.is_(None), Deputy.ends_on >= clock.today())
    return list(db.session.scalars(query.order_by(Deputy.starts_on)))
