"""Whether the time stamps are still what authorities gave over the heads that are here, and none was taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cryptography.x509 import Certificate
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
    query = select(TimeStamp.head_n, TimeStamp.answer, TimeStamp.serial)
    found = {n: (_bytes(answer), serial) for n, answer, serial in db.session.execute(query)}
    roots: list[Certificate] = []
    try:
        roots = tokens.authorities(current_app.config["SETTINGS"].tsa_ca_file)
    except (OSError, ValueError):
        yield Fault("stamp", "TSA_CA_FILE", "it cannot be read: no signer was checked")
    for head in known:
        if head.n in found:
            says = _wrong(head, *found[head.n], roots)
            if says:
                yield Fault("stamp", f"time stamp of head {head.n} of {head.day}", says)
    yield from _gone({n: answer for n, (answer, _) in found.items()})


def _bytes(answer: object) -> bytes:
    """SQLite holds whatever somebody puts there."""
    return answer if isinstance(answer, bytes) else b""


def _wrong(head: Head, answer: bytes, serial: str, roots: Sequence[Certificate]) -> str:
    """Empty when nothing is. The time beside the answer is what documents print."""
    try:
        said = tokens.checked(answer, stamps.content(heads.signed(head)), roots)
    except Refused as error:
        return str(error)
    beside = select(TimeStamp.head_n).where(TimeStamp.head_n == head.n, TimeStamp.at == said.time)
    same = serial == said.serial and db.session.scalar(beside) is not None
    return "" if same else "the authority said another time or number than stands beside its answer"


def _gone(answers: Mapping[int, bytes]) -> Iterator[Fault]:
    """Stamps that the log tells of and that are not here, or are not those that came; and stamps that it tells nothing of."""
    told: set[int] = set()
    query = select(AuditLine.subject, AuditLine.detail).where(AuditLine.action == stamps.ACTION)
    for line in db.session.execute(query.order_by(AuditLine.n)):
        kind, _, number = line.subject.partition(":")
        n = int(number) if kind == "head" and number.isdecimal() else 0
        told.add(n)
        row = f"time stamp of {kind} {number}"
        if n not in answers:
            yield Fault("stamp", row, "it was deleted")
        elif tokens.digest(answers[n]) != line.detail.get("sha256"):
            yield Fault("stamp", row, "it is not the one that came")
    for n in sorted(answers.keys() - told):
        yield Fault("stamp", f"time stamp of head {n}", "the log does not tell that it came")
