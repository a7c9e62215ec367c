"""Whether an operation may enter the state. The answer is a code or None; a refused one never enters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .clock import HLC
from .fields import ATTENDANCE_ROLES, ENTITIES, JUDGEMENTS, UUID, Field, is_sha256, is_text, is_uuid, is_whole
from .identity import entity_uuid
from .model import SCHEMA, OperationLike, Team
from .sheet import fits_sheet

_FIXED = re.compile(rf"(?:{UUID} ){{4}}{HLC.pattern}")


def validate(operation: OperationLike, team: Team) -> str | None:
    """None, or the refusal: unknown_schema, bad_value, unknown_entity, unknown_field, not_on_team, leader_only, not_owner.

    The order of the questions is part of the contract: form first, then the person.
    """
    return form(operation) or on_visit(operation, team)


def on_visit(operation: OperationLike, team: Team) -> str | None:
    """The refusals of a well-formed operation that follow from the visit: its score sheet, then its people."""
    return person(operation, team) if fits_sheet(operation, team) else "bad_value"


def form(operation: OperationLike) -> str | None:
    """The refusals that follow from the operation alone: unknown_schema, unknown_entity, bad_value, unknown_field."""
    if operation.schema != SCHEMA:
        return "unknown_schema"
    fields = ENTITIES.get(operation.entity)
    if fields is None:
        return "unknown_entity"
    return _envelope(operation) or _content(operation, fields)


def _envelope(operation: OperationLike) -> str | None:
    """One expression for all that stands in fixed forms: it is asked for every operation that comes in."""
    fixed = f"{operation.id} {operation.device} {operation.inspection} {operation.entity_id} {operation.hlc}"
    numbered = is_whole(operation.seq) and operation.seq >= 1
    return None if numbered and _FIXED.fullmatch(fixed) and is_text(operation.author) else "bad_value"


def _content(operation: OperationLike, fields: Mapping[str, Field]) -> str | None:
    if not operation.set:
        return "bad_value"
    if not operation.set.keys() <= fields.keys():
        return "unknown_field"
    for name, value in operation.set.items():
        field = fields[name]
        if field.required if value is None else not field.check(value):
            return "bad_value"
    return None if _bases_fit(operation) and _placed(operation) else "bad_value"


def _bases_fit(operation: OperationLike) -> bool:
    base = operation.base
    if not base.keys() <= operation.set.keys():
        return False
    known = [value for value in base.values() if value is not None]
    return not known or all(_base_fits(operation.id, value) for value in known)


def _base_fits(own_id: str, value: Any) -> bool:
    known = value if isinstance(value, list | tuple) else [value]
    return all(is_uuid(item) and item != own_id for item in known)


def _placed(operation: OperationLike) -> bool:
    """An entity of which there is exactly one must carry the id that follows from its name."""
    patch, own = operation.set, operation.entity_id
    if operation.entity == "visit":
        return own == operation.inspection
    if operation.entity == "closing":
        return own == entity_uuid(operation.inspection, "closing")
    if operation.entity == "judgement":
        return _judgement_placed(operation.inspection, own, patch)
    if operation.entity == "late_decision" and "operation" in patch:
        return own == entity_uuid(operation.inspection, f"late_decision:{patch['operation']}")
    return True


def _judgement_placed(inspection: str, own: str, patch: Mapping[str, Any]) -> bool:
    kinds = [patch["kind"]] if "kind" in patch else JUDGEMENTS.split()
    return own in [entity_uuid(inspection, f"judgement:{kind}") for kind in kinds]


def person(operation: OperationLike, team: Team) -> str | None:
    """The refusals of a well-formed operation that follow from who writes it: not_on_team, leader_only, not_owner."""
    if operation.author not in team:
        return "not_on_team"
    if operation.author != team.leader and _for_leader(operation):
        return "leader_only"
    if operation.entity in ("score_sheet", "signature"):
        return None if _owns(operation, team) else "not_owner"
    return None


def _for_leader(operation: OperationLike) -> bool:
    fields = ENTITIES[operation.entity]
    return any(fields[name].leader for name in operation.set)


def _owns(operation: OperationLike, team: Team) -> bool:
    """A sheet or signature accepts its member's operations, or staff's with the photo of the signed paper."""
    owner = owners(operation.inspection, team).get((operation.entity, operation.entity_id))
    if owner is None or owner in ("", operation.author):
        return owner is not None
    behalf = operation.on_behalf
    marked = behalf is not None and behalf.member == owner and is_sha256(behalf.photo)
    return operation.author in team.staff and marked


@lru_cache(maxsize=64)
def owners(inspection: str, team: Team) -> Mapping[tuple[str, str], str]:
    """{(entity, entity id): account} of all sheets and signatures; "" for a party's signature, which any of the team takes."""
    sheets = {("score_sheet", entity_uuid(inspection, f"score_sheet:{who}")): who for who in team.members}
    signed = {("signature", entity_uuid(inspection, f"signature:{who}")): who for who in team.signers}
    parties = {
        ("signature", entity_uuid(inspection, f"signature:party:{role}")): ""
        for role in ATTENDANCE_ROLES.split()
    }
    return {**sheets, **signed, **parties}
