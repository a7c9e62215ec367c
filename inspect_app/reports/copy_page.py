"""The copy page: every field of the central form, in the order of its nine tabs, ready to copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inspect_app.domain.roc import local_date, short_date
from inspect_app.reports import words
from inspect_app.reports.inspection_list import Content, Listed, short_day, thousands
from inspect_app.reports.record import merits, result_text


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the central form: label -> text to copy."""

    name: str
    fields: Sequence[tuple[str, str]]


Remarks = Mapping[str, str]


def copy_tabs(item: Listed, record: Mapping[str, str], remarks: Remarks | None = None) -> list[Tab]:
    """The nine tabs of the central form in its order, each field ready to copy. `record`: what stands on its letters
    (letter, late_reason, approval, closed); `remarks`: 委員表現 by account.
    """
    content = item.content
    return [
        Tab("基本資料", [*_basic(content), *_followed(item, content, record)]),
        Tab("查核委員", _team(item, content)),
        Tab(
            "參與人員",
            [
                *_people(content, "主管、主辦機關人員", OWNERS),
                *_people(content, "監造設計承造單位人員", SITE),
            ],
        ),
        Tab("優點", [(f"優點 {n}", text) for n, text in enumerate(merits(content), start=1)]),
        Tab("檢驗及評分", [*_tests(content), *_scores(content, remarks or {}), *_points(content)]),
        Tab("缺點", [*(pair for line in content["defects"] for pair in _defect(line)), *_advice(content)]),
        Tab(
            "查核相片",
            [pair for n, photo in enumerate(_photos(content), start=1) for pair in _photo(n, photo)],
        ),
        Tab("查核作業檢查表", [_checked(line) for line in content.get("checklist", [])]),
        Tab("處置情形", [("查核小組建議處置", item.advised), ("機關實際處置", item.done)]),
    ]


def _basic(content: Content) -> list[tuple[str, str]]:
    basic, visit = content["basic"], content["visit"]
    return [
        ("列管計畫名稱", basic["programme"]), ("計畫主辦機關", basic["plan_agency"]),
        ("標案所屬工程主管機關", basic["competent_agency"]), ("標案編號", basic["number"]), ("標案名稱", basic["name"]),
        ("主辦機關", basic["owner_agency"]), ("專案管理廠商", basic["pcm"]), ("設計單位", basic["designer"]),
        ("監造單位", basic["supervision"]), ("承攬廠商", basic["contractor"]),
        ("地點", f"{basic['district']} {basic['place']}".strip()), ("發包預算金額（千元）", _thousands(basic["budget"])),
        ("契約金額（千元）", _thousands(basic["contract_amount"])), ("工程概要", basic["outline"]),
        ("預定進度", words.percent(basic["progress_planned_bp"])), ("實際進度", words.percent(basic["progress_actual_bp"])),
        ("已估驗計價金額（千元）", _thousands(basic["paid_amount"])), ("目前施工概況", basic["works_now"]),
        ("開工日期", short_day(basic["started_on"])), ("預定完工日期", short_day(basic["planned_finish_on"])),
        ("變更後預定完工日期", short_day(basic["revised_finish_on"])), ("查核日期", short_day(visit["inspected_on"])),
        ("型態", words.KIND.get(visit["kind"], "")), ("通知方式", words.notice(visit["announced"])),
    ]  # fmt: skip


def _thousands(amount: int | None) -> str:
    return "" if amount is None else str(thousands(amount))


def _followed(item: Listed, content: Content, record: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        ("查核紀錄核定狀況", record.get("approval", "")), ("查核紀錄發文日期文號", item.letter),
        ("發文超過七天之原因", record.get("late_reason", "")), ("改善期限", short_day(content["improvement_deadline"])),
        ("第一次改善結果回文日期文號", item.reply), ("改善結果", item.result), ("備查結案日期", record.get("closed", "")),
    ]  # fmt: skip


def _team(item: Listed, content: Content) -> list[tuple[str, str]]:
    visit = content["visit"]
    members = [("外聘委員" if one["external"] else "內聘委員", one["name"]) for one in visit["members"]]
    return [
        ("查核小組", item.team),
        ("領隊", visit["leader"]),
        *members,
        ("工作人員", "、".join(visit["staff"])),
    ]


OWNERS = ("owner_head", "owner_handler", "pcm", "integrity", "other")
SITE = (
    "supervision_head", "supervision_engineer", "contractor_engineer", "contractor_site_head", "contractor_qc",
    "contractor_safety",
)  # fmt: skip


