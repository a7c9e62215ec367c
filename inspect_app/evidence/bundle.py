"""The evidence of one inspection as a file that proves itself: `inspect-app-evidence/1`, described in docs/evidence.md."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, func, or_, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.audit import chaining
from inspect_app.audit.lines import as_json, moment, plain
from inspect_app.audit.models import AuditLine, ChainLink
from inspect_app.domain.merkle import Tree
from inspect_app.evidence import heads, stamps
from inspect_app.evidence.models import Head
from inspect_app.extensions import db
from inspect_app.inspections import queries
from inspect_app.inspections.models import OperationRow, Record
from inspect_app.photos import queries as photos
from inspect_app.photos import witnesses
from inspect_app.photos.models import Photo, PhotoWitness
from inspect_app.transaction import transaction

FORMAT = "inspect-app-evidence/1"
HEADS = 400
"""How many of the newest heads a bundle carries, and of how many days the first, which is mailed and time-stamped: every
export signs one more, and must not push out those of which somebody keeps a copy."""


def export(actor: Actor, inspection_id: str, subjects: Iterable[str] = ()) -> dict[str, Any]:
    """The bundle of a released inspection, with the lines of `subjects` (its case) besides; the export is a line itself.

    Raises `forbidden` for those who may not see the log, `not_found` for an inspection that they may not see.
    """
    permit(actor, Permission.VIEW_AUDIT)
    queries.get(actor, inspection_id)
    with transaction():
        audit.record(actor, "evidence.exported", f"inspection:{inspection_id}")
    chaining.chain_waiting()
    used = photos.used_by(f"inspection:{inspection_id}")
    lines = _lines(inspection_id, used, subjects)
    head, tree, known = _covered(lines)
    stamped = stamps.beyond(lines[0].position if lines else 0)
    return {
        "format": FORMAT,
        "inspection": inspection_id,
        "made_at": moment(clock.now()),
        "head": {**asdict(head), **_stamp(stamped, head.signature)},
        "heads": [{**_earlier(row, tree), **_stamp(stamped, row.signature)} for row in known],
        "lines": [
            {"index": row.position, "line": as_json(row), "proof": _hex(tree.inclusion(row.position))}
            for row in lines
        ],
        "record": _record(inspection_id),
        "operations": _operations(inspection_id),
        "photos": _photos(used),
    }


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle will hold: chained lines (position, id, at, action, subject, leaf), and how many of the rest."""

    lines: Sequence[Row[Any]]
    operations: int
    photos: int


def contents(actor: Actor, inspection_id: str, subjects: Iterable[str] = ()) -> Contents:
    """Raises as `export` does."""
    permit(actor, Permission.VIEW_AUDIT)
    queries.get(actor, inspection_id)
    used = photos.used_by(f"inspection:{inspection_id}")
    return Contents(_lines(inspection_id, used, subjects), len(_operations(inspection_id)), len(used))


def _lines(inspection_id: str, used: Sequence[Photo], subjects: Iterable[str]) -> Sequence[Row[Any]]:
    """The chained lines about the inspection, its visit and its photos, in the order of the chain."""
    about = [
        f"inspection:{inspection_id}",
        f"visit:{inspection_id}",
        *(f"photo:{one.sha256}" for one in used),
        *subjects,
    ]
    query = select(ChainLink.position, *AuditLine.__table__.columns).join(
        AuditLine, AuditLine.n == ChainLink.line_n
    )
    query = query.where(AuditLine.subject.in_(about)).order_by(ChainLink.position)
    return db.session.execute(query).all()


def _covered(lines: Sequence[Row[Any]]) -> tuple[Any, Tree, list[Head]]:
    """A head that covers all the lines, its tree, and the earlier heads, the newest first."""
    head = heads.head_over(lines[-1].position + 1 if lines else 0)
    newest = select(Head.n).order_by(Head.n.desc()).limit(HEADS)
    first = func.min(Head.n)
    firsts = select(first).group_by(Head.day).order_by(first.desc()).limit(HEADS)
    query = select(Head).where(Head.size <= head.size, or_(Head.n.in_(newest), Head.n.in_(firsts)))
    query = query.order_by(Head.n.desc())
    earlier = [row for row in db.session.scalars(query) if heads.signed(row) != head]
    return head, Tree(heads.leaves(head.size)), earlier


def _earlier(row: Head, tree: Tree) -> dict[str, Any]:
    proof = _hex(tree.consistency(row.size)) if row.size else []
    return {**asdict(heads.signed(row)), "proof": proof}


def _stamp(stamped: Mapping[str, bytes], signature: str) -> dict[str, str]:
    """The authority's answer over a head, where there is one."""
    answer = stamped.get(signature)
    return {"stamp": b64encode(answer).decode()} if answer is not None else {}


def _hex(proof: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in proof]


def _photos(used: Sequence[Photo]) -> list[dict[str, Any]]:
    """Each photo, and what its device signed of it, where it did."""
    signed = witnesses.by_hashes(one.sha256 for one in used)
    return [
        {"sha256": one.sha256, "size": one.size, "state": one.state, **_witness(signed.get(one.sha256))}
        for one in used
    ]


def _witness(row: PhotoWitness | None) -> dict[str, Any]:
    names = ("facts", "key", "signature", "verdict")
    return {} if row is None else {"witness": {name: getattr(row, name) for name in names}}


def _record(inspection_id: str) -> dict[str, Any] | None:
    """The content as the convener approved it."""
    record = db.session.get(Record, inspection_id)
    return plain(record.content) if record is not None and record.content is not None else None


def _operations(inspection_id: str) -> list[dict[str, Any]]:
    """Place, id and content hash of every operation: what they say stays with those who may read it."""
    query = select(OperationRow.n, OperationRow.id, OperationRow.content_hash)
    rows = db.session.execute(
        query.where(OperationRow.inspection_id == inspection_id).order_by(OperationRow.n)
    )
    return [{"n": row.n, "id": row.id, "sha256": row.content_hash} for row in rows]


def line_proof(actor: Actor, line_id: str) -> dict[str, Any] | None:
    """One line with its leaf, index and proof; None when there is none."""
    permit(actor, Permission.VIEW_AUDIT)
    chaining.chain_waiting()
    query = select(ChainLink.position, ChainLink.hash, *AuditLine.__table__.columns)
    row = db.session.execute(
        query.join(AuditLine, AuditLine.n == ChainLink.line_n).where(AuditLine.id == line_id)
    ).one_or_none()
    if row is None:
        return None
    head, tree, _ = _covered([row])
    proof = _hex(tree.inclusion(row.position))
    return {
        "index": row.position,
        "leaf": row.leaf,
        "chain": row.hash,
        "line": as_json(row),
        "proof": proof,
        "head": asdict(head),
    }
