"""A letter of notice that could not be delivered shows on its case."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from inspect_app.notices import queries as notices
from inspect_app.notifications.models import OutboxRow
from inspect_app.transaction import transaction
from tests.office.test_reasons import Reader
from tests.support.inspected import inspection_with_log


def test_a_failed_delivery_shows_on_the_case(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.issued()
    case = notices.by_inspection(one.id)
    assert case is not None
    page = f"/cases/{case.id}"
    assert "寄送失敗" not in Reader(client, db, one.coordinator).get(page)
    with transaction():
        row = db.session.scalars(select(OutboxRow).where(OutboxRow.ref == f"case:{case.id}")).first()
        row.state, row.error, row.attempts = "failed", "550 mailbox unavailable", 6
    told = Reader(client, db, one.coordinator).get(page)
    assert "有 1 封通知信沒有寄達" in told
    assert "寄送失敗" in told
    assert "550 mailbox unavailable" in told
    assert "重新寄送" in told
    assert "寄送失敗" not in Reader(client, db, one.handler).get(page)
