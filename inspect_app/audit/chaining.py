"""The sequencer: gives every committed line its place in the chain, in a transaction of its own, so that commits never queue.

What waits stands in `audit_waiting`, written with the line: a line whose transaction ends late still comes, whatever
numbers were given out meanwhile. One process at a time chains; a second one waits for the first one's commit.
"""

from __future__ import annotations

import structlog
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from inspect_app.audit import anchor
from inspect_app.audit.models import AuditLine, ChainLink, WaitingLine
from inspect_app.domain.merkle import START, link_hash
from inspect_app.extensions import db
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()
BATCH = 1000
CHAIN_LOCK = 0x61756474  # "audt": one writer of the chain per database

_FIRST_WAITING = (
    select(AuditLine.n, AuditLine.leaf)
    .join_from(WaitingLine, AuditLine, AuditLine.n == WaitingLine.line_n)
    .order_by(WaitingLine.line_n)
    .limit(BATCH)
)
"""From those that wait, of which there are few: in the order of the lines SQLite walks through the log of years for each."""


def chain_waiting() -> int:
    """The job: chain everything that waits, in the order of the lines; answers how many."""
    chained = 0
    while _anything_waits() and (links := _chain_batch()):
        chained += links
    return chained


def _anything_waits() -> bool:
    """Asked without a write lock: most seconds there is nothing to do."""
    found = db.session.scalar(select(WaitingLine.line_n).limit(1)) is not None
    end_read()
    return found


def _chain_batch() -> int:
    with transaction() as session:
        only_writer(session)
        last, previous = last_link(session)
        lines = session.execute(_FIRST_WAITING).all()
        links = []
        for position, line in enumerate(lines, start=last + 1):
            previous = link_hash(previous, line.n, bytes.fromhex(line.leaf))
            links.append({"position": position, "line_n": line.n, "leaf": line.leaf, "hash": previous.hex()})
        if links:
            session.execute(insert(ChainLink), links)
            numbers = [line.n for line in lines]
            session.execute(delete(WaitingLine).where(WaitingLine.line_n.in_(numbers)))
    if links:
        _anchor(last + 1 + len(links), previous.hex())
    return len(links)


def _anchor(size: int, link: str) -> None:
    """Move the anchor on. One to which the chain does not lead stays where it is: the end was cut, or an older state put back."""
    try:
        known = anchor.read()
    except ValueError:
        known = None
    if known is None or (known.size <= size and leads_to(known)):
        anchor.drop(size, link)
    elif not leads_to(known):
        log.error("audit.anchor_lost", anchored=known.size, chained=size)
    end_read()


def leads_to(known: anchor.Anchor) -> bool:
    """Whether the chain goes through what was anchored."""
    query = select(ChainLink.hash).where(ChainLink.position == known.size - 1)
    return known.size == 0 or db.session.scalar(query) == known.hash


def only_writer(session: Session) -> None:
    """Hold the chain until this transaction ends; SQLite's one write lock is held already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})


def last_link(session: Session) -> tuple[int, bytes]:
    """Position and hash of the newest link; -1 and zeros before the first."""
    query = select(ChainLink.position, ChainLink.hash).order_by(ChainLink.position.desc()).limit(1)
    found = session.execute(query).one_or_none()
    return (found.position, bytes.fromhex(found.hash)) if found else (-1, START)
