"""What staff entered for members from their signed paper (代登), which its member has yet to confirm."""

from __future__ import annotations

from collections.abc import Mapping

from inspect_app.domain.operations import Entity, entity_uuid
from inspect_app.inspections.state import folded
from inspect_app.inspections.team import members_of

WORDS = {"score_sheet": "評分表", "signature": "簽名"}


def entered_for(inspection_id: str) -> Mapping[str, list[str]]:
    """{account: 評分表, 簽名}: of whom a value that staff entered is shown, also over the member's own."""
    state, found = folded(inspection_id), {}
    for row in members_of(inspection_id):
        ids = {kind: entity_uuid(inspection_id, f"{kind}:{row.account_id}") for kind in WORDS}
        told = [WORDS[kind] for kind, key in ids.items() if is_entered(state.entity(kind, key))]
        if told:
            found[row.account_id] = told
    return found


def is_entered(item: Entity) -> bool:
    """Whether any shown value of a sheet or signature is not its member's own."""
    return any(value.on_behalf for value in item.fields.values())