def _people(content: Content, label: str, roles: Sequence[str]) -> list[tuple[str, str]]:
    """One box of the form, then its people one by one."""
    lines = [line for line in content["visit"]["attendance"] if line.get("role", "other") in roles]
    present = "、".join(line.get("name") or "" for line in lines if line["present"])
    return [(label, present), *((_role(line), _person(line)) for line in lines)]


def _role(line: Content) -> str:
    return words.ATTENDANCE.get(line.get("role", "other"), "其他人員")


def _person(line: Content) -> str:
    parts = [line.get("organisation"), line.get("title"), line.get("name")]
    return " ".join(filter(None, parts)) + (
        "" if line["present"] else f"（未出席：{line.get('absence_reason') or '未說明'}）"
    )


def _scores(content: Content, remarks: Remarks) -> list[tuple[str, str]]:
    """Members' Q, W, P, totals and indicators; only the commission's people reach this page."""
    sheets = content.get("internal", {}).get("sheets", [])
    found = [pair for sheet in sheets for pair in _sheet_lines(sheet, remarks.get(sheet["account"], ""))]
    return [*found, ("查核分數（等第）", result_text(content["result"]))]


def _sheet_lines(sheet: Content, remark: str) -> list[tuple[str, str]]:
    name = sheet["name"]
    figures = [("Q", "q"), ("W", "w"), ("P", "p"), ("評分", "total")]
    indicators = [f"{words.INDICATORS[key]} {_or_dash(value)}" for key, value in sheet["indicators"].items()]
    return [
        (f"{name} Q／W／P／評分", "　".join(f"{label} {_or_dash(sheet[key])}" for label, key in figures)),
        (f"{name} 環境／安全／強度／美觀／功能", "　".join(indicators)),
        (f"{name} 委員表現", remark),
    ]


def _or_dash(value: int | None) -> str:
    return "—" if value is None else str(value)


def _tests(content: Content) -> list[tuple[str, str]]:
    lines = [
        (
            words.TEST.get(line["kind"], "其他"),
            f"{line.get('item') or ''}　{line.get('place') or ''}　{line.get('quantity') or ''}　{words.RESULT[line['result']]}",
        )
        for line in content["tests"]
    ]
    return lines or [("檢驗、拆驗", "未實施")]


def _points(content: Content) -> list[tuple[str, str]]:
    statements = content["penalty"]["statements"]
    return [
        (f"{words.PARTY[party]}扣點", str(statements[party]["points"]))
        for party in ("supervision", "contractor", "owner", "pcm")
    ]


def _defect(line: Content) -> list[tuple[str, str]]:
    number = f"缺點 {line['no']}"
    return [
        (f"{number} 缺失編號", line["code"]), (f"{number} 缺失內容", line["text"]),
        (f"{number} 缺失等級", words.SEVERITY.get(line["severity"], "")), (f"{number} 扣點數", str(line["points"])),
        (f"{number} 記點對象", words.PARTY.get(line["party"], "")),
        (f"{number} 併扣 PCM", "是" if line["also_pcm"] else "否"),
        (f"{number} 併扣監造", "是" if line["also_supervision"] else "否"),
    ]  # fmt: skip


def _advice(content: Content) -> list[tuple[str, str]]:
    design = [f"（{words.ASPECT.get(line['aspect'], '其他')}）{line['text']}" for line in content["design"]]
    return [
        ("規劃設計問題及建議", "\n".join(design)),
        ("其他建議", "\n".join(line["text"] for line in content["advice"])),
    ]


def _photos(content: Content) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(content["photos"])
    for part in ("defects", "design", "advice"):
        found += [photo for line in content[part] for photo in line["photos"]]
    return found


def _photo(number: int, photo: Content) -> list[tuple[str, str]]:
    at = photo.get("taken_at")
    taken = short_date(local_date(datetime.fromisoformat(at))) if at else ""
    return [
        (f"相片 {number} 名稱", f"{number:02d}_{photo['sha256'][:8]}.jpg"),
        (f"相片 {number} 說明", photo["caption"]),
        (f"相片 {number} 日期", taken),
    ]


def _checked(line: Content) -> tuple[str, str]:
    return line["item"], ("是" if line["done"] else "否") + (f"，{line['note']}" if line["note"] else "")
