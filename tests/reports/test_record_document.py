"""The printed record: every field of the central form, its photos, and texts that no printer expects."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import inspect_app
from inspect_app.domain.heads import grouped
from inspect_app.extensions import db as database
from inspect_app.inspections import queries
from inspect_app.inspections.models import Record
from inspect_app.inspections.showing import shown
from inspect_app.office.record_files import photo_bytes
from inspect_app.photos import processing
from inspect_app.reports import odt, pdf
from inspect_app.reports.characters import clean
from inspect_app.reports.copy_page import copy_tabs
from inspect_app.reports.gathering import issued_between, listed
from inspect_app.reports.model import Document, Facts, Heading, Items, Paragraph, Pictures, Signatures, Table
from inspect_app.reports.record import record_document
from inspect_app.reports.statement import statement_document
from tests.support import inspected, pictures
from tests.support.inspected import Inspected, Told, inspection_with_log

FIELDS = Path(inspect_app.__file__).parent / "domain/data/record-form-fields.csv"
RECORD = {
    "列管計畫名稱": "列管計畫名稱 基本設施補助", "計畫主辦機關": "計畫主辦機關", "標案所屬工程主管機關": "標案所屬工程主管機關",
    "標案編號": "標案編號 T-", "標案名稱": "標案名稱 示範橋耐震補強工程", "主辦機關": "主辦機關 工務局",
    "專案管理廠商/單位": "專案管理廠商", "設計單位": "設計單位", "監造單位": "監造單位 明察顧問",
    "承攬廠商(承包商)": "承攬廠商 大安營造", "地點（縣市/鄉鎮區）": "地點 鹽埕區", "發包預算金額": "發包預算金額 NT$ 120,000,000",
    "契約金額／變更設計後": "契約金額／變更設計後 NT$ 98,000,000", "工程概要": "工程概要",
    "工程進度、經費支用及目前施工概況": "預定進度 50.00% 實際進度 45.00%", "開工及預定完工日期／變更後": "變更後預定完工日期",
    "查核日期": "查核日期 民國115年11月23日（一）", "型態：查核／複查／督導": "型態 查核",
    "通知方式：事先函知／不事先通知": "通知方式 不事先通知",
    "查核小組（名稱）": "工程施工查核小組", "查核領隊": "領隊 龍領隊", "查核委員（外聘／內聘）": "林委員（外聘）",
    "工作人員": "工作人員 幕小員",
    "主管、主辦機關人員（參與人員）": "陳科長", "監造設計承造單位人員（參與人員）": "江技師",
    "查核分數（等第）": "查核分數（等第） 80 分（甲等）",
    "優點（條列）": "工地整潔",
    "缺點：序號／缺失編號／缺失內容／缺失等級／扣點數／記點對象／併扣PCM／併扣監造":
        "5.01.01 A1 橋台蜂窩（位置：A1 橋台） 中等[M] 2 承攬廠商 監造單位",
    "規劃設計問題及建議（安全性／施工性／維護性）": "（維護性）維修通道淨寬不足", "其他建議": "建議增設警示燈",
    "檢驗、拆驗（項目／位置／數量）": "混凝土鑽心 28 天抗壓強度 P3 橋墩 3 個 合格", "扣點統計（監造／施工／主辦／PCM）":
        "監造單位 3 承攬廠商 2",
    "查核相片（名稱／說明／上傳日期／檔案）": "缺失 2　5.01.01 蜂窩近照", "查核作業檢查表": "出示書面通知及查核證",
}  # fmt: skip
COPIED = {
    "Q／W／P／評分": "林委員 Q／W／P／評分", "環境／安全／強度／美觀／功能": "林委員 環境／安全／強度／美觀／功能",
    "委員表現": "林委員 委員表現",
    "查核紀錄核定狀況": "查核紀錄核定狀況", "查核紀錄發文日期文號": "查核紀錄發文日期文號", "發文超過七天之原因": "發文超過七天之原因",
    "改善期限": "改善期限", "改善結果": "改善結果", "第一次改善結果回文日期文號": "第一次改善結果回文日期文號",
    "備查結案日期": "備查結案日期",
    "查核小組建議 vs 機關實際處置（獎懲、撤換、扣款、採101條、拆除重做、函送監察院…）": "機關實際處置",
}  # fmt: skip
DEFECTS = (
    {**inspected.DEFECTS[0], "also_supervision": True},
    inspected.DEFECTS[1],
)  # fmt: skip


def words_of(document: Document) -> str:
    """Everything that a document says, in its order."""
    found: list[str] = [document.title, document.subtitle, document.number]
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                found.append(block.text)
            case Facts():
                found += [text for pair in block.pairs for text in pair]
            case Table():
                found += [*block.columns, *(cell for row in block.rows for cell in row)]
            case Items():
                found += block.lines
            case Pictures():
                found += [one.caption for one in block.pictures]
            case Signatures():
                found += [f"{one.role} {one.name}" for one in block.signers]
    return " ".join(found)


@pytest.fixture
def issued(db: Any, clock: Any) -> Inspected:
    from inspect_app import clock as now
    from inspect_app.inspections import services

    told = Told(defects=DEFECTS, test="concrete_core", picture=pictures.photo(2400, 1800))
    one = inspection_with_log(told)
    processing.process(one.photo)
    services.enter_test_result(one.staff, one.id, services.Judgement(one.test, "pass", now.today(), "R-1"))
    services.remark_on_member(one.coordinator, one.id, one.members[0].id, "認真負責")
    one.issued()
    return one


def document_of(one: Inspected) -> Document:
    view = shown(one.coordinator, one.id)
    return record_document(view.content, view.letter, photo_bytes, government="示範市政府", demo=True)


def form_fields(*sections: str) -> list[str]:
    with FIELDS.open(encoding="utf-8-sig") as file:
        return [row["field_zh"] for row in csv.DictReader(file) if row["section"] in sections]


def test_the_printed_record_holds_every_field_of_the_form(issued: Inspected) -> None:
    text = words_of(document_of(issued))
    fields = form_fields("基本資料", "查核", "結果", "附件")
    assert sorted(fields) == sorted(RECORD), "the form has other fields than the test knows"
    assert [name for name in fields if RECORD[name] not in text] == []


def test_the_printed_record_holds_no_sheet(issued: Inspected) -> None:
    text = words_of(document_of(issued))
    assert "認真負責" not in text
    assert "79.67" not in text


def test_the_copy_page_holds_what_the_record_does_not(issued: Inspected) -> None:
    from inspect_app.inspections import queries

    record = database.session.get_one(Record, issued_between(None, None)[0])
    content = dict(record.content or {})
    content["merits"] = [content["merits"][0] | {"text": ""}, *content["merits"]]
    tabs = copy_tabs(listed(record, content), {"approval": "已核定"}, queries.remarks_of(issued.id))
    labels = {label for tab in tabs for label, _value in tab.fields}
    fields = form_fields("委員評分", "後續")
    assert sorted(fields) == sorted(COPIED)
    assert [name for name in fields if COPIED[name] not in labels] == []
    values = dict(pair for tab in tabs for pair in tab.fields)
    assert values["林委員 Q／W／P／評分"] == "Q 20　W 60　P 0　評分 80"
    assert values["林委員 委員表現"] == "認真負責"
    assert values["查核紀錄發文日期文號"] == "115.11.23 府研查字第1150001號"
    assert values["缺點 2 併扣監造"] == "是"
    assert [line for line in values.items() if line[0].startswith("優點")] == [("優點 1", "工地整潔")]


def test_the_copy_page_has_the_nine_tabs_in_the_forms_order(issued: Inspected) -> None:
    record = database.session.get_one(Record, issued_between(None, None)[0])
    names = [tab.name for tab in copy_tabs(listed(record, record.content or {}), {})]
    assert names == [
        "基本資料", "查核委員", "參與人員", "優點", "檢驗及評分", "缺點", "查核相片", "查核作業檢查表", "處置情形",
    ]  # fmt: skip


def odt_parts(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def test_the_odt_holds_the_words_and_the_photo(issued: Inspected) -> None:
    document = document_of(issued)
    archive = odt_parts(odt.render(document))
    content = archive.read("content.xml").decode()
    for text in (
        "A1 橋台蜂窩",
        "示範橋耐震補強工程",
        "80 分（甲等）",
        "示範資料，不具效力",
        grouped(issued.photo),
    ):
        assert text in content
    photos = [name for name in archive.namelist() if name.endswith(".jpg")]
    assert len(photos) == 1
    with Image.open(io.BytesIO(archive.read(photos[0]))) as image:
        assert max(image.size) == 1600, "the served copy, not the original"
    assert "示府" not in content
    assert "第1150001號" in archive.read("styles.xml").decode(), (
        "the letter's number stands in the foot of every page"
    )


def test_the_pdf_is_an_archive_pdf(issued: Inspected) -> None:
    data = pdf.render(document_of(issued))
    assert data.startswith(b"%PDF-")
    assert b"pdfaid" in data


def test_a_photo_that_cannot_be_shown_is_named(issued: Inspected) -> None:
    view = shown(issued.coordinator, issued.id)
    document = record_document(view.content, view.letter, lambda _sha256: None, government="市", demo=False)
    content = odt_parts(odt.render(document)).read("content.xml").decode()
    assert "此檔案無法顯示，原件另存" in content
    assert grouped(issued.photo) in content
    assert pdf.render(document).startswith(b"%PDF-")


def test_a_draft_says_so(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    view = shown(one.coordinator, one.id)
    document = record_document(
        view.content, view.letter, photo_bytes, government="市", demo=False, frozen=view.frozen
    )
    assert "草稿，尚未核定" in document.subtitle


WILD = '=HYPERLINK("http://x")\x00\x0b\ud800 <b>&</b> #let x = 1 $y$ 𰻝 😀 \u0301 （第一行）\n第二行'


def test_no_text_breaks_a_document() -> None:
    table = Table(["甲"], [[WILD]], [1])
    blocks = [Heading(WILD), Paragraph(WILD), Facts([(WILD, WILD)]), table, Items([WILD])]
    document = Document(WILD, WILD, blocks, WILD)
    assert pdf.render(document).startswith(b"%PDF-")
    content = odt_parts(odt.render(document)).read("content.xml").decode()
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in content
    assert "\x0b" not in content


def test_a_character_without_a_glyph_is_shown_as_the_geta_mark() -> None:
    assert pdf.printable("橋\U000f0000台") == "橋〓台"
    assert pdf.printable("未訂量化\u5024") == "未訂量化值", "as the shipped table writes it (4.03.04)"
    assert pdf.printable({"a": ["\x00b"]}) == {"a": ["b"]}
    assert json.dumps(pdf.printable(("蜂窩", 3)), ensure_ascii=False) == '["蜂窩", 3]'


def test_controls_and_lone_surrogates_go_and_line_ends_are_plain() -> None:
    assert clean("甲\x00\x1f\ud800乙\r\n丙\r丁\t") == "甲乙\n丙\n丁\t"


def test_the_statement_explains_every_line(issued: Inspected) -> None:
    view = shown(issued.coordinator, issued.id)
    document = statement_document(view.content, view.letter, government="市", demo=False, frozen=True)
    text = words_of(document)
    assert "每點 NT$ 4,000 2 NT$ 8,000" in text
    assert "每點 NT$ 1,000 3 NT$ 3,000" in text, (
        "one own point and two that are charged to supervision as well"
    )
    assert "專案管理廠商 沒有扣點。" in text


def test_what_came_in_part_is_printed_as_far_as_it_goes(db: Any, clock: Any) -> None:
    """The operation that names a test, a judgement or a photo is still on another tablet: the record opens all the same."""
    one = inspection_with_log(Told(closed=False))
    one.write(one.leader, "test", one.log.new_entity(), item="鑽心三顆")
    one.write(one.leader, "judgement", one.log.own("judgement:main_material"), failed=True)
    one.write(one.leader, "photo", one.log.new_entity(), caption="還沒有照片")
    assert one.send() == ["applied"] * 3
    content = queries.draft(one.id)
    assert [(line["kind"], line["item"]) for line in content["tests"]] == [("other", "鑽心三顆")]
    assert [line["kind"] for line in content["judgements"]] == ["main_material"]
    assert content["photos"] == []
    assert (content["result"]["score"], content["result"]["grade"]) == (69, "丙等")
    document = record_document(
        content, {}, lambda _hash: None, government="示範市政府", demo=False, frozen=False
    )
    assert odt.render(document).startswith(b"PK")
