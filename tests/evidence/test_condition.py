"""系統狀況 on an administrator's first page: what stands still, what to do, nothing of a visit, nobody else."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app import audit
from inspect_app import clock as product_clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.credentials import LETTER
from inspect_app.evidence import clocks, condition, heads
from inspect_app.installation import services as installation
from inspect_app.notifications import services as outbox
from inspect_app.notifications.mail import mailer_from_url
from inspect_app.notifications.models import OutboxRow
from inspect_app.photos.models import Photo
from inspect_app.photos.originals import PROCESS
from inspect_app.transaction import transaction
from tests.support import factories
from tests.support.office import Visitor

pytestmark = pytest.mark.timeout(300)
HOUR = timedelta(hours=1)


def noted(action: str) -> None:
    with transaction():
        audit.record(SYSTEM, action, "installation:1")


def told(*expected: str) -> bool:
    """Whether exactly these lines are told, by their beginnings."""
    lines = [line.what for line in condition.todos(factories.actor("administrator"), product_clock.today())]
    return len(lines) == len(expected) and all(map(str.startswith, lines, expected))


def test_nothing_is_told_where_nothing_was_done_yet_or_all_goes_well(app: Any, db: Any, clock: Any) -> None:
    assert told()
    noted("installation.backed_up")
    noted("evidence.verified")
    clocks.watch()
    heads.begin_day()
    assert told()
    assert condition.todos(factories.actor("auditor"), product_clock.today()) == []


def test_jobs_heads_and_backups_that_stopped_are_told(app: Any, db: Any, clock: Any) -> None:
    noted("accounts.created")
    clock.advance(minutes=11)
    assert told("背景工作（jobs）還沒有執行")
    clocks.watch()
    assert told("今天還沒有稽核紀錄首；請查看背")
    heads.begin_day()
    assert told()
    clock.advance(days=3)
    assert told("背景工作（jobs）已經 3 天", "還沒有完成過備份", "還沒有做過完整檢核")
    noted("installation.backed_up")
    clock.advance(days=2)
    clocks.watch()
    heads.begin_day()
    assert told("已經 2 天沒有完成備份：平板", "還沒有做過完整檢核")
    installation.create("示範市政府", "研考會", demo=True)
    assert told(), "a demo needs no backup"


def test_spoilt_photos_and_those_that_wait_for_ever_are_told(app: Any, db: Any, clock: Any) -> None:
    outbox.enqueue(PROCESS, "photo:1", {"sha256": "1"})
    with transaction() as session:
        session.add(
            Photo(
                sha256="1" * 64, size=1, media_type="image/jpeg", state="quarantined", stored_at=product_clock.now(),
                looked_at=product_clock.now(),
            )
        )  # fmt: skip
    assert told("有 1 張照片的原檔遺失或與雜")
    clock.advance(hours=7)
    assert told("有 1 張照片收下後超過 6 小", "有 1 張照片的原檔遺失或與雜")


def test_administrators_get_a_letter_for_each_kind_a_day_and_none_for_what_is_over(
    app: Any, db: Any, clock: Any
) -> None:
    clocks.watch()
    noted("evidence.verified")
    assert condition.call("http://localhost") == 0
    clock.advance(days=3)
    noted("evidence.verified")
    clocks.watch()
    heads.begin_day()
    factories.account("coordinator")
    root = factories.account("administrator", login="root")
    assert [condition.call("http://localhost") for _ in range(2)] == [1, 0]
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.ref == condition.RULE)).one()
    assert row.payload["to"] == root.email
    assert "還沒有完成過備份" in row.payload["body"]
    assert condition.lasts(row.payload["needed"][1:])
    outbox.deliver_due({"mail": lambda _: None})
    noted("installation.backed_up")
    assert not condition.lasts(row.payload["needed"][1:])
    assert condition.call("http://localhost") == 0
    clock.advance(days=3)
    noted("evidence.verified")
    clocks.watch()
    heads.begin_day()
    assert condition.call("http://localhost") == 1, "the next time it is told anew"


def fail(kind: str) -> None:
    """What is due of a kind is tried until it is given up on."""

    def refuse(_: Any) -> None:
        raise OSError("451 鷺鷥橋")

    for row in outbox.late((kind,), timedelta(0)):
        with transaction() as session:
            session.get_one(OutboxRow, row.id).attempts = outbox.MAX_ATTEMPTS - 1
    outbox.deliver_due({kind: refuse})


def states(db: Any) -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(OutboxRow.state)))


def test_parked_letters_are_listed_and_sent_again_and_calls_are_not_told(
    app: Any, db: Any, clock: Any
) -> None:
    outbox.enqueue("visit.call", "visit:1", {"visit": "1", "place": 0, "text": "call"})
    fail("visit.call")
    assert told()
    outbox.enqueue_mail("case:1", "handler@example.test", "［查核］改善逾期", "內文")
    outbox.enqueue(LETTER, "account:1", {"login": "somebody", "purpose": "invitation"})
    fail("mail")
    assert told("有 1 封通知信沒有寄出；請檢查")
    clock.advance(hours=2)
    assert told("有 2 封通知信")
    factories.account("administrator", login="root1", password=factories.PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in("root1", factories.PASSWORD)
    home = visitor.get("/").text
    assert "系統狀況" in home
    assert "現在沒有待辦" in home
    page = visitor.get("/late-letters").text
    assert all(
        words in page for words in ("handler@example.test", "改善逾期", "somebody", "帳號邀請", "451 鷺鷥橋")
    )
    assert "visit" not in page
    assert visitor.post("/late-letters").status_code == 303
    assert states(db) == ["waiting"] * 3
    assert outbox.deliver_due(dict.fromkeys(("mail", LETTER, "visit.call"), lambda _: None)) == 3
    assert told()
    assert "信都寄出了" in visitor.get("/late-letters").text


def test_a_letter_that_leaves_twice_is_the_same_to_a_mailbox(app: Any, db: Any, home: Any) -> None:
    """Killed after the mail server took it and before that was noted."""
    for _ in range(2):
        outbox.enqueue_mail("case:1", "handler@example.test", "主旨", "內文")
    handler = outbox.mail_handler(mailer_from_url(f"folder://{home}/twice", "inspect@city.example.test"))
    once, other = (dict(row.payload) for row in outbox.late(("mail",), timedelta(0)))
    for payload in (once, once, other):
        handler(payload)
    letters = [message_from_bytes(path.read_bytes()) for path in (home / "twice").iterdir()]
    keys = sorted(letter["Message-ID"] for letter in letters)
    assert len(keys) == 3
    assert len(set(keys)) == 2
    assert all(key.endswith("@city.example.test>") for key in keys)


def test_a_mail_server_that_was_away_for_days_gets_the_letter_after_all(
    app: Any, db: Any, clock: Any
) -> None:
    outbox.enqueue_mail("case:1", "handler@example.test", "主旨", "內文")
    fail("mail")
    for _ in range(3):
        clock.advance(hours=6)
        outbox.once_more("mail", timedelta(days=7))
        assert states(db) == ["waiting"]
        fail("mail")
        assert states(db) == ["failed"], "one attempt each time"
    clock.advance(days=7)
    outbox.once_more("mail", timedelta(days=7))
    assert states(db) == ["failed"], "after a week somebody has telephoned"
