"""The field's words for stored codes, said once for documents and office pages."""

from __future__ import annotations

from datetime import date

from inspect_app.domain.attendance import ATTENDANCE as ATTENDANCE
from inspect_app.domain.money import format_money
from inspect_app.domain.penalties import PARTY_LABELS
from inspect_app.domain.roc import format_date

SEVERITY = {"L": "輕微", "M": "中等", "S": "嚴重"}
PARTY = {party.value: label for party, label in PARTY_LABELS.items()}
KIND_OF_FINDING = {"defect": "缺失", "design": "規劃設計問題及建議", "advice": "其他建議"}
USE = {"evidence": "佐證", "site": "現場", "signed_paper": "簽名紙本", "score_paper": "評分紙本"}
KIND = {"inspection": "查核", "reinspection": "複查", "supervision": "督導"}
ASPECT = {"safety": "安全性", "constructability": "施工性", "maintainability": "維護性"}
TEST = {
    "concrete_core": "混凝土鑽心",
    "asphalt_core": "瀝青混凝土鑽心",
    "subgrade_compaction": "路基壓實度",
    "rebar": "鋼筋",
    "other": "其他",
}
INDICATORS = {"env": "環境", "safety": "安全", "strength": "強度", "looks": "美觀", "function": "功能"}
JUDGEMENT = {
    "main_structure": "主要結構與設計不符情節重大",
    "main_material": "主要材料或設備與設計不符情節重大",
    "safety": "其他影響安全的重大缺失",
}
RESULT = {"pass": "合格", "fail": "不合格", "pending": "待判定"}


def day(value: str | date | None) -> str:
    """民國115年11月23日（一）, or a dash where there is none."""
    if not value:
        return "—"
    return format_date(date.fromisoformat(value) if isinstance(value, str) else value)


def money(value: int | None) -> str:
    return "—" if value is None else format_money(value)


def percent(basis_points: int | None) -> str:
    return "—" if basis_points is None else f"{basis_points / 100:.2f}%"


def notice(announced: bool | None) -> str:
    return "事先函知" if announced else "不事先通知"
