"""The jobs of a city in its third year: what runs every few seconds asks for what is open, and what is over goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from inspect_app import audit
from inspect_app import clock as app_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.credentials import LETTER
from inspect_app.accounts.models import OneTimeToken, SignInFailure
from inspect_app.accounts.permissions import Role
from inspect_app.jobs import runner, schedule
from inspect_app.notifications.models import OutboxRow
from inspect_app.notifications.services import enqueue
from inspect_app.transaction import transaction
from tests.support import factories
from tests.support.counting import plans_of, statements
from tests.support.jobs import work

OFTEN = timedelta(minutes=1)
LONG = ("outbox", "audit_lines", "operations", "photos", "cases", "case_items")
"""The tables that hold years, but for the chain: its newest link is found from its end."""


def test_what_runs_often_walks_through_nothing_that_holds_years(app: Any, db: Any, clock: Any) -> None:
    found = {}
    for job in schedule.JOBS:
        if job.trigger.interval <= OFTEN:
            with transaction():
                audit.record(SYSTEM, "test.waits", "installation:1")
            with statements() as asked:
                assert runner.run_job(app, job)
            plans = plans_of(asked)
            found[job.name] = [line for line in plans if any(walks(line, table) for table in LONG)]
    assert {name: lines for name, lines in found.items() if lines} == {}


def walks(line: str, table: str) -> bool:
    """Whether a line of a plan goes through a table, or through more of the outbox than what is open."""
    through = {f"SCAN {table}", f"Seq Scan on {table}"}
    other = (
        table == "outbox"
        and "outbox" in line
        and "INDEX" in line.upper()
        and not any(name in line for name in ("ix_outbox_open", "outbox_once", "autoindex", "pk_outbox"))
    )
    return other or any(f"{line} ".find(f"{one} ") >= 0 for one in through)


def test_what_is_over_goes(app: Any, db: Any, clock: Any) -> None:
    """Counts of failed sign-ins, links of letters and rows of developed photos; what still counts stays, letters as well."""
    account = factories.account(Role.STAFF)
    clock.advance(days=-100)
    leave(account.id, "old")
    clock.advance(days=100)
    leave(account.id, "new")
    work(app, "accounts.sessions", "accounts.links", "photos.forget")
    assert set(db.session.scalars(select(SignInFailure.login))) == {"new"}
    assert set(db.session.scalars(select(OneTimeToken.token_hash))) == {"new"}
    assert set(db.session.scalars(select(OutboxRow.once))) == {
        "mail old",
        "mail new",
        "photo.process new",
        "reset new",
    }
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 4


def leave(account_id: str, name: str) -> None:
    """What a day leaves behind."""
    now = app_clock.now()
    with transaction() as session:
        session.add(SignInFailure(login=name, count=1, last_at=now, locked_until=None))
        link = {
            "account_id": account_id,
            "purpose": "reset",
            "created_at": now,
            "expires_at": now + timedelta(hours=1),
        }
        session.execute(insert(OneTimeToken).values(token_hash=name, **link))
        for kind in ("mail", "photo.process"):
            enqueue(kind, "test:1", {}, once=f"{kind} {name}")
        enqueue(LETTER, "reset:192.0.2.1", {}, once=f"reset {name}")
        session.execute(update(OutboxRow).values(state="done"))
