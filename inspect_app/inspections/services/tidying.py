"""整理: staff put the wording in order; the log keeps the originals."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.operations import State
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.inspections import queries
from inspect_app.inspections.document import Wordings
from inspect_app.inspections.models import Wording
from inspect_app.inspections.services.opening import open_record, reach
from inspect_app.inspections.state import folded
from inspect_app.transaction import transaction

TIDY_FIELDS = {
    "finding": ("text", "location"),
    "merit": ("text",),
    "visit": ("works_now",),
    "test": ("item", "place"),
}
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Tidied:
    """One field to tidy; `seen` is the text that the page showed, so that nobody overwrites unseen work."""

    entity: str
    entity_id: str
    field: str
    text: str
    seen: str

    @property
    def place(self) -> tuple[str, str, str]:
        return self.entity, self.entity_id, self.field


def tidy(actor: Actor, inspection_id: str, *changes: Tidied) -> int:
    """Change the wording of the record; answers how many fields changed. Confirmations of the earlier version lapse.

    Raises `stale` when a text is no longer what the page showed, `wrong_state` once the record is with the convener.
    """
    with transaction():
        reach(actor, Permission.TIDY_RECORDS, inspection_id, "closed", "confirming")
        state, wordings = folded(inspection_id), queries.wordings_of(inspection_id)
        changed = [change for change in changes if _changes(change, _current(change, state, wordings))]
        for change in changed:
            _write(actor, inspection_id, change, state)
        if changed:
            open_record(inspection_id).version += 1
    return len(changed)


def _current(change: Tidied, state: State, wordings: Wordings) -> str:
    """What the record says there now. Raises `not_found` for an entity that nobody wrote."""
    if change.field not in TIDY_FIELDS.get(change.entity, ()):
        raise Problem("bad_value", "這個欄位不能在這裡修改。", field=change.field)
    item = state.entity(change.entity, change.entity_id)
    if item.deleted or not item.fields:
        raise Problem("not_found", "這一項已經刪除，請重新整理頁面。")
    return wordings.get(change.place, item.value(change.field) or "")


def _changes(change: Tidied, current: str) -> bool:
    text = change.text.strip()
    if text == current:
        return False
    if current != change.seen:
        raise Problem("stale", "這段文字剛被別人改過，請比較後再儲存。", field=change.field, current=current)
    if not text and change.field == "text":
        raise Problem("missing", "內容不能是空白；要刪除請領隊在平板上處理。", field=change.field)
    if len(text) > LONGEST:
        raise Problem("bad_value", f"最多 {LONGEST:,} 個字，請縮短。", field=change.field)
    return True


def _write(actor: Actor, inspection_id: str, change: Tidied, state: State) -> None:
    original = state.entity(change.entity, change.entity_id).value(change.field) or ""
    key, text = new_id(), change.text.strip()
    db.session.add(
        Wording(
            id=key, inspection_id=inspection_id, entity=change.entity, entity_id=change.entity_id,
            field=change.field, original=original, text=text, by=actor.id, at=clock.now(),
        )
    )  # fmt: skip
    pinned = {"wording": key, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    facts = {"entity": change.entity_id, "field": change.field, **pinned}
    audit.record(actor, "inspections.tidied", f"inspection:{inspection_id}", **facts)
