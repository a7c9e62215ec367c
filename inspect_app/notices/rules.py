"""What a reply needs, as pure checks of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

PHOTO_SLOTS = ("before", "during", "after")
SLOT_NAMES = {"before": "改善前", "during": "改善中", "after": "改善後", "scan": "佐證文件"}
EVIDENCE_NAMES = {"photos": "改善前、中、後照片", "scans": "佐證文件", "short": "文字說明"}
SANCTIONS = {
    "contract": "依契約規定處置（扣款、懲罰性違約金）",
    "discipline": "懲處機關失職人員",
    "report_engineer": "函送建築師、技師、專任工程人員或工地主任移付懲戒",
    "procurement_101": "依採購法第 101 條至第 103 條辦理",
    "replace_supervision": "撤換監造人員",
    "replace_site": "撤換工地負責人、品管或安衛人員",
    "redo": "拆除重做",
    "escalate": "函送上級機關、審計、監察或檢調機關",
}


def evidence_of(part: str, code: str) -> str:
    """Which evidence an item takes: photos for physical work, scans for document defects (4.xx), else a short reply."""
    if part != "defect":
        return "short"
    return "scans" if code.startswith(("4.", "6.")) else "photos"


def gaps(evidence: str, reply: Mapping[str, Any], slots: set[str], today: date) -> dict[str, str]:
    """What still lacks before the reply may go to the approver: field -> sentence.

    `reply`: measure, cause, done_on, undone_reason, missing; `slots`: those that hold at least one file.
    """
    found: dict[str, str] = {}
    if not str(reply["measure"]).strip():
        found["measure"] = "請填寫改善對策及結果。"
    if evidence != "short" and not str(reply["cause"]).strip():
        found["cause"] = "請填寫缺失原因。"
    found |= _date_gaps(evidence, reply, today)
    return found | _file_gaps(evidence, reply["missing"], slots)


def _date_gaps(evidence: str, reply: Mapping[str, Any], today: date) -> dict[str, str]:
    done_on = reply["done_on"]
    if done_on is not None and done_on > today:
        return {"done_on": "完成日期不能晚於今天；還沒完成的，請改填未完成原因。"}
    if done_on is None and evidence != "short" and not str(reply["undone_reason"]).strip():
        return {"done_on": "請填完成日期；尚未完成的，請說明原因及預定完成時間。"}
    return {}


def _file_gaps(evidence: str, missing: Mapping[str, str], slots: set[str]) -> dict[str, str]:
    wanted = {"photos": PHOTO_SLOTS, "scans": ("scan",), "short": ()}[evidence]
    lacking = [slot for slot in wanted if slot not in slots and not missing.get(slot, "").strip()]
    return {
        f"photo_{slot}": f"請附{SLOT_NAMES[slot]}的照片或文件；沒有的話，請說明原因。" for slot in lacking
    }
