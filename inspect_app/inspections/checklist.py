"""查核作業檢查表: what the rules ask of a visit, answered from what the log and the plan hold."""

from __future__ import annotations

from typing import Any

from inspect_app.domain.attendance import ATTENDANCE, MUST_ATTEND
from inspect_app.domain.operations import State, Team
from inspect_app.scheduling.models import Visit


def checklist(visit: Visit, state: State, team: Team) -> list[dict[str, Any]]:
    """[{item, done, note}] in the order of the day (作業辦法 art 2-7)."""
    seen = state.entity("visit", visit.id)
    notice = str((visit.plan or {}).get("notice_no") or "")
    signed = len([one for _id, one in state.of("signature") if one.value("signed_at")])
    tests = len(list(state.of("test")))
    photographed = {one.value("finding") for _id, one in state.of("photo")}
    return [
        _line("出示書面通知及查核證", bool(seen.value("arrived_at")), notice),
        *_attendance(state),
        _line(
            "缺失附現場佐證相片", bool(photographed - {None}), f"{len(photographed - {None})} 項缺失有相片"
        ),
        _line("檢驗、拆驗或鑑定", bool(tests), f"{tests} 項" if tests else "未實施"),
        _line("清場後議定缺失等級、扣點及記點對象", bool(seen.value("points_agreed")), ""),
        _line("訂定改善期限", bool(seen.value("improvement_deadline")), ""),
        _line("全體人員簽名", signed >= len(team.signers), f"{signed} / {len(team.signers)} 人"),
    ]


def _attendance(state: State) -> list[dict[str, Any]]:
    lines = {one.value("role"): one for _id, one in state.of("attendance")}
    found = []
    for role in MUST_ATTEND:
        line = lines.get(role)
        present = line is not None and line.value("present", True)
        note = "" if present or line is None else line.value("absence_reason") or "未說明"
        found.append(_line(f"{ATTENDANCE[role]}到場", present, note))
    return found


def _line(item: str, done: bool, note: str) -> dict[str, Any]:
    return {"item": item, "done": done, "note": note}
