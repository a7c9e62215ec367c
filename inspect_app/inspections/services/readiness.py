"""What the team still has to do before the record can go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_app.domain.operations import entity_uuid, undecided, withdrawn
from inspect_app.inspections import queries, verdict
from inspect_app.inspections.state import folded


def what_is_missing(inspection_id: str) -> list[str]:
    """Sentences; empty when the record may go to the members."""
    content = queries.draft(inspection_id)
    found = _without_sheet(content)
    undecided = [line["no"] for line in content["defects"] if not line["party"]]
    if undecided:
        found.append(f"缺失第 {'、'.join(map(str, undecided))} 項尚未議定記點對象")
    if not content["improvement_deadline"]:
        found.append("領隊尚未訂定改善期限")
    return found + for_leader(inspection_id)


def for_leader(inspection_id: str) -> list[str]:
    """Sentences of what only the leader can settle (decision 0054)."""
    late, torn = len(late_waiting(inspection_id)), differing(inspection_id)
    found = [f"有 {late} 筆逾時送達的紀錄待領隊決定"] if late else []
    if torn:
        found.append(f"有 {torn} 處寫法不同或刪除後另有補寫，待領隊重新開啟查核選定（見「歧異與遲到」）")
    return found


def without_sheet(inspection_id: str) -> list[str]:
    """Of these the sentences about scores: a sheet that was there can have left the record again."""
    return _without_sheet(queries.draft(inspection_id))


def _without_sheet(content: Mapping[str, Any]) -> list[str]:
    names = verdict.missing_sheets(content) if _scored(content) else []
    return [f"{name}的評分表尚未送出" for name in names]


def _scored(content: Mapping[str, Any]) -> bool:
    """An unscored re-inspection is possible: then nobody has a sheet."""
    handed_in = any(sheet["handed_in_at"] for sheet in content["internal"]["sheets"])
    return content["visit"]["kind"] != "reinspection" or handed_in


def differing(inspection_id: str) -> int:
    """How many fields hold several values, and how many things were deleted with something unseen in them."""
    state = folded(inspection_id)
    return len(undecided(state)) + len(withdrawn(state))


def late_waiting(inspection_id: str) -> list[str]:
    """Ids of the late operations about which the leader has not decided."""
    state = folded(inspection_id)
    return sorted(key for key in state.late if not _decided(inspection_id, key))


def _decided(inspection_id: str, operation_id: str) -> bool:
    key = entity_uuid(inspection_id, f"late_decision:{operation_id}")
    return folded(inspection_id).entity("late_decision", key).value("decision") is not None
