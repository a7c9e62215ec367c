"""Whether log, chain, heads, anchor, photos and what follows from the log are still what they were: everything is hashed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from inspect_app.audit import anchor
from inspect_app.domain.heads import SignedHead
from inspect_app.evidence import heads, held, stamps
from inspect_app.evidence.models import Head
from inspect_app.evidence.moments import Moments
from inspect_app.evidence.stamped import faults as stamp_faults
from inspect_app.evidence.walking import SPOILT, Fault, Walk, first_spoilt, unchained, waiting
from inspect_app.extensions import db
from inspect_app.installation.keys import signed_by
from inspect_app.installation.services import is_demo
from inspect_app.photos import verification as photos
from inspect_app.transaction import end_read


@dataclass
class Report:
    """What was looked at, and what is bad. The first fault is the first bad row of the log."""

    lines: int = 0
    waiting: int = 0
    heads: int = 0
    stamps: int = 0
    photos: int = 0
    faults: list[Fault] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"ok": not self.faults, **asdict(self)}


def verify(printed: Iterable[SignedHead] = (), more: Mapping[str, held.Check] | None = None) -> Report:
    """Hash everything again. `printed`: heads from paper or mail, which nobody can have changed here. `more`: see `held`."""
    report = Report(photos=photos.count())
    _verify_log(report, list(printed))
    report.faults += held.faults(more)
    end_read()
    for sha256 in photos.spoilt():
        report.faults.append(
            Fault("photo", f"photo {sha256}", "its original is missing or no longer has its hash")
        )
    return report


def _verify_log(report: Report, printed: list[SignedHead]) -> None:
    """Heads and anchor are read before the chain: what is written meanwhile must not look like a cut."""
    rows, unreadable = _heads()
    known = [heads.signed(row) for row in rows]
    anchored, damaged = _anchored()
    moments = Moments({row.size: row.signed_at for row in rows})  # of two over the same lines the later one
    walk = Walk({head.size for head in (*known, *printed)} | {anchored.size if anchored else 0}, moments)
    fault = walk.run()
    report.lines, report.heads = walk.tree.size, len(rows)
    report.waiting, late = waiting()
    report.stamps = stamps.count()
    stray = unchained()
    found = [fault, stray, late, unreadable, *_missing_head([row.n for row in rows])]
    if fault is None:
        found += [_bad_head(walk, head, f"head {n} of {head.day}") for n, head in enumerate(known, start=1)]
        found += [_bad_root(walk, head, f"printed head of {head.size} lines") for head in printed]
        found += [_bad_anchor(walk, anchored) or damaged, _too_early(moments)]
        found += stamp_faults(rows) if (stray, late) == (None, None) else ()
    report.faults += [one for one in found if one is not None]


def _too_early(moments: Moments) -> Fault | None:
    """A demo's past is written in one night."""
    if moments.early is None or is_demo():
        return None
    position, line = moments.early
    says = "it says a moment before the head that was signed before it came"
    return Fault("line", f"line {line} (position {position})", says)


def _heads() -> tuple[list[Head], Fault | None]:
    """In the order of their making; none with one that cannot be read."""
    try:
        return heads.all_heads(), None
    except SPOILT as error:
        numbers = db.session.scalars(select(Head.n).order_by(Head.n)).all()
        lost = first_spoilt(error, numbers, lambda n: select(Head).where(Head.n == n))
        return [], Fault("head", f"head {lost}", "it holds what no head can hold")


def _anchored() -> tuple[anchor.Anchor | None, Fault | None]:
    try:
        return anchor.read(), None
    except ValueError:
        return None, Fault("anchor", anchor.NAME, "the file is damaged")


def _missing_head(numbers: list[int]) -> list[Fault]:
    lost = next((n for n, number in enumerate(numbers, start=1) if n != number), None)
    return [Fault("head", f"head {lost}", "it was deleted")] if lost else []


def _bad_head(walk: Walk, head: SignedHead, row: str) -> Fault | None:
    if head.key != heads.public_key():
        return Fault("head", row, "it is signed with a key that is not this installation's")
    if not signed_by(head.key, head.content(), head.signature):
        return Fault("head", row, "it is not what was signed")
    return _bad_root(walk, head, row)


def _bad_root(walk: Walk, head: SignedHead, row: str) -> Fault | None:
    if head.size > walk.tree.size:
        return Fault(
            "tail",
            f"position {walk.tree.size}",
            f"the end of the log was cut: {row} covers {head.size} lines, {walk.tree.size} are left",
        )
    if walk.roots[head.size] != head.root:
        return Fault("head", row, f"the first {head.size} lines of the log are not those that it signed")
    return None


def _bad_anchor(walk: Walk, anchored: anchor.Anchor | None) -> Fault | None:
    if anchored is None:
        return None
    if anchored.size > walk.tree.size:
        return Fault(
            "tail",
            f"position {walk.tree.size}",
            f"the end of the log was cut: {anchored.size} lines were chained at {anchored.at}, {walk.tree.size} are left",
        )
    if walk.links[anchored.size] != anchored.hash:
        return Fault("anchor", f"position {anchored.size - 1}", "the chain is not the one that was anchored")
    return None
