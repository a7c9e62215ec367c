"""What the log's entities, fields and values are called on an inspection's pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from inspect_app.domain import roc
from inspect_app.office.filters import roc_stamp
from inspect_app.reports import words

KINDS = {
    "visit": "基本資料", "attendance": "出席簽到", "finding": "缺失", "merit": "優點", "test": "抽驗", "judgement": "重大缺失判定",
    "photo": "照片", "score_sheet": "評分表", "signature": "簽名", "closing": "結束查核", "late_decision": "逾時資料處理",
}  # fmt: skip
FIELDS = {
    "kind": "類別", "code": "編號", "text": "內容", "severity": "缺失情節", "party": "對象", "location": "位置", "points": "扣點",
    "agreed_severity": "議定情節", "agreed_party": "記點對象", "also_supervision": "併扣監造", "also_pcm": "併扣專案管理",
    "supervision_points": "監造單位扣點", "pcm_points": "專案管理扣點",
    "agreed": "議定", "noted_by": "記錄人", "name": "姓名", "title": "職稱", "organisation": "單位", "role": "身分",
    "present": "出席", "absence_reason": "缺席原因", "caption": "說明", "use": "用途", "taken_at": "拍攝時間",
    "arrived_at": "到場時間", "weather": "天氣", "works_now": "目前施工概況", "improvement_deadline": "改善期限",
    "room_cleared_at": "清場時間", "points_agreed": "扣點議定", "handed_in_at": "交卷時間", "closed_at": "結束時間",
    "signed_at": "簽名時間", "deleted": "刪除", "decision": "決定", "reason": "理由", "quantity": "數量", "item": "項目",
    "place": "位置", "laboratory": "試驗室", "method": "方式", "failed": "判定不符", "aspect": "面向", "ticks": "勾選項目",
    "q_owner": "Q 主辦", "q_supervision": "Q 監造", "q_contractor": "Q 承攬", "w_structure": "W 主體", "w_materials": "W 材料",
    "w_safety": "W 安全", "p": "P", "env": "環境", "safety": "安全", "strength": "強度", "looks": "美觀", "function": "功能",
    "comment_q": "Q 說明", "comment_w": "W 說明", "comment_p": "P 說明", "progress_basis": "進度依據", "remarks": "備註",
    "retake": "須重拍", "progress_planned_bp": "預定進度", "progress_actual_bp": "實際進度",
}  # fmt: skip
_KINDS = words.TEST | words.JUDGEMENT | words.KIND_OF_FINDING
CODES: Mapping[str, Mapping[str, str]] = {
    "severity": words.SEVERITY, "agreed_severity": words.SEVERITY, "party": words.PARTY, "agreed_party": words.PARTY,
    "aspect": words.ASPECT, "role": words.ATTENDANCE, "kind": _KINDS, "decision": {"accept": "採用", "reject": "不採用"},
    "use": words.USE,
}  # fmt: skip
UNSAID = (
    "strokes",
    "digest",
    "frontier",
    "sha256",
    "finding",
    "size",
    "type",
    "width",
    "height",
    "lat_e7",
    "lon_e7",
    "accuracy_m",
)
"""Fields that tell a person nothing."""


def moment_of(stamp: str) -> datetime:
    """The moment in an operation's stamp (milliseconds in hexadecimal, then a counter)."""
    return datetime.fromtimestamp(int(stamp.split("-")[0], 16) / 1000, UTC)


LONG_AFTER = timedelta(hours=12)
"""An evening without a network is usual; what came later than that was perhaps not written when it says."""


def came_later(stamp: str, received: datetime | None) -> bool:
    """Whether an operation reached the server long after the moment that its tablet gives."""
    return received is not None and received - moment_of(stamp) > LONG_AFTER


def said(name: str, value: Any, people: Mapping[str, str]) -> str:
    """A field's value in words."""
    if value is None or value == "":
        return "（空白）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return f"{len(value)} 台裝置"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value)) or "（空白）"
    return _text(name, value, people)


def _text(name: str, value: Any, people: Mapping[str, str]) -> str:
    if name.endswith("_bp"):
        return words.percent(value)
    if name.endswith("_at"):
        return roc_stamp(datetime.fromisoformat(value))
    if name == "improvement_deadline":
        return roc.short_date(date.fromisoformat(value))
    if name == "noted_by":
        return people.get(value, str(value))
    return CODES.get(name, {}).get(value, str(value))
