"""The extensions, not yet bound to an application, and the column types that every model uses."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Any, ClassVar

import orjson
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Dialect,
    MetaData,
    Text,
    TypeDecorator,
    bindparam,
    event,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstanceState, Session
from sqlalchemy.sql import coercions, roles
from sqlalchemy.sql.visitors import InternalTraversal

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base: constraints have predictable names, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


STATE_NAMES = (
    "key", "runid", "session_id", "_instance_dict", "_strong_obj", "modified", "expired", "load_options", "load_path",
    "insert_order", "identity_token", "mapper", "parents", "callables", "attrs", "_deleted", "_load_pending", "_pending_mutations",
    "_empty_collections", "_last_known_values", "_orphaned_outside_of_session",
)  # fmt: skip


def _name_what_states_hold() -> None:
    """Keep Python 3.11 from crashing in the middle of a session's end. Before the first row is loaded.

    There the instances of a class share their attributes' names, which are fixed by the first thirty instances. One that gets
    a further attribute makes a dict of its own, over the values that it has; to allocate that may start the collector; and what
    the collector finds may be the object of this very row, whose `InstanceState._cleanup` sets the attribute, too, and
    makes the same dict within. Two owners, one of them freed: the process dies now or later. With the names known, setting one
    makes no dict. From Python 3.12 on nothing is collected in the middle of a statement.
    """
    state = InstanceState.__new__(InstanceState)
    for name in STATE_NAMES:
        setattr(state, name, None)


_name_what_states_hold()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Texts(TypeDecorator[list[str]]):
    """Any number of texts as one parameter: a JSON text, which both databases read faster than a driver makes an array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:
        return orjson.dumps(list(value or ())).decode()


class among(ColumnElement[bool]):  # noqa: N801  # reads like the function that it is
    """`among(column, "ids")`: the column is one of the texts given as `ids`. Unlike IN with its parameter for each value the
    statement is compiled once, which counts where hundreds of ids are asked for at every request.
    """

    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True  # or SQLite is asked whether it equals 1, and looks at every row
    _traverse_internals: ClassVar = [  # type: ignore[misc]  # as SQLAlchemy itself writes it
        ("column", InternalTraversal.dp_clauseelement),
        ("texts", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, name: str) -> None:
        self.column = coercions.expect(roles.ExpressionElementRole, column)
        self.texts = bindparam(name, type_=Texts())


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in (element.column, element.texts))
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608  # nosec B608  # both parts are compiled


@compiles(among)
def _among_array(element: among, compiler: Any, **options: Any) -> str:
    column, texts = (compiler.process(part, **options) for part in (element.column, element.texts))
    return f"{column} = ANY(ARRAY(SELECT json_array_elements_text(CAST({texts} AS json))))"  # nosec B608  # as above


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate()
writing: ContextVar[bool] = ContextVar("writing", default=False)
volatile: ContextVar[bool] = ContextVar("volatile", default=False)
together: ContextVar[bool] = ContextVar("together", default=False)
PATIENCE = 10.0  # seconds to wait for a SQLite file's writer before the file itself says "locked"
_turn: ContextVar[Lock | None] = ContextVar("turn", default=None)


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "wal_autocheckpoint=4000",
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL and FULL: NORMAL loses acknowledged commits on power loss (decision 0001). The log is carried over every 16 MiB
    instead of 4, since the same pages are written again and again.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(turn: Lock, connection: Connection) -> None:
    """Writers take the lock at once; a deferred BEGIN loses writes to 'database is locked'. Only what says that it may be
    lost with the power does not wait for the disk (decision 0021).
    """
    if not writing.get():
        _tell(connection, "BEGIN")
        return
    _take(turn)
    _tell(connection, f"PRAGMA synchronous={'NORMAL' if volatile.get() else 'FULL'}")
    _tell(connection, "BEGIN IMMEDIATE")


def _take(turn: Lock) -> None:
    """A process's writers wait here, where the next is woken: SQLite sleeps and asks again (decision 0042). Another
    process's writer is still waited for at the file, and so is one of ours that takes too long.
    """
    if _turn.get() is None and turn.acquire(timeout=PATIENCE):
        _turn.set(turn)


