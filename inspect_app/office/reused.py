"""Pictures that were used before: the same or a near-equal one in another finding, another project or an earlier reply.

For those who review. They see the other picture and where it stands only if they may see it there; else only the fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from inspect_app.accounts.actor import Actor
from inspect_app.extensions import db
from inspect_app.inspections.models import Inspection
from inspect_app.notices.models import CaseItem, Reply
from inspect_app.office.filters import roc_date
from inspect_app.photos import access
from inspect_app.photos.queries import Likeness, lookalikes
from inspect_app.projects.models import Tender


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands, in words, and the page that shows it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Match:
    """A picture of this page and another use. `other` is None where the reader may not see it; `hidden`: also elsewhere."""

    sha256: str
    label: str
    other: str | None
    how: str
    places: tuple[Place, ...]
    hidden: bool


Expected = Callable[[str, str], bool]
"""(reference, sha256) -> whether the picture belongs there anyway."""


def in_record(who: Actor, inspection: Inspection, listed: list[dict[str, Any]]) -> list[Match]:
    """Photos of an inspection (`record_tabs.all_photos`) that stand elsewhere, or at another of its findings."""

    def expected(ref: str, sha256: str) -> bool:
        return ref == f"inspection:{inspection.id}" or _carried_on(ref, sha256, inspection.id)

    found = []
    for line in listed:
        for like in lookalikes(line["sha256"]):
            near = _beside(line, like.sha256, listed, inspection.id)
            found += _match(who, line["sha256"], line["of"], like, expected, near)
    return found


def _beside(
    line: Mapping[str, Any], other: str, listed: Iterable[Mapping[str, Any]], key: str
) -> list[Place]:
    """The other findings of the same inspection at which the picture stands."""
    url = url_for("office.inspection", inspection_id=key, tab="photos")
    names = {one["of"] for one in listed if one["sha256"] == other and one["of"] != line["of"]}
    return [Place(f"本次查核　{name}", url) for name in sorted(names)]


def _carried_on(ref: str, sha256: str, inspection_id: str) -> bool:
    """A reply takes over the inspection's picture as the one "before"."""
    reply = _reply(ref)
    if reply is None or _item(reply).case.inspection_id != inspection_id:
        return False
    return all(photo.slot == "before" for photo in reply.photos if photo.sha256 == sha256)


def in_reply(who: Actor, entry: CaseItem, reply: Reply, names: Mapping[str, str]) -> list[Match]:
    """Pictures of a reply that were used before; the picture "before" is the inspection's own. `names`: of the slots."""

    def before(ref: str, sha256: str) -> bool:
        own = ref == f"inspection:{entry.case.inspection_id}"
        return own or ref == f"reply:{reply.id}" or _carried_on(ref, sha256, entry.case.inspection_id)

    def other(ref: str, _sha256: str) -> bool:
        return ref == f"reply:{reply.id}"

    found = []
    for photo in reply.photos:
        expected = before if photo.slot == "before" else other
        for like in lookalikes(photo.sha256):
            found += _match(who, photo.sha256, names[photo.slot], like, expected, [])
    return found


def _match(
    who: Actor, sha256: str, label: str, like: Likeness, expected: Expected, beside: list[Place]
) -> list[Match]:
    refs = [ref for ref in like.refs if _tells(ref) and not expected(ref, like.sha256)]
    known = access.visible_refs(who, refs, like.sha256)
    if not refs and not beside:
        return []
    places = (*beside, *map(_place, known))
    shown = like.sha256 if places or access.may_see(who, like.sha256) else None
    return [Match(sha256, label, shown, _how(sha256, like), places, len(known) < len(refs))]


def _tells(ref: str) -> bool:
    """A case refers to its inspection's pictures, and what was set aside is looked at on its own page."""
    return ref.startswith(("inspection:", "reply:"))


def _how(sha256: str, like: Likeness) -> str:
    if like.sha256 == sha256:
        return "同一個檔案"
    return "畫面相同，檔案不同" if like.bits == 0 else f"畫面相近（64 點差 {like.bits} 點）"


def _reply(ref: str) -> Reply | None:
    kind, _, key = ref.partition(":")
    return db.session.get(Reply, key) if kind == "reply" else None


def _item(reply: Reply) -> CaseItem:
    return db.session.get_one(CaseItem, reply.item_id)


def _place(ref: str) -> Place:
    """A reference that the reader may see, in words."""
    reply = _reply(ref)
    if reply is not None:
        entry = _item(reply)
        name = db.session.get_one(Tender, entry.case.tender_id).name
        url = url_for("office.case_item", case_id=entry.case_id, item_id=entry.id)
        return Place(f"{name}　第 {entry.no} 項第 {reply.round} 次填報", url)
    row = db.session.get_one(Inspection, ref.partition(":")[2])
    name = db.session.get_one(Tender, row.tender_id).name
    url = url_for("office.inspection", inspection_id=row.id, tab="photos")
    return Place(f"{name}　{roc_date(row.inspected_on)}查核", url)
