"""Telling people what an import changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from inspect_app.domain.money import format_money
from inspect_app.domain.roc import short_date
from inspect_app.projects.importers.records import TenderRecord, Values

LABELS = {
    "name": "標案名稱", "programme": "歸屬計畫", "work_type": "工程類別", "owner_agency": "主辦機關", "competent_agency": "主管機關",
    "plan_agency": "計畫主辦機關", "plan_number": "計畫編號", "funding": "經費來源機關", "district": "縣市鄉鎮", "place": "施工地點",
    "outline": "工程概要", "contact_name": "聯絡人", "contact_phone": "聯絡電話", "contact_email": "聯絡Email", "budget": "發包預算",
    "total_budget": "工程總預算", "floor_price": "預估底價", "award_amount": "決標金額", "contract_amount": "契約金額",
    "paid_amount": "已估驗計價金額",
    "awarded_on": "決標日期", "started_on": "實際開工日期", "planned_start_on": "預定開工日期", "planned_finish_on": "預定完工日期",
    "revised_finish_on": "變更後預定完工日", "state": "狀態", "progress_planned_bp": "預定進度", "progress_actual_bp": "實際進度",
    "contract_no": "合約編號", "award_method": "決標方式", "designer_id": "設計單位", "supervision_id": "監造單位",
    "contractor_id": "得標廠商", "details": "其他資料", "lat": "座標",
}  # fmt: skip
_MONEY = {"budget", "total_budget", "floor_price", "award_amount", "contract_amount", "paid_amount"}
_OPAQUE = {"details", "lat", "designer_id", "supervision_id", "contractor_id", "outline"}


def difference(record: TenderRecord, old: Values | None, changed: Values, children: bool) -> str:
    """One line for the preview: what is new, or which columns change from what to what."""
    title = f"{record.number} {record.fields['name']}"
    if old is None:
        return f"新增：{title}"
    parts = [_part(key, old.get(key), value) for key, value in changed.items() if key in LABELS]
    parts += ["進度、落後、人員或變更設計資料"] if children else []
    return f"更新：{title}：{'；'.join(parts) or '其他資料'}"


def _part(key: str, old: Any, new: Any) -> str:
    return LABELS[key] if key in _OPAQUE else f"{LABELS[key]} {shown(key, old)} → {shown(key, new)}"


def shown(key: str, value: Any) -> str:
    """A stored value in the field's words."""
    if value is None or value == "":
        return "（空白）"
    if isinstance(value, date):
        return short_date(value)
    if key.endswith("_bp"):
        return f"{value / 100:g}%"
    return format_money(value) if key in _MONEY else str(value)
