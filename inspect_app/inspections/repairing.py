"""Repairing what could not be placed: a new operation, derived from the one that came; the one that came stays as it is.

The repaired one keeps its author and the moment of its writing, but has an id and a device of its own: the sequence
numbers, digests and receipts of the tablet that wrote it are not touched (decision 0022).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inspect_app import audit
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.domain.operations import entity_uuid
from inspect_app.domain.operations.fields import ATTENDANCE_ROLES, JUDGEMENTS
from inspect_app.domain.operations.model import SCHEMA
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.inspections import incoming, log, quarantine
from inspect_app.inspections.incoming import Incoming
from inspect_app.inspections.judging import Result, Sender
from inspect_app.inspections.models import Inspection, SetAside
from inspect_app.photos.access import decides
from inspect_app.transaction import transaction

PERSONAL = frozenset({"score_sheet", "signature", "closing", "judgement", "late_decision"})
"""Nobody else may touch what these say; they can be put into the right inspection, no more."""
_KNOWN = incoming.OperationIn.__struct_fields__
Patch = Mapping[str, Any]


def content_of(row: SetAside) -> dict[str, Any]:
    """What came, as far as it is an object of JSON; empty otherwise."""
    try:
        value = json.loads(row.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def patch_of(row: SetAside) -> dict[str, Any]:
    """The fields that came, to be corrected one by one."""
    found = content_of(row).get("set")
    return found if isinstance(found, dict) else {}


def is_personal(row: SetAside) -> bool:
    """Whether its content is a person's own word."""
    return content_of(row).get("entity") in PERSONAL


def is_secret(row: SetAside) -> bool:
    """Whether it holds scores, or shows the paper with them, that nobody but their member may see yet."""
    if content_of(row).get("entity") != "score_sheet" and patch_of(row).get("use") != "score_paper":
        return False
    found = db.session.get(Inspection, row.inspection_id)
    return found is None or not found.sheets_open


@decides("set_aside")
def _sees_photo(actor: Actor, operation_id: str, _sha256: str) -> bool:
    """Photos that only what was set aside refers to: whoever places such things, of what is to be looked at and no secret."""
    if not actor.may(Permission.VIEW_QUARANTINE):
        return False
    return not all(map(is_secret, quarantine.of_operation(actor, operation_id)))


def repair(actor: Actor, key: str, *, inspection: str, patch: Patch, reason: str) -> Result:
    """Enter a corrected copy into the log of `inspection`; the original is kept and settled with the reason.

    Raises `reason_required`, `wrong_state` (settled already, or the copy cannot be taken either: its code is named).
    """
    permit(actor, Permission.VIEW_QUARANTINE)
    if not reason.strip():
        raise Problem("reason_required", "請寫明改了什麼、為什麼。", field="reason")
    with transaction():
        row = quarantine.hold(actor, key)
        if row.settled_at is not None or not quarantine.waits(row):
            raise Problem("wrong_state", "這一筆已經處理過了，請重新整理頁面。")
        if is_personal(row) and dict(patch) != patch_of(row):
            raise Problem("wrong_state", "評分、簽名和領隊的決定只能改歸屬，不能改內容。")
        item = _copy(row, inspection, patch)
        result = log.append(Sender(row.account_id, _device(row, inspection)), [item], again=True)[0]
        if result.status not in quarantine.IN_LOG:
            raise Problem(
                "wrong_state", f"修正後仍然不能納入紀錄（{result.code}），請再查對。原件保留在這裡。"
            )
        _tell(actor, row, item, patch, reason.strip())
    return result


def _copy(row: SetAside, inspection: str, patch: Patch) -> Incoming:
    came = content_of(row)
    made = {name: came.get(name) for name in _KNOWN} | {
        "id": new_id(), "device": _device(row, inspection), "seq": 1, "inspection": inspection, "schema": SCHEMA,
        "set": dict(patch), "base": _bases(came, inspection, patch), "author": row.account_id,
        "entity_id": _entity_id(came, inspection),
    }  # fmt: skip
    item = incoming.read(json.dumps(made).encode())
    if item is None or item.operation is None:
        raise Problem("wrong_state", "這一筆的內容讀不出來，只能保留。")
    return item


def _device(row: SetAside, inspection: str) -> str:
    """The desk at which it is repaired: one for each repaired operation, so that its number is always 1."""
    return entity_uuid(inspection, f"repair:{row.id}")


def _bases(came: Patch, inspection: str, patch: Patch) -> dict[str, Any]:
    """What a field replaces means something in the log it was written for only."""
    base = came.get("base") if came.get("inspection") == inspection else None
    known = base if isinstance(base, dict) else {}
    return {name: known.get(name) for name in patch}


def _entity_id(came: Patch, inspection: str) -> Any:
    """The same entity; one that each inspection has once is the other inspection's own."""
    own, old = came.get("entity_id"), came.get("inspection")
    if old == inspection or not isinstance(old, str):
        return own
    if came.get("entity") == "visit":
        return inspection
    return next(
        (entity_uuid(inspection, name) for name in _names(came) if entity_uuid(old, name) == own), own
    )


def _names(came: Patch) -> list[str]:
    """The names under which an inspection may have this entity once."""
    kind, behalf = came.get("entity"), came.get("on_behalf")
    people = [str(came.get("author")), str(behalf.get("member")) if isinstance(behalf, dict) else ""]
    roles = ATTENDANCE_ROLES.split()
    return [
        "closing",
        *(f"{kind}:{person}" for person in people),
        *(f"attendance:{role}" for role in roles),
        *(f"signature:party:{role}" for role in roles),
        *(f"judgement:{one}" for one in JUDGEMENTS.split()),
    ]


def _tell(actor: Actor, row: SetAside, item: Incoming, patch: Patch, reason: str) -> None:
    """The names of what was changed, never the values: those stand in the original and in the log."""
    came = patch_of(row)
    changed = sorted(name for name in {*came, *patch} if came.get(name) != patch.get(name))
    _, told = quarantine.words(row, "reason", reason)
    facts = {"entered": item.id, "fields": changed, **told}
    audit.record(actor, "inspections.quarantine_repaired", f"operation:{row.operation_id}", **facts)
    quarantine.close(actor, row, f"修正後納入（{item.id}）：{reason}")
