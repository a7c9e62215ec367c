"""What somebody may read of an inspection's record: the same record, less what is not theirs to know.

- An agency reads the issued record without sheets, originals and mean, and no withheld score.
- A member reads the own sheet only, and no result, until everybody has handed in.
- Who neither was there nor works on the record (chair, secretary) reads it as it goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.operations import HistoryLine, State, entity_uuid
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.inspections import queries
from inspect_app.inspections.document import for_agency, with_results
from inspect_app.inspections.models import Inspection, Record
from inspect_app.inspections.state import folded

WORKING = (
    Permission.TIDY_RECORDS,
    Permission.APPROVE_RECORDS,
    Permission.ISSUE_RECORDS,
    Permission.VIEW_AUDIT,
)
Content = dict[str, Any]
SEALED_RESULT: Mapping[str, Any] = {
    "score": None, "grade": None, "withheld": False, "unscored": False, "reasons": [], "spread": None, "waiting": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One inspection for one reader. `inside`: may read sheets, originals and history."""

    inspection: Inspection
    record: Record | None
    content: Content
    inside: bool

    @property
    def frozen(self) -> bool:
        return self.record is not None and self.record.content is not None

    @property
    def letter(self) -> dict[str, Any]:
        """Number and day of the letter that carried the record, empty before."""
        if self.record is None or self.record.letter_on is None:
            return {"number": "", "on": None}
        return {"number": self.record.letter_no, "on": self.record.letter_on}


def shown(actor: Actor, inspection_id: str) -> Shown:
    """Raises `not_found` for those who may not see the inspection at all."""
    row = queries.get(actor, inspection_id)
    record = db.session.get(Record, inspection_id)
    return Shown(row, record, _content(actor, row, record), is_inside(actor, row))


def is_inside(actor: Actor, row: Inspection) -> bool:
    """Whether the actor was there or works on the record."""
    if actor.of_agency:
        return False
    return queries.is_on_team(actor, row.id) or any(map(actor.may, WORKING))


def _content(actor: Actor, row: Inspection, record: Record | None) -> Content:
    content = queries.content_of(row.id)
    if not is_inside(actor, row):
        return _outside(content, row, record)
    content = with_results(content, queries.results_of(row.id))
    return content if row.sheets_open else _before_all_sheets(actor, content)


def _outside(content: Content, row: Inspection, record: Record | None) -> Content:
    """As it goes out; a judgement of the laboratory is told together with the score that depends on it."""
    told = record is not None and not record.withheld and row.state == "issued"
    if told:
        return for_agency(with_results(content, queries.results_of(row.id)))
    found = for_agency(content)
    return found if row.state == "issued" else found | {"result": dict(SEALED_RESULT)}


def _before_all_sheets(actor: Actor, content: Content) -> Content:
    """Others' sheets are empty, and nothing that is computed from them is there."""
    own = [_own_sheet(actor, sheet) for sheet in content["internal"]["sheets"]]
    unscored = content["result"]["unscored"]
    result = content["result"] if unscored else dict(SEALED_RESULT)
    return content | {"internal": {"sheets": own}, "result": result}


def _own_sheet(actor: Actor, sheet: Mapping[str, Any]) -> dict[str, Any]:
    if sheet["account"] == actor.id:
        return dict(sheet)
    kept = {name: sheet[name] for name in ("account", "name", "external", "handed_in_at")}
    nothing = dict.fromkeys(("q", "w", "p", "total"))
    empty = dict.fromkeys(sheet["indicators"])
    comments = dict.fromkeys(sheet["comments"], "")
    return kept | nothing | {"missing": [], "indicators": empty, "comments": comments, "hidden": True}


@dataclass(frozen=True, slots=True)
class EntityHistory:
    """Everything that happened to one entity, and the fields about which people disagree."""

    kind: str
    entity_id: str
    lines: tuple[HistoryLine, ...]
    conflicts: tuple[str, ...]


def history(actor: Actor, inspection_id: str) -> list[EntityHistory]:
    """Entity by entity in the order of the visit. Others' sheets only once everybody has handed in."""
    row = queries.get(actor, inspection_id)
    if not is_inside(actor, row):
        raise Problem("forbidden", "操作歷程只給查核小組與承辦人員查看。")
    state = folded(inspection_id)
    known = {(item.operation.entity, item.operation.entity_id) for item in state.log}
    keys = sorted((key for key in known if key[0] in ORDER), key=lambda key: (ORDER.index(key[0]), key[1]))
    return [_history(state, *key) for key in keys if open_to(actor, row, state, *key)]


ORDER = (
    "visit", "attendance", "finding", "merit", "test", "judgement", "photo", "score_sheet", "signature", "closing",
    "late_decision",
)  # fmt: skip


def open_to(actor: Actor, row: Inspection, state: State, kind: str, entity_id: str) -> bool:
    """Whether somebody inside may read this entity: others' sheets, and photos of them, only once all are handed in."""
    if row.sheets_open:
        return True
    if kind == "score_sheet":
        return entity_id == _own_sheet_id(row.id, actor)
    return kind != "photo" or not _is_of_a_sheet(state, entity_id)


def _is_of_a_sheet(state: State, photo: str) -> bool:
    """Whether anybody ever called it one, also in an operation that came late and is not folded in."""
    own = (item.operation for item in state.log if item.operation.entity_id == photo)
    return any(operation.set.get("use") == "score_paper" for operation in own)


def _own_sheet_id(inspection_id: str, actor: Actor) -> str:
    return entity_uuid(inspection_id, f"score_sheet:{actor.id}")


def _history(state: State, kind: str, entity_id: str) -> EntityHistory:
    torn = tuple(field for one, key, field in state.conflicts if (one, key) == (kind, entity_id))
    return EntityHistory(kind, entity_id, tuple(state.history(kind, entity_id)), torn)
