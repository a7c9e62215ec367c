"""Statements to PostgreSQL by libpq, underneath psycopg's cursors: each is prepared once per connection and waited for in C.

The connection, the types and the errors stay psycopg's (decision 0052).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, Error, OperationalError, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Row = tuple[Any, ...]
_BEGIN = b"BEGIN READ WRITE"
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


def rows(driver: Connection[Any], known: dict[str, bytes], sql: str, values: Sequence[Any]) -> list[Row]:
    """Run it in the connection's transaction, which begins with the first statement, or by itself where the driver is in autocommit.

    `known`: {statement: name} of what this connection has prepared; kept up. Raises psycopg's errors.
    """
    line = driver.pgconn
    if not driver.autocommit and line.transaction_status == TransactionStatus.IDLE:
        _done(line.exec_(_BEGIN))
    name = known.get(sql)
    if name is None:
        name = f"own_{len(known)}".encode()
        _done(line.prepare(name, sql.encode()))
        known[sql] = name
    turned = Transformer(driver)
    told: Any = turned.dump_sequence(values, [PyFormat.TEXT] * len(values))  # None among them is NULL
    try:
        answer = _done(line.exec_prepared(name, told))
    except (errors.InvalidSqlStatementName, errors.FeatureNotSupported) as error:
        if not _forgotten(error):
            raise
        driver.close()
        raise OperationalError("the connection no longer knows what it had prepared") from None
    if answer.status == ExecStatus.COMMAND_OK:
        return []
    turned.set_pgresult(answer)
    return turned.load_rows(0, answer.ntuples, tuple)


def _forgotten(error: Error) -> bool:
    """Somebody between us and the server discarded it, or the table changed under its plan: a new connection prepares anew."""
    return isinstance(error, errors.InvalidSqlStatementName) or "cached plan" in str(error)


def _done(answer: PGresult) -> PGresult:
    """An error without a code is the line's own: it is gone."""
    if answer.status in _DONE:
        return answer
    if answer.error_field(DiagnosticField.SQLSTATE) is None:
        raise OperationalError(answer.error_message.decode(errors="replace"))
    raise errors.error_from_result(answer)
