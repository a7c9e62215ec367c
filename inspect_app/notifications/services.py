"""Queueing and delivering. Queueing happens inside the business transaction, delivery in the jobs process."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, and_, delete, or_, select, true, update

from inspect_app import clock
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.notifications.mail import Away, Mail, Mailer
from inspect_app.notifications.models import OutboxRow
from inspect_app.prepared import insert_new
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()
MAX_ATTEMPTS = 8
LEASE = timedelta(minutes=3)  # longer than any handler takes
LONGEST = timedelta(seconds=30 * 2**MAX_ATTEMPTS * 1.5)  # that a row is put off; see _pause
AWAY = timedelta(minutes=1)  # until the next try where nothing leaves at all
OPEN = ("waiting", "running", "failed")
"""Every state but `done` and `dropped`, named one by one: by what a state is not, no database finds the few among the many."""
Handler = Callable[[dict[str, Any]], None]
Standing = Callable[[list[str]], bool]
"""Answers whether a letter is still wanted, from what was noted with it."""


class Needless(Exception):
    """What a handler raises when nobody needs it any more: the row ends without having been carried out."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that was taken, and which attempt at it this is."""

    row: str
    attempt: int


def enqueue(
    kind: str, ref: str, payload: dict[str, Any], *, due: datetime | None = None, once: str | None = None
) -> bool:
    """Add one row; answers False when a row with the same `once` stands already."""
    moment = clock.now()
    row = {
        "id": new_id(), "kind": kind, "ref": ref, "once": once, "payload": payload, "state": "waiting",
        "due_at": due or moment, "attempts": 0, "error": "", "created_at": moment,
    }  # fmt: skip
    with transaction():
        return bool(insert_new(OutboxRow, [row]))


def enqueue_mail(
    ref: str, to: str, subject: str, body: str, *, once: str | None = None, needed: tuple[str, ...] = ()
) -> bool:
    """Queue one mail. `subject` never carries the text of a finding or the target of a sealed visit.

    `needed`: what is asked before it leaves, (rule, argument, ...); a server may be away for a day, and a reminder of what was
    answered meanwhile helps nobody.
    """
    letter = {"key": new_id(), "to": to, "subject": subject, "body": body, "needed": list(needed)}
    return enqueue("mail", ref, letter, once=once)


def is_queued(once: str) -> bool:
    """Whether a row of that `once` stands already: cheaper than to try and queue it again."""
    return db.session.scalar(select(OutboxRow.id).where(OutboxRow.once == once)) is not None


def mail_handler(mailer: Mailer, rules: Mapping[str, Standing] = MappingProxyType({})) -> Handler:
    """The outbox handler that sends mails by `mailer`; `rules` by the name that `enqueue_mail` was given."""

    def deliver(payload: dict[str, Any]) -> None:
        rule, *about = payload.get("needed") or [""]
        if rule and not rules[rule](about):
            raise Needless
        end_read()
        mailer.send(Mail(payload["to"], payload["subject"], payload["body"], key=payload["key"]))

    return deliver


def deliver_due(handlers: dict[str, Handler], limit: int = 50) -> int:
    """Carry out what is due, each row in its own transaction; answers how many were tried. It ends with the first to find that
    nothing leaves at all: the others would only wait for the same, one after another.
    """
    tried, leaves = 0, True
    while leaves and tried < limit and (claim := _claim(tuple(handlers))) is not None:
        tried += 1
        leaves = _carry_out(claim, handlers)
    end_read()
    return tried


