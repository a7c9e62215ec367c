"""Who is asked for on the day of a visit, and who must come (作業辦法 art 5)."""

from __future__ import annotations

ATTENDANCE = {
    "owner_head": "主辦機關首長或主管",
    "owner_handler": "主辦機關承辦人",
    "supervision_head": "監造現場主管",
    "supervision_engineer": "監造技師／建築師",
    "contractor_engineer": "專任工程人員",
    "contractor_qc": "品管人員",
    "contractor_site_head": "工地主任／工地負責人",
    "contractor_safety": "職業安全衛生人員",
    "pcm": "專案管理廠商",
    "integrity": "政風人員",
    "other": "其他人員",
}
MUST_ATTEND = ("supervision_engineer", "contractor_engineer")
