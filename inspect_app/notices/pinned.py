"""Cases against the lines that moved them and the record that they answer: what `audit verify` asks of this room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import selectinload

from inspect_app.audit.lines import plain
from inspect_app.domain.canonical import sha256
from inspect_app.evidence.held import lines
from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db
from inspect_app.inspections.models import Record
from inspect_app.notices.models import Case, CaseItem, Deduction, Reply
from inspect_app.transaction import walked

ACTS = (
    "opened",
    "extension_decided",
    "closed",
    "reopened",
    "accepted",
    "returned",
    "reconsidered",
    "sent",
    "deducted",
)
PAGE = 100  # each with all its answers
OF_RECORD = ("part", "entity_id", "code", "text", "severity", "location", "photos")


def reply_digest(reply: Reply) -> str:
    """SHA-256 (hex) of what an agency answered, which the line of its sending names."""
    names = ("cause", "measure", "done_on", "undone_reason", "missing")
    files = sorted([photo.slot, photo.place, photo.sha256, photo.caption] for photo in reply.photos)
    return sha256(plain({name: getattr(reply, name) for name in names} | {"files": files}))


def faults() -> Iterator[Fault]:
    """The first thing about each case that is not what the log says."""
    told = lines.told(*(f"notices.{act}" for act in ACTS))
    deducted: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.session.scalars(select(Deduction)):
        deducted[row.case_id][row.party] = row.amount
    query = (
        select(Case, Record.content)
        .join(Record, Record.inspection_id == Case.inspection_id)
        .order_by(Case.id)
        .options(selectinload(Case.items).selectinload(CaseItem.replies))
    )
    with walked(query, PAGE) as cases:
        for case, content in cases:
            found = told.pop(f"case:{case.id}", [])
            says = next(_wrong(case, content, found, deducted.get(case.id, {})), None)
            if says:
                yield Fault("case", f"case {case.id}", says)
    for subject in sorted(told):
        yield Fault("case", subject.replace(":", " "), "it was deleted")


def _wrong(
    case: Case, content: dict[str, Any] | None, told: Sequence[Row[Any]], deducted: dict[str, int]
) -> Iterator[str]:
    opened, extended = _of(told, "opened"), _of(told, "extension_decided")
    closed = _of(told, "closed")[len(_of(told, "reopened")) :]  # what 撤銷備查 took back no longer stands
    due = [line.detail["due_on"] for line in opened]
    if due != [case.first_due_on.isoformat()]:
        yield "its first deadline is not the one that it was opened with"
    due += [line.detail["until"] for line in extended if line.detail["granted"]]
    if case.due_on.isoformat() != due[-1]:
        yield "its deadline was not granted"
    if [line.detail["on"] for line in closed] != ([case.closed_on.isoformat()] if case.closed_on else []):
        yield "the day of its closing is not the one that was entered"
    if (case.state == "closed") != bool(closed):
        yield "it was not closed so"
    if [_said(entry) for entry in case.items] != _answered(content):
        yield "its items are not those of the record"
    if {line.detail["party"]: line.detail["amount"] for line in _of(told, "deducted")} != deducted:
        yield "a deduction is not the one that was entered"
    yield from (f"item {entry.no}: {says}" for entry in case.items if (says := _of_item(entry, told)))


def _of(told: Sequence[Row[Any]], *acts: str) -> list[Row[Any]]:
    return [line for line in told if line.action.partition(".")[2] in acts]


def _said(entry: CaseItem) -> list[Any]:
    return [getattr(entry, name) for name in OF_RECORD]


def _answered(content: dict[str, Any] | None) -> list[list[Any]]:
    found = content["defects"] + content["design"] + content["advice"] if content else []
    return [[line["kind" if name == "part" else name] for name in OF_RECORD] for line in found]


def _of_item(entry: CaseItem, told: Sequence[Row[Any]]) -> str:
    """Empty when its decisions and what was answered are those of the log."""
    decided = [
        line for line in _of(told, "accepted", "returned", "reconsidered") if line.detail["item"] == entry.id
    ]
    accepted = bool(decided) and decided[-1].action == "notices.accepted"
    if accepted != (entry.state == "accepted") or entry.round != 1 + len(_of(decided, "returned")):
        return "it was not decided so"
    sent = [
        digest
        for line in _of(told, "sent")
        for key, digest in line.detail["replies"].items()
        if key == entry.id
    ]
    kept = [
        reply_digest(reply) for reply in sorted(entry.replies, key=lambda one: one.round) if reply.sent_at
    ]
    return "" if sent == kept else "an answer is not the one that was sent"


CHECKS = {"case": faults}
"""For `evidence.verification.verify`, which stands below this room."""
