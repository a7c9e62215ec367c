"""Reading the audit log. Lines name opaque ids only; who reads them is written down as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, select

from inspect_app import clock
from inspect_app.audit.models import AuditLine
from inspect_app.extensions import db


@dataclass(frozen=True, slots=True)
class Filter:
    """What the log is narrowed to; empty means everything."""

    action: str = ""  # how the act's code begins
    actions: tuple[str, ...] | None = None  # only these acts
    actor: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None


def lines(wanted: Filter, offset: int, limit: int) -> tuple[list[AuditLine], int]:
    """One page of the log, the newest first, and how many lines there are."""
    query = _narrowed(wanted)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return list(db.session.scalars(query.order_by(AuditLine.n.desc()).offset(offset).limit(limit))), count


def first_at() -> datetime | None:
    """The moment of the first line; None when nothing was done yet."""
    return db.session.scalar(select(AuditLine.at).order_by(AuditLine.n).limit(1))


def latest_at(action: str) -> datetime | None:
    """The moment of the newest line of an action."""
    return db.session.scalar(select(func.max(AuditLine.at)).where(AuditLine.action == action))


def latest(action: str) -> AuditLine | None:
    """The newest line of an action."""
    return db.session.scalar(
        select(AuditLine).where(AuditLine.action == action).order_by(AuditLine.n.desc()).limit(1)
    )


def _narrowed(wanted: Filter) -> Select[tuple[AuditLine]]:
    query = select(AuditLine)
    if wanted.action:
        query = query.where(AuditLine.action.startswith(wanted.action, autoescape=True))
    if wanted.actions is not None:
        query = query.where(AuditLine.action.in_(wanted.actions))
    if wanted.actor:
        query = query.where(AuditLine.actor_name.contains(wanted.actor, autoescape=True))
    if wanted.subject:
        query = query.where(AuditLine.subject.contains(wanted.subject, autoescape=True))
    if wanted.since:
        query = query.where(AuditLine.at >= _midnight(wanted.since))
    if wanted.until:
        query = query.where(AuditLine.at < _midnight(wanted.until + timedelta(days=1)))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.TAIPEI)
