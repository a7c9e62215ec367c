"""Asking for the day's time stamp: the jobs process does it, and nothing else loads what it needs."""

from __future__ import annotations

from datetime import timedelta

import structlog

from inspect_app import audit, clock
from inspect_app.accounts.actor import SYSTEM
from inspect_app.config import Settings
from inspect_app.evidence import authority, heads, outgoing, tokens
from inspect_app.evidence.models import Head, TimeStamp
from inspect_app.evidence.stamps import ACTION, KIND, content
from inspect_app.extensions import db
from inspect_app.notifications.services import Handler
from inspect_app.transaction import end_read, transaction

log = structlog.get_logger()
CLOCKS_DIFFER = 300
"""Seconds between the authority's clock and ours that are told in the log."""


def call_due(url: str) -> bool:
    """The job: queue the request for the first head of today, once; nothing without an authority."""
    head = heads.first_of(clock.today()) if url else None
    return head is not None and outgoing.queue(KIND, head)


def handler(settings: Settings) -> Handler:
    """The outbox handler of `KIND`; payload {n}."""
    return lambda payload: _stamp(payload["n"], settings)


def _stamp(n: int, settings: Settings) -> None:
    stamped = content(heads.signed(db.session.get_one(Head, n)))
    end_read()
    request, nonce = tokens.question(stamped)
    answer = authority.ask(settings.tsa_url, request)
    found = tokens.checked(answer, stamped, tokens.authorities(settings.tsa_ca_file), nonce)
    ahead = (found.time - clock.now()).total_seconds()
    if abs(ahead) > CLOCKS_DIFFER:
        log.error("evidence.clocks_differ", seconds=int(ahead))
    with transaction() as session:
        if session.get(TimeStamp, n) is None:
            session.add(TimeStamp(head_n=n, at=found.time, serial=found.serial, answer=answer))
            digest = tokens.digest(answer)
            audit.record(SYSTEM, ACTION, f"head:{n}", at=found.time, serial=found.serial, sha256=digest)


def watch(hours: int) -> int:
    """The job: requests that an authority has not granted after `hours` are told in the log; answers how many."""
    late = outgoing.unfinished(KIND, timedelta(hours=hours))
    for row in late:
        log.error("evidence.unstamped", head=row.payload["n"], hours=hours)
    return len(late)
