"""The server's clock goes back one hour (fault 36): an alarm, deadlines that hold, moments of receipt that stay in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from structlog.testing import capture_logs

from inspect_app import clock as product_clock
from inspect_app.audit.models import AuditLine
from inspect_app.evidence import clocks
from inspect_app.inspections.due import due_of
from inspect_app.inspections.models import OperationRow
from tests.support import factories
from tests.support.inspected import Told, inspection_with_log
from tests.support.office import Visitor


def alarms(db: Any) -> list[dict[str, Any]]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditLine.detail).where(AuditLine.action == "clock.went_back")))


def test_a_clock_that_goes_back_is_told_once_and_moves_nothing(app: Any, db: Any, clock: Any) -> None:
    assert not clocks.watch()
    clock.advance(hours=2)
    assert not clocks.watch()
    made = inspection_with_log(Told(closed=False))
    due, received = due_of(made.row), product_clock.now()
    clock.advance(seconds=-30)
    assert not clocks.watch()  # a time service at work
    clock.advance(hours=-1)
    with capture_logs() as lines:
        assert clocks.watch()
        assert not clocks.watch()
    assert [(line["event"], line["seconds"], line["log_level"]) for line in lines] == [
        ("clock.went_back", 3630, "error")
    ]
    assert alarms(db) == [{"seconds": 3630, "latest": received.isoformat()}]

    made.write(made.staff, "visit", made.id, weather="陰")
    assert made.send() == ["applied"]
    moments = list(
        db.session.scalars(
            select(OperationRow.received_at)
            .where(OperationRow.inspection_id == made.id)
            .order_by(OperationRow.n)
        )
    )
    assert moments == sorted(moments)
    assert moments[-1] == received
    assert due_of(made.row) == due


def test_administrators_see_it_for_a_week_and_nobody_else(app: Any, db: Any, clock: Any) -> None:
    clocks.watch()
    clock.advance(hours=-1)
    clocks.watch()
    shown = {}
    for role in ("administrator", "coordinator"):
        factories.account(role, login=role, password=factories.PASSWORD)
        visitor = Visitor(app)
        visitor.sign_in(role, factories.PASSWORD)
        shown[role] = "伺服器的時鐘在" in visitor.get("/").text
    assert shown == {"administrator": True, "coordinator": False}
    administrator = factories.actor("administrator")
    clock.advance(days=8)
    assert clocks.todos(administrator, product_clock.today()) == []
