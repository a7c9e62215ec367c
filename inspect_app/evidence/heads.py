"""Signed heads of the log: one when a day begins, and one whenever proofs are asked beyond the newest."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from inspect_app import clock
from inspect_app.audit import chaining
from inspect_app.audit.models import ChainLink
from inspect_app.domain.heads import SignedHead
from inspect_app.domain.merkle import Growing
from inspect_app.evidence.models import Head
from inspect_app.extensions import db
from inspect_app.installation.keys import SigningKey
from inspect_app.transaction import transaction, walked

KEY = "head.key"
PAGE = 5000


def head_of_today() -> SignedHead:
    """The newest head, which documents of today carry; made now when the day has none yet."""
    newest = latest()
    return signed(newest) if newest is not None and newest.day == clock.today() else signed(_sign())


def head_over(size: int) -> SignedHead:
    """The newest head; a new one is signed when it does not cover the log's first `size` lines."""
    newest = latest()
    return signed(newest) if newest is not None and newest.size >= size else signed(_sign())


def begin_day() -> bool:
    """The job: chain what waits and sign the day's first head; answers whether it was to do."""
    if first_of(clock.today()) is not None:  # not the newest's day: the clock may have stood in the future
        return False
    chaining.chain_waiting()
    _sign()
    return True


def latest() -> Head | None:
    return db.session.scalar(select(Head).order_by(Head.n.desc()).limit(1))


def first_of(day: date) -> Head | None:
    """The day's first head: the one that is mailed and time-stamped."""
    return db.session.scalar(select(Head).where(Head.day == day).order_by(Head.n).limit(1))


def all_heads() -> list[Head]:
    """In the order of their making."""
    return list(db.session.scalars(select(Head).order_by(Head.n)))


def newest(most: int) -> list[Head]:
    """The last ones, the newest first."""
    return list(db.session.scalars(select(Head).order_by(Head.n.desc()).limit(most)))


def signed(row: Head) -> SignedHead:
    moment = row.signed_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return SignedHead(row.day.isoformat(), row.size, row.root, moment, row.key, row.signature)


def public_key() -> str:
    """The key of this installation's heads, 64 hex digits."""
    return SigningKey(KEY).public


def _sign() -> Head:
    """A head over everything that is chained. Two that sign at once sign one after the other."""
    key, tree = SigningKey(KEY), Growing()
    _grow(tree)  # nearly all of it, while others write
    with transaction() as session:
        chaining.only_writer(session)
        newest = latest()
        _grow(tree)
        if newest is not None and (newest.day, newest.size) == (clock.today(), tree.size):
            return newest
        row = Head(
            n=(newest.n if newest else 0) + 1, day=clock.today(), size=tree.size, root=tree.root().hex(),
            signed_at=clock.now().replace(microsecond=0), key=key.public, signature="",
        )  # fmt: skip
        row.signature = key.sign(signed(row).content())
        session.add(row)
    return row


def _grow(tree: Growing) -> None:
    """Add the leaves that the chain has beyond the tree."""
    query = select(ChainLink.leaf).where(ChainLink.position >= tree.size).order_by(ChainLink.position)
    with walked(query, PAGE) as rows:
        for leaf in rows.scalars():
            tree.add(bytes.fromhex(leaf))


def leaves(size: int) -> list[bytes]:
    """The leaf hashes of the log's first `size` lines."""
    query = select(ChainLink.leaf).where(ChainLink.position < size).order_by(ChainLink.position)
    return [bytes.fromhex(leaf) for leaf in db.session.scalars(query)]


def chained() -> int:
    """How many lines the chain has."""
    return int(db.session.scalar(select(func.coalesce(func.max(ChainLink.position) + 1, 0))) or 0)