def deliver_side_by_side(handlers: dict[str, Handler], lines: int, limit: int = 50) -> int:
    """The same on several lines at once; each takes the next row that no other has taken, up to `limit` rows."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def line(_: int) -> int:
        with app.app_context():
            return deliver_due(handlers, limit)

    with ThreadPoolExecutor(lines) as pool:
        return sum(pool.map(line, range(lines)))


def _claim(kinds: tuple[str, ...]) -> Claim | None:
    """Take one due row; a crash leaves it `running`, and it is due again when its lease has run out."""
    moment = clock.now()
    with transaction() as session:
        row = session.scalars(
            select(OutboxRow)
            .where(OutboxRow.kind.in_(kinds), OutboxRow.state.in_(("waiting", "running")), _is_due(moment))
            .order_by(OutboxRow.due_at, OutboxRow.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        if row.attempts >= MAX_ATTEMPTS:  # its process died of it each time
            row.state, row.error = "failed", "interrupted at every attempt"
            return _claim(kinds)
        row.state, row.attempts, row.due_at = "running", row.attempts + 1, moment + LEASE
        return Claim(row.id, row.attempts)


def _is_due(moment: datetime) -> ColumnElement[bool]:
    """What was planned by a clock that has been put back since would wait until it is there again: it is due now."""
    never_tried = and_(OutboxRow.attempts == 0, OutboxRow.created_at > moment + LEASE)
    tried = and_(OutboxRow.attempts > 0, OutboxRow.due_at > moment + LONGEST)
    return or_(OutboxRow.due_at <= moment, never_tried, tried)


def _carry_out(claim: Claim, handlers: dict[str, Handler]) -> bool:
    """Answers whether others may leave."""
    row = db.session.get_one(OutboxRow, claim.row)
    kind, payload = row.kind, dict(row.payload)
    end_read()
    error: Exception | None = None
    try:
        handlers[kind](payload)
    except Exception as caught:  # every kind of failure is kept on the row and tried again
        error = caught
        if not isinstance(error, Needless):
            told = {"row": claim.row, "kind": kind, "attempts": claim.attempt, "error": type(error).__name__}
            log.warning("outbox.failed", **told)
    _finish(claim, error)
    if isinstance(error, Away):
        _put_off(tuple(handlers), str(error))
    return not isinstance(error, Away)


def _finish(claim: Claim, error: Exception | None) -> None:
    """Enter the outcome, unless the lease ran out and another took the row."""
    moment = clock.now()
    with transaction() as session:
        row = session.get_one(OutboxRow, claim.row, populate_existing=True)
        if row.attempts != claim.attempt:
            return
        if error is None:
            row.state, row.done_at, row.error = "done", moment, ""
        elif isinstance(error, Needless):
            row.state, row.done_at, row.error = "dropped", moment, ""
        elif isinstance(error, Away) and not error.amid:
            row.state, row.attempts, row.due_at = "waiting", row.attempts - 1, moment
        else:
            row.state = "failed" if row.attempts >= MAX_ATTEMPTS else "waiting"
            row.error = _told(error)
            row.due_at = moment + _pause(row.attempts)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _put_off(kinds: tuple[str, ...], why: str) -> None:
    """All that is due waits for a minute, as many attempts left as before. It goes in the order in which it was queued then."""
    soon = clock.now() + AWAY
    waits = and_(OutboxRow.kind.in_(kinds), OutboxRow.state == "waiting", OutboxRow.due_at < soon)
    with transaction() as session:
        session.execute(update(OutboxRow).where(waits).values(due_at=soon, error=why))


def _pause(attempts: int) -> timedelta:
    """Twice as long each time; by chance up to half as long again, so that what failed together returns apart."""
    return timedelta(seconds=30 * 2**attempts * (1 + secrets.randbelow(500) / 1000))


def attempts_of(once: str) -> int:
    """How often the row with this `once` was tried; 0 when there is none."""
    query = select(OutboxRow.attempts).where(OutboxRow.once == once)
    return int(db.session.scalar(query) or 0)


def retry(ref: str) -> None:
    """Try the failed rows of `ref` again at once (the button beside a failed delivery)."""
    _due_again(OutboxRow.ref == ref)


def retry_all(kind: str, younger: timedelta | None = None) -> None:
    """The same for all of a kind, queued no longer ago than `younger`: what failed while the disk was full is due again."""
    _due_again(and_(OutboxRow.kind == kind, _queued_within(younger)))


def once_more(kind: str, younger: timedelta) -> None:
    """One attempt more for what was given up on: a mail server may be away for longer than all attempts together take."""
    _due_again(and_(OutboxRow.kind == kind, _queued_within(younger)), MAX_ATTEMPTS - 1)


def _queued_within(span: timedelta | None) -> ColumnElement[bool]:
    return true() if span is None else OutboxRow.created_at > clock.now() - span


def late(kinds: Sequence[str], longer: timedelta, younger: timedelta | None = None) -> list[OutboxRow]:
    """What should have been carried out and is not, the newest first: given up on, or still tried after `longer`."""
    known = or_(OutboxRow.state == "failed", OutboxRow.created_at <= clock.now() - longer)
    query = select(OutboxRow).where(OutboxRow.kind.in_(kinds), OutboxRow.state.in_(OPEN), known)
    return list(
        db.session.scalars(query.where(_queued_within(younger)).order_by(OutboxRow.created_at.desc()))
    )


def forget_done(kind: str, longer: timedelta, ref: str = "") -> int:
    """Drop what was over so long ago, where the row tells nobody anything; answers how many. `ref`: how it begins. A thousand
    at a time, so that no writer waits long.
    """
    old = select(OutboxRow.id).where(
        OutboxRow.state.in_(("done", "dropped")),
        OutboxRow.kind == kind,
        OutboxRow.due_at < clock.now() - longer,
        OutboxRow.ref.startswith(ref, autoescape=True),
    )
    gone = 0
    while keys := db.session.scalars(old.limit(1000)).all():
        with transaction() as session:
            session.execute(delete(OutboxRow).where(OutboxRow.id.in_(keys)))
        gone += len(keys)
    return gone


def _due_again(which: ColumnElement[bool], attempts: int = 0) -> None:
    failed = update(OutboxRow).where(which, OutboxRow.state == "failed")
    with transaction() as session:
        session.execute(failed.values(state="waiting", attempts=attempts, due_at=clock.now()))


def deliveries(ref: str) -> list[OutboxRow]:
    """The rows of one page, newest first: shown on the case, failures with their reason."""
    return list(
        db.session.scalars(
            select(OutboxRow).where(OutboxRow.ref == ref).order_by(OutboxRow.created_at.desc())
        )
    )
