"""The inspection record (工程施工查核紀錄) as a document, in the order of the central form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspect_app.reports import words
from inspect_app.reports.model import (
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
    Pictures,
    Signature,
    Signatures,
    Table,
)
from inspect_app.reports.titles import draft_mark

Photo = Callable[[str], bytes | None]
Content = Mapping[str, Any]


def record_document(
    content: Content,
    letter: Mapping[str, Any],
    photo: Photo,
    *,
    government: str,
    demo: bool,
    frozen: bool = True,
    spoilt: frozenset[str] = frozenset(),
) -> Document:
    """The record with its photos. `content` is the frozen content; `letter` holds number and date once issued;
    `photo` gives the served copy of a hash, None when it cannot be shown. `frozen`: the convener approved. `spoilt`: the
    hashes of photos whose originals were found changed or lost (fault 34).
    """
    blocks = [
        *_basic(content),
        *_visit(content, f"{government}工程施工查核小組"),
        *_result(content),
        *_findings(content),
        *_tests(content),
        *_points(content),
        *_checklist(content),
        *_photos(content, photo, spoilt),
        *_signatures(content, photo),
        Paragraph("相片的雜湊值（SHA-256）自檔案進入系統起計算，用以證明其後未經更動。", small=True),
    ]
    number = f"查核紀錄 {letter.get('number') or content['inspection']}"
    subtitle = content["basic"]["name"] + draft_mark(frozen=frozen)
    return Document(f"{government}工程施工查核紀錄", subtitle, blocks, number, demo)


def _basic(content: Content) -> Iterable[Block]:
    basic = content["basic"]
    yield Heading("一、基本資料")
    yield Facts([
        ("列管計畫名稱", basic["programme"] or "—"), ("計畫主辦機關", basic["plan_agency"] or "—"),
        ("標案所屬工程主管機關", basic["competent_agency"] or "—"), ("標案編號", basic["number"]),
        ("標案名稱", basic["name"]), ("主辦機關", basic["owner_agency"]),
        ("專案管理廠商", basic["pcm"] or "—"), ("設計單位", basic["designer"] or "—"),
        ("監造單位", basic["supervision"] or "—"), ("承攬廠商", basic["contractor"] or "—"),
        ("地點", f"{basic['district']} {basic['place']}".strip() or "—"), ("發包預算金額", words.money(basic["budget"])),
        ("契約金額／變更設計後", words.money(basic["contract_amount"])), ("已估驗計價金額", words.money(basic["paid_amount"])),
        ("預定進度", words.percent(basic["progress_planned_bp"])), ("實際進度", words.percent(basic["progress_actual_bp"])),
        ("開工日期", words.day(basic["started_on"])), ("預定完工日期", words.day(basic["planned_finish_on"])),
        ("變更後預定完工日期", words.day(basic["revised_finish_on"])), ("目前施工概況", basic["works_now"] or "—"),
    ])  # fmt: skip
    yield Paragraph(f"工程概要：{basic['outline'] or '—'}")


def _visit(content: Content, team: str) -> Iterable[Block]:
    visit = content["visit"]
    members = [f"{one['name']}（{'外聘' if one['external'] else '內聘'}）" for one in visit["members"]]
    yield Heading("二、查核")
    yield Facts([
        ("查核日期", words.day(visit["inspected_on"])), ("型態", words.KIND.get(visit["kind"], visit["kind"] or "—")),
        ("通知方式", words.notice(visit["announced"])), ("查核小組", team), ("領隊", visit["leader"] or "—"),
        ("查核委員", "、".join(members) or "—"), ("工作人員", "、".join(visit["staff"]) or "—"),
    ])  # fmt: skip
    columns, widths = ["身分", "單位", "職稱", "姓名", "出席"], [4, 4, 4, 3, 4]
    for title, owners in (("主管、主辦機關人員", True), ("監造、設計、承造單位人員", False)):
        lines = [line for line in visit["attendance"] if (line.get("role", "other") in OWNER_SIDE) == owners]
        yield Heading(title, 2)
        yield Table(columns, [_attendee(line) for line in lines], widths, empty="沒有出席紀錄")


OWNER_SIDE = ("owner_head", "owner_handler", "pcm", "integrity", "other")


def _attendee(line: Content) -> list[str]:
    present = "出席" if line["present"] else f"未出席：{line.get('absence_reason') or '未說明'}"
    role = words.ATTENDANCE.get(line.get("role", "other"), "其他人員")
    return [role, line.get("organisation") or "—", line.get("title") or "—", line.get("name") or "—", present]


def _result(content: Content) -> Iterable[Block]:
    yield Heading("三、結果")
    yield Facts(
        [
            ("查核分數（等第）", result_text(content["result"])),
            ("改善期限", words.day(content["improvement_deadline"])),
        ]
    )
    for line in content["judgements"]:
        reason = f"：{line['reason']}" if line.get("reason") else ""
        yield Paragraph(f"查核小組判定　{words.JUDGEMENT.get(line['kind'], line['kind'])}{reason}")


def result_text(result: Content) -> str:
    """80 分（甲等）; or why there is none."""
    if result["withheld"]:
        return "檢驗結果判定後另函通知"
    if result["score"] is None:
        return "本次不評分" if result["unscored"] else "尚未評分"
    return f"{result['score']} 分（{result['grade']}）"


def _findings(content: Content) -> Iterable[Block]:
    yield Heading("四、優點")
    yield Items(merits(content))
    yield Heading("五、缺失")
    columns = ["序號", "缺失編號", "缺失內容", "等級", "扣點", "記點對象", "併扣"]
    yield Table(
        columns, [_defect(line) for line in content["defects"]], [2, 4, 12, 3, 2, 4, 4], frozenset({4})
    )
    yield Heading("六、規劃設計問題及建議")
    yield Items(
        [f"（{words.ASPECT.get(line['aspect'], '其他')}）{line['text']}" for line in content["design"]]
    )
    yield Heading("七、其他建議")
    yield Items([line["text"] for line in content["advice"]])


def merits(content: Content) -> list[str]:
    """What was written; a line begun on the tablet and left blank says nothing."""
    return [line["text"] for line in content["merits"] if line["text"].strip()]


def _own_points(line: Content, party: str) -> str:
    """Told only where it is not the same number."""
    points = line.get(f"{party}_points")
    return "" if points in (None, line["points"]) else f"（{points} 點）"


def _defect(line: Content) -> list[str]:
    also = [
        words.PARTY[party] + _own_points(line, party)
        for party, flag in (("supervision", "also_supervision"), ("pcm", "also_pcm"))
        if line[flag]
    ]
    text = line["text"] + (f"（位置：{line['location']}）" if line["location"] else "")
    severity = f"{words.SEVERITY.get(line['severity'], '')}[{line['severity']}]" if line["severity"] else "—"
    party = words.PARTY.get(line["party"], "—")
    return [
        str(line["no"]),
        line["code"] or "—",
        text,
        severity,
        str(line["points"]),
        party,
        "、".join(also) or "—",
    ]


def _tests(content: Content) -> Iterable[Block]:
    yield Heading("八、檢驗、拆驗、鑑定")
    rows = [
        [
            words.TEST.get(line["kind"], "其他"),
            line.get("item") or "—",
            line.get("place") or "—",
            line.get("quantity") or "—",
            words.RESULT[line["result"]],
        ]
        for line in content["tests"]
    ]
    yield Table(["種類", "項目", "位置", "數量", "判定"], rows, [3, 4, 5, 2, 3], empty="未實施")


def _points(content: Content) -> Iterable[Block]:
    yield Heading("九、扣點統計")
    statements = content["penalty"]["statements"]
    rows = [
        [words.PARTY[party], str(statements[party]["points"])]
        for party in ("supervision", "contractor", "owner", "pcm")
    ]
    yield Table(["對象", "扣點數"], rows, [6, 3], frozenset({1}))


def _checklist(content: Content) -> Iterable[Block]:
    yield Heading("十、查核作業檢查表")
    rows = [
        [line["item"], "是" if line["done"] else "否", line["note"] or "—"]
        for line in content.get("checklist", [])
    ]
    yield Table(["項目", "辦理", "說明"], rows, [8, 2, 6])


SPOILT = "（原檔經檢核已變動或遺失，與雜湊值不符，本相片不具證據效力）"


def _photos(content: Content, photo: Photo, spoilt: frozenset[str]) -> Iterable[Block]:
    yield Heading("十一、查核相片")
    lines = [(line, "") for line in content["photos"]]
    for part, name in (("defects", "缺失"), ("design", "規劃設計"), ("advice", "建議")):
        for found in content[part]:
            lines += [(line, f"{name} {found['no']}　{found['code']} ") for line in found["photos"]]
    shown = [_picture(line, label, photo, line["sha256"] in spoilt) for line, label in lines]
    yield Pictures(shown) if shown else Paragraph("無")


def _picture(line: Content, label: str, photo: Photo, spoilt: bool) -> Picture:
    caption = f"{label}{line['caption']}{SPOILT if spoilt else ''}"
    return Picture(photo(line["sha256"]), caption, line["sha256"])


def _signatures(content: Content, photo: Photo) -> Iterable[Block]:
    yield Heading("十二、簽名")
    yield Signatures([
        Signature(
            role=one["role"] or "—", name=_signer(one), strokes=one["strokes"] or "",
            picture=photo(one["photo"]) if one["photo"] else None, signed_at=_moment(one["signed_at"]),
        )
        for one in content["signatures"]
    ])  # fmt: skip


def _signer(one: Content) -> str:
    return f"{one['name'] or '—'}{'（代登，依簽名紙本）' if one.get('on_behalf') else ''}"


def _moment(value: str | None) -> str:
    from datetime import datetime

    from inspect_app.clock import TAIPEI

    if not value:
        return ""
    local = datetime.fromisoformat(value).astimezone(TAIPEI)
    return f"{words.day(local.date())} {local:%H:%M}"