def give_turn_on() -> None:
    """The transaction is over: the next writer of this process may begin."""
    turn = _turn.get()
    if turn is not None:
        _turn.set(None)
        turn.release()


def _tell(connection: Connection, statement: str) -> None:
    """As the driver takes it, at every request several times: SQLAlchemy's own way costs ten times the statement."""
    try:
        connection.connection.dbapi_connection.execute(statement)  # type: ignore[union-attr]  # it is open
    except Exception as error:  # told in SQLAlchemy's words
        connection._handle_dbapi_exception(error, statement, None, None, None)


def _prepare_postgres(connection: Any, _record: Any) -> None:
    """Wait for a lock as long as on SQLite, then say "busy" instead of waiting for ever. Only a transaction that says so writes.
    The driver prepares nothing: at a ROLLBACK it would forget what others have prepared, too (libpq.py).
    """
    connection.prepare_threshold = None
    connection.autocommit = True
    connection.execute("SET lock_timeout = '10s'")
    connection.execute("SET default_transaction_read_only = on")
    connection.autocommit = False
    connection.read_only = False  # what begins with a BEGIN


VANISHED = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
            "tcp_user_timeout": 60_000}  # fmt: skip


def _notice_vanished(_dialect: Any, _record: Any, _arguments: Any, settings: dict[str, Any]) -> None:
    """A database host that is gone without a word is noticed within a minute, not after the kernel's hours. What DATABASE_URL
    says counts. Seconds; the last in milliseconds.
    """
    for name, value in VANISHED.items():
        settings.setdefault(name, value)


def _begin_postgres(connection: Connection) -> None:
    """A connection that nobody but its owner sets up begins by BEGIN."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        _begin_by_itself(connection, False)


def _read_without_begin(_session: Session, _transaction: Any, connection: Connection) -> None:
    """A session's reads are statements of their own: at READ COMMITTED each has its own view of the data anyway, and at the
    ROLLBACK that would end them the driver forgets what it has prepared (decision 0030). The server refuses their writing.
    """
    if connection.dialect.name == "postgresql" and not (writing.get() or together.get()):
        _begin_by_itself(connection, True)


event.listen(db.session, "after_begin", _read_without_begin)


def _begin_by_itself(connection: Connection, each: bool) -> None:
    driver: Any = connection.connection.dbapi_connection
    if driver.autocommit != each:
        driver.autocommit = each


def _file_of(connection: Any) -> tuple[str, int]:
    """(path, number of the file) of a SQLite connection; the number is 0 where there is no file."""
    path = connection.execute("PRAGMA database_list").fetchone()[2]
    return path, _number(path)


def _number(path: str) -> int:
    try:
        return os.stat(path).st_ino if path else 0
    except OSError:
        return -1


def _remember_file(connection: Any, record: Any) -> None:
    record.info["file"] = _file_of(connection)


def _refuse_other_file(_connection: Any, record: Any, _proxy: Any) -> None:
    """Somebody put another file in place of the one that is open: what is written there would be lost with it."""
    path, number = record.info["file"]
    present = _number(path)
    if present == -1:
        raise OperationalError("open", {}, sqlite3.OperationalError("the database file is locked away"))
    if present != number:
        raise DisconnectionError


def prepare_engine(engine: Engine) -> None:
    """Give a SQLite engine its pragmas and its kind of BEGIN, a PostgreSQL one its patience."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "connect", _remember_file)
        event.listen(engine, "checkout", _refuse_other_file)
        event.listen(engine, "begin", partial(_begin_sqlite, Lock()))
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _notice_vanished)
        event.listen(engine, "connect", _prepare_postgres)
        event.listen(engine, "begin", _begin_postgres)


class OrjsonProvider(DefaultJSONProvider):
    """JSON out by orjson: the same values as Flask's own, an order of magnitude faster; texts stay readable UTF-8."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """What orjson cannot write (a number beyond 64 bits) is left to Flask's own."""
        try:
            return orjson.dumps(obj, self.default, orjson.OPT_PASSTHROUGH_DATETIME).decode()
        except orjson.JSONEncodeError:
            return super().dumps(obj, **kwargs)


def init_app(app: Flask) -> None:
    """Bind database and migrations to the application, and let orjson write what it answers."""
    app.json = OrjsonProvider(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=app.config["MIGRATIONS"], render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)
