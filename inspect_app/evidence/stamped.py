"""Whether the time stamps are still what authorities gave over the heads that are here, and none was taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import current_app
from sqlalchemy import select

from inspect_app.audit.models import AuditLine
from inspect_app.evidence import heads, stamps, tokens
from inspect_app.evidence.authority import Refused
from inspect_app.evidence.models import Head, TimeStamp
from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db


def faults(known: Iterable[Head]) -> Iterator[Fault]:
    """Every stamp against its head, with the signer where its authority is configured; every line of the log against them."""
    answers = {row.head_n: row.answer for row in db.session.scalars(select(TimeStamp))}
    roots = tokens.authorities(current_app.config["SETTINGS"].tsa_ca_file)
    for head in known:
        if head.n in answers:
            try:
                tokens.checked(answers[head.n], stamps.content(heads.signed(head)), roots)
            except Refused as error:
                yield Fault("stamp", f"time stamp of head {head.n} of {head.day}", str(error))
    yield from _gone(answers)


def _gone(answers: Mapping[int, bytes]) -> Iterator[Fault]:
    """Stamps that the log tells of and that are not here, or are not those that came."""
    query = select(AuditLine.subject, AuditLine.detail).where(AuditLine.action == stamps.ACTION)
    for line in db.session.execute(query.order_by(AuditLine.n)):
        n = int(line.subject.partition(":")[2])
        if n not in answers:
            yield Fault("stamp", f"time stamp of head {n}", "it was deleted")
        elif tokens.digest(answers[n]) != line.detail["sha256"]:
            yield Fault("stamp", f"time stamp of head {n}", "it is not the one that came")
