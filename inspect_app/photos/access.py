"""Who may see a photo follows from where it is used. Each feature tells here how it decides about its own references."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select

from inspect_app.accounts.actor import Actor
from inspect_app.extensions import db
from inspect_app.photos.models import PhotoUse, Possession

Checker = Callable[[Actor, str, str], bool]
"""(actor, id of the reference, sha256) -> whether the actor may see the photo there."""

_checkers: dict[str, Checker] = {}


def decides(kind: str) -> Callable[[Checker], Checker]:
    """Register the function that decides about references `kind:<id>`."""

    def register(checker: Checker) -> Checker:
        _checkers[kind] = checker
        return checker

    return register


def may_see(actor: Actor, sha256: str) -> bool:
    """Whether the actor sent the photo, or sees one of the things that refer to it. Unknown references open nothing."""
    if db.session.get(Possession, (sha256, actor.id)) is not None:
        return True
    refs = db.session.scalars(
        select(PhotoUse.ref).where(PhotoUse.sha256 == sha256).order_by(PhotoUse.ref)
    ).all()
    return any(_sees(actor, ref, sha256) for ref in refs)


def _sees(actor: Actor, ref: str, sha256: str) -> bool:
    kind, _, key = ref.partition(":")
    checker = _checkers.get(kind)
    return checker is not None and checker(actor, key, sha256)


def visible_refs(actor: Actor, refs: Iterable[str], sha256: str) -> list[str]:
    """The references that the actor may know of."""
    return [ref for ref in refs if _sees(actor, ref, sha256)]
