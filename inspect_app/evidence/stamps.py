"""Time stamps over the day's signed head, where an authority is configured (RFC 3161): somebody who is not us says when the
log was as it was. The answer is kept whole beside the head, append-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.canonical import canonical
from inspect_app.domain.heads import SignedHead
from inspect_app.evidence import heads, outgoing
from inspect_app.evidence.models import Head, TimeStamp
from inspect_app.extensions import db

KIND = "head.stamp"
ACTION = "evidence.stamped"


def content(head: SignedHead) -> bytes:
    """What is stamped: the canonical JSON of the head with its signature."""
    return canonical(asdict(head)).encode()


def todos(actor: Actor, today: date) -> list[Todo]:
    """Administrators see which days have no time stamp after the hours of the setting, and why."""
    if not actor.may(Permission.MANAGE_ACCOUNTS):
        return []
    hours = current_app.config["SETTINGS"].tsa_alarm_hours
    return [
        Todo(
            f"稽核紀錄首過了 {hours} 小時還沒有蓋上時戳：{row.error or '尚未詢問'}；系統會繼續重試，請檢查時戳機關的設定與網路",
            None, "office.evidence_page", {}, "查看簽章首", "system", overdue=True,
        )
        for row in outgoing.unfinished(KIND, timedelta(hours=hours))
    ]  # fmt: skip


def beyond(size: int) -> Mapping[str, bytes]:
    """The answers over heads of more than `size` lines, by the head's signature."""
    query = select(Head.signature, TimeStamp.answer).join(TimeStamp, TimeStamp.head_n == Head.n)
    return {row.signature: row.answer for row in db.session.execute(query.where(Head.size > size))}


def of_day(day: date) -> tuple[int, datetime] | None:
    """How many lines the day's newest stamped head has, and the authority's time; None without one."""
    query = select(Head.size, TimeStamp.at).join(TimeStamp, TimeStamp.head_n == Head.n)
    row = db.session.execute(query.where(Head.day == day).order_by(Head.n.desc()).limit(1)).first()
    return (row.size, row.at) if row else None


def count() -> int:
    """How many stamps there are."""
    return db.session.scalar(select(func.count()).select_from(TimeStamp)) or 0


def times() -> Mapping[int, datetime]:
    """When each stamped head was stamped, by the head's number."""
    return {row.head_n: row.at for row in db.session.execute(select(TimeStamp.head_n, TimeStamp.at))}


def file_of(n: int, ending: str) -> bytes | None:
    """What anybody needs to check a stamp: `json` is what was stamped, `tsr` the authority's answer. None when there is none."""
    stamp = db.session.get(TimeStamp, n)
    if stamp is None or ending not in ("json", "tsr"):
        return None
    return stamp.answer if ending == "tsr" else content(heads.signed(db.session.get_one(Head, n)))
