"""The watch over the server's clock: when it goes back, people are told (fault 36). Deadlines are dates and stay; the
moments of receipt are kept in order by the log itself."""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.roc import format_date
from inspect_app.evidence.models import ClockMark
from inspect_app.extensions import db
from inspect_app.transaction import transaction

log = structlog.get_logger()
TOLERANCE = timedelta(seconds=60)  # time services turn a clock back by less
SHOWN = timedelta(days=7)


def watch() -> bool:
    """The job: remember the latest moment; answers whether the clock stands before it, which is told once."""
    now = clock.now()
    with transaction() as session:
        mark = session.get(ClockMark, 1, with_for_update=True)
        if mark is None:
            session.add(ClockMark(id=1, latest=now, seconds=0))
            return False
        back = mark.latest - now
        if back <= TOLERANCE:
            mark.latest = max(now, mark.latest)
            return False
        seconds = int(back.total_seconds())
        log.error("clock.went_back", seconds=seconds)
        audit.record(SYSTEM, "clock.went_back", "installation:1", seconds=seconds, latest=mark.latest)
        mark.latest, mark.went_back_at, mark.seconds = now, now, seconds
    return True


def todos(actor: Actor, today: date) -> list[Todo]:
    """Administrators see it for a week."""
    mark = db.session.get(ClockMark, 1) if actor.may(Permission.MANAGE_ACCOUNTS) else None
    if mark is None or mark.went_back_at is None or mark.went_back_at < clock.now() - SHOWN:
        return []
    day = format_date(mark.went_back_at.astimezone(clock.TAIPEI).date())
    what = f"伺服器的時鐘在{day}倒退了 {mark.seconds} 秒，請檢查校時服務；收件時間與期限不受影響"
    return [Todo(what, None, "office.audit_log", {"action": "clock."}, "查看紀錄", "system", overdue=True)]
