"""A mail server that is away for a day, hangs, or refuses some: each letter leaves once, in order, and none is given up for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from inspect_app import clock as product_clock
from inspect_app.evidence import condition
from inspect_app.notifications.mail import SmtpMailer
from inspect_app.notifications.models import OutboxRow
from inspect_app.notifications.services import deliver_due, enqueue_mail, mail_handler
from tests.support import factories
from tests.support.folders import free_port
from tests.support.mail import MailServer

pytestmark = pytest.mark.mail
COUNT = 60
MINUTE = timedelta(minutes=1)


class Moody(MailServer):
    """`mood`: well, hangs (in the middle of a letter) or closes (421 as the answer to QUIT). Some mailboxes are full or gone."""

    mood = "well"
    full: tuple[str, ...] = ()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _: Any) -> str:  # noqa: N802
        if address in self.full:
            return "452 mailbox full"
        if address.startswith("gone"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.mood == "hangs":
            await asyncio.sleep(60)
        return await super().handle_DATA(server, session, envelope)

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return "421 closing all at once" if self.mood == "closes" else "221 bye"


@pytest.fixture
def server() -> Iterator[Moody]:
    made = Moody()
    made.start()
    yield made
    made.stop()


def mailer_to(url: str) -> SmtpMailer:
    parts = urlsplit(url)
    return SmtpMailer(parts.hostname or "", parts.port or 0, "app@example.test", patience=0.5)


def rounds(clock: Any, url: str, count: int, every: timedelta = MINUTE) -> int:
    """The job's rounds with the clock moved on; answers how many letters were tried."""
    tried = 0
    for _ in range(count):
        tried += deliver_due({"mail": mail_handler(mailer_to(url))})
        clock.advance(seconds=int(every.total_seconds()) + 1)
    return tried


def queue(clock: Any, *names: str) -> None:
    for name in names:
        clock.advance(seconds=1)
        enqueue_mail("case:1", f"{name}@example.test", f"查核 {name}", "內文")


def open_letters(db: Any) -> dict[str, int]:
    db.session.rollback()
    rows = db.session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return {state: count for state, count in rows if state != "done"}


def told() -> list[str]:
    lines = condition.todos(factories.actor("administrator"), product_clock.today())
    return [line.what for line in lines if "通知信" in line.what]


def test_after_a_day_without_a_server_each_letter_leaves_once_and_in_order(
    app: Any, db: Any, clock: Any, server: Moody
) -> None:
    names = [f"p{number:03}" for number in range(COUNT)]
    queue(clock, *names[:40])
    nowhere = f"smtp://127.0.0.1:{free_port()}"
    assert rounds(clock, nowhere, 24, timedelta(hours=1)) == 24, "one letter a round asks for all of them"
    queue(clock, *names[40:])
    assert open_letters(db) == {"waiting": COUNT}
    assert told() == ["有 40 封通知信沒有寄出；請檢查郵件伺服器與收件位址，再按重新寄送"]
    server.mood = "closes"  # the letter was taken all the same
    rounds(clock, server.url, 4)
    assert [box[0].partition("@")[0] for box in server.recipients] == names
    assert (open_letters(db), told()) == ({}, [])


def test_a_server_that_hangs_holds_up_nobody_for_long_and_a_full_mailbox_nobody_else(
    app: Any, db: Any, clock: Any, server: Moody
) -> None:
    queue(clock, "p0", "p1", "p2", "full", "gone", "p3")
    server.mood, server.full = "hangs", ("full@example.test",)
    assert rounds(clock, server.url, 3) == 3
    assert open_letters(db) == {"waiting": 6}
    server.mood = "well"
    rounds(clock, server.url, 2, timedelta(minutes=5))
    assert sorted(box[0][:2] for box in server.recipients) == ["p0", "p1", "p2", "p3"]
    server.full = ()
    rounds(clock, server.url, 8, timedelta(hours=3))
    assert [box[0] for box in server.recipients].count("full@example.test") == 1
    assert open_letters(db) == {"failed": 1}
    assert "550" in condition.late_letters()[0].error
