"""Statements that go to the driver as they are say what SQLAlchemy's own say, values and errors alike."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError

from inspect_app import clock
from inspect_app.accounts.models import Account, Device
from inspect_app.extensions import among
from inspect_app.ids import new_id
from inspect_app.prepared import Prepared, bound, insert_rows, pouring, records
from inspect_app.transaction import end_read, one_read, transaction
from tests.support import factories

_a = Account.__table__.c
WANTED = select(_a.id, _a.name, _a.created_at, _a.must_change_password, _a.disabled_at).order_by(_a.id)
COLUMNS = ("id", "account_id", "name", "created_at", "seen_at")


def test_rows_are_those_of_the_session_in_type_and_value(db: Any) -> None:
    people = [factories.account("inspector").id for _ in range(3)]
    rows = Prepared(WANTED.where(among(_a.id, "ids"))).rows(ids=people[:2])
    assert rows == [tuple(row) for row in db.session.execute(WANTED.where(_a.id.in_(people[:2])))]
    assert rows[0][2].tzinfo is not None
    assert Prepared(WANTED.where(_a.id == bindparam("id"))).row(id="nobody") is None


@pytest.mark.parametrize("done", ["DISCARD ALL", "ALTER TABLE devices ALTER COLUMN name TYPE text"])
def test_a_connection_that_forgot_what_it_had_prepared_is_given_up(db: Any, done: str) -> None:
    """A pooler's or an administrator's doing: told as trouble of the connection, once; the next one prepares anew."""
    factories.account("inspector")
    statement = Prepared(select(Device.__table__.c.name))
    assert statement.rows() == []
    if db.engine.dialect.name == "postgresql":
        line = db.session.connection().connection.dbapi_connection.pgconn
        for one in ("SET default_transaction_read_only = off", done):
            assert not line.exec_(one.encode()).error_message
        with pytest.raises(OperationalError, match="connection no longer knows"):
            statement.rows()
        db.session.rollback()
    assert statement.rows() == []


def test_what_is_pending_in_the_session_is_seen(db: Any) -> None:
    person = factories.account("inspector")
    with transaction() as session:
        session.get_one(Account, person.id).name = "改名"
        assert Prepared(select(_a.name).where(_a.id == bindparam("id"))).row(id=person.id) == ("改名",)


def test_errors_are_told_in_sqlalchemys_words_and_leave_nothing(db: Any) -> None:
    person = factories.account("inspector")
    new = Prepared(insert(Device.__table__).values({name: bindparam(name) for name in COLUMNS}))
    row = dict(zip(COLUMNS, (new_id(), person.id, "平板", clock.now(), clock.now()), strict=True))
    with pytest.raises(IntegrityError), transaction():
        new.many([row, row])
    with transaction():
        new.many([row, {**row, "id": new_id()}])
    assert db.session.query(Device).filter_by(account_id=person.id).count() == 2


def test_rows_that_pour_hold_whatever_a_text_may_hold(db: Any) -> None:
    person, moment = factories.account("inspector"), clock.now()
    names = ["", "蜂窩'\"\\", "a\tb\nc", "{}[]:,", "𠮷%s?", "\x01"]
    at = bound(Device, "created_at", moment)
    rows = [(new_id(), person.id, name, at, at) for name in names]
    with transaction():
        if db.engine.dialect.name == "postgresql":
            Prepared(pouring(Device, COLUMNS, "rows")).rows(rows=records(COLUMNS, rows))
        else:
            insert_rows(Device, COLUMNS, rows)
    found = db.session.query(Device).filter_by(account_id=person.id).all()
    assert {row.name for row in found} == set(names)
    assert {row.created_at for row in found} == {moment}


def test_a_statement_has_a_fixed_number_of_parameters(db: Any) -> None:
    with pytest.raises(TypeError, match="among"):
        Prepared(WANTED.where(_a.id.in_(["a", "b"]))).rows()


def test_what_is_written_outside_a_transaction_does_not_last(db: Any) -> None:
    """PostgreSQL refuses it at once; SQLite takes it back. Either way a read that ends makes nothing last."""
    person = factories.account("inspector")
    with suppress(InternalError):
        db.session.execute(update(Account).where(_a.id == person.id).values(name="改名"))
    end_read()
    assert db.session.scalars(select(_a.name).where(_a.id == person.id)).one() == person.name


def test_what_was_prepared_stays_so_when_a_read_or_a_transaction_ends(db: Any) -> None:
    asked = Prepared(select(_a.name).where(_a.id == bindparam("id")))
    for _ in range(8):  # a driver of its own accord prepares at the sixth time
        asked.row(id="nobody")
        db.session.execute(select(_a.name).where(_a.id == "nobody"))
        end_read()
    with suppress(ZeroDivisionError), transaction():
        asked.row(id="nobody")
        raise ZeroDivisionError
    assert asked.row(id="nobody") is None
    kept = 0
    if db.engine.dialect.name == "postgresql":
        kept = db.session.scalar(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%accounts%'")
        )
    assert kept == (1 if db.engine.dialect.name == "postgresql" else 0)


def test_reads_that_hang_together_see_one_moment(db: Any) -> None:
    """Rows that are walked page by page need a transaction on PostgreSQL, which single questions do not have there."""
    factories.account("inspector")
    query = select(_a.name).execution_options(yield_per=1)
    with one_read() as session, session.execute(query) as rows:
        assert len(list(rows)) == 1
    with transaction() as writer, one_read() as session:
        assert session is writer
