"""The record: tidied, confirmed, approved, issued without its score, which follows by letter."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.e2e.steps.founding import NUMBER, TENDER
from tests.e2e.steps.site import HONEYCOMB
from tests.e2e.steps.town import (
    CONVENER,
    COORDINATOR,
    LEADER,
    MEMBER,
    PAPER_MEMBER,
    STAFF,
    Person,
    Town,
    as_json,
)

TIDIED = "A2 橋墩柱面有蜂窩，長約 30 公分。"
LETTER = "府研查字第1150001234號"
SCORE_LETTER = "府研查字第1150001300號"


def open_record(town: Town, person: Person) -> Any:
    page = town.office(person)
    page.get_by_role("link", name="查核紀錄", exact=True).first.click()
    page.get_by_role("link", name=TENDER, exact=True).click()
    page.get_by_role("heading", name=TENDER, level=1).wait_for()
    return page


def tidy(town: Town) -> None:
    """Staff tidy a wording; the original stays."""
    page = open_record(town, STAFF)
    town.look(page, "record")
    tabs = page.get_by_role("navigation", name="這次查核")
    tabs.get_by_role("link", name="照片").click()
    expect(page.get_by_text(re.compile("裝置簽章相符（裝置存檔 .*，第 1 張）"))).to_have_count(2)
    expect(page.get_by_text("沒有裝置簽章")).to_have_count(0)
    tabs.get_by_role("link", name="整理").click()
    card = page.get_by_role("article").filter(has_text=HONEYCOMB)
    card.get_by_role("textbox").first.fill(TIDIED)
    town.look(page, "tidy")
    card.get_by_role("button", name="儲存").click()
    page.get_by_text("已儲存。").first.wait_for()
    row = town.one("SELECT original, text FROM wordings")
    assert row == {"original": HONEYCOMB, "text": TIDIED}
    page.get_by_role("button", name="送委員確認").click()
    page.get_by_text("已送委員確認").first.wait_for()


def confirm(town: Town) -> None:
    """Every member who scores confirms the version that they see."""
    for person in (LEADER, MEMBER, PAPER_MEMBER):
        page = open_record(town, person)
        page.get_by_role("button", name="確認紀錄").click()
        page.get_by_text("已確認這一版紀錄").first.wait_for()
    town.look(page, "confirm")
    assert town.one("SELECT COUNT(*) AS n FROM confirmations WHERE agreed")["n"] == 3


def approve(town: Town) -> None:
    page = open_record(town, STAFF)
    page.get_by_role("button", name="陳核").click()
    page.get_by_text("已陳召集人核定").first.wait_for()
    page = town.todo(CONVENER, "核定")
    town.look(page, "approval")
    page.get_by_role("button", name="核定", exact=True).click()
    page.get_by_text("已核定，內容不再變動").first.wait_for()


def issue(town: Town) -> None:
    """發文: the seven-day clock stops; while the test is pending nobody outside learns a score."""
    page = open_record(town, COORDINATOR)
    page.get_by_role("link", name="發文").click()
    page.get_by_label("發文字號").fill(LETTER)
    town.look(page, "issue")
    page.get_by_role("button", name="發文").click()
    page.get_by_text("已發文").first.wait_for()
    row = town.one("SELECT letter_no, letter_on, withheld, content FROM records")
    assert (row["letter_no"], bool(row["withheld"])) == (LETTER, True)
    defects = as_json(row["content"])["defects"]
    assert TIDIED in [line["text"] for line in defects]
    assert sum(line["points"] for line in defects) == 3


def judge_the_test(town: Town) -> None:
    """The laboratory's report comes: passed. A score letter tells what was withheld: 79.67, that is 80 甲等."""
    page = open_record(town, COORDINATOR)
    page.get_by_role("navigation", name="這次查核").get_by_role("link", name="檢驗").click()
    page.get_by_role("link", name="登錄結果").click()
    page.get_by_role("radio", name="合格", exact=True).check()
    page.get_by_label("試驗報告編號").fill("R-115-0042")
    town.look(page, "test result")
    page.get_by_role("button", name="登錄結果").click()
    page.get_by_text("檢驗結果已登錄").first.wait_for()
    page = open_record(town, COORDINATOR)
    page.get_by_role("link", name="發成績函").click()
    page.get_by_label("成績函字號").fill(SCORE_LETTER)
    page.get_by_role("button", name="發成績函").click()
    page.get_by_text("成績已函知機關").first.wait_for()
    row = town.one("SELECT score, grade FROM rollups")
    assert row == {"score": 80, "grade": "甲等"}


def read_the_files(town: Town) -> None:
    """The record as ODT with its photos, and as PDF."""
    page = open_record(town, COORDINATOR)
    odt = zipfile.ZipFile(BytesIO(fetched(page, page.get_by_role("link", name="ODT", exact=True).first)))
    text = odt.read("content.xml").decode()
    for word in (TENDER, NUMBER, TIDIED, "周外聘", "80"):
        assert word in text, word
    assert len([name for name in odt.namelist() if name.startswith("Pictures/")]) >= 2
    assert fetched(page, page.get_by_role("link", name="紀錄 PDF").first).startswith(b"%PDF-")


def fetched(page: Any, link: Any) -> bytes:
    """What a download link gives, with the person's own session."""
    answer = page.request.get(page.evaluate("(one) => one.href", link.element_handle()))
    assert answer.ok, answer.url
    return bytes(answer.body())


def copy_out(town: Town) -> None:
    """No typing twice: the copy page in the central form's order, the inspection list as XLSX."""
    page = open_record(town, COORDINATOR)
    page.get_by_role("link", name="複製頁").click()
    headings = [text for text in page.get_by_role("heading", level=2).all_inner_texts() if text[1:2] == "."]
    assert [text[0] for text in headings] == list("123456789")
    page.get_by_text(NUMBER).first.wait_for()
    town.look(page, "copy")
    page.goto(f"{town.product.url}/office/inspections")
    town.look(page, "records")
    book = load_workbook(BytesIO(fetched(page, page.get_by_role("link", name="一覽表 XLSX"))))
    cells = [
        str(value) for row in book.active.iter_rows(values_only=True) for value in row if value is not None
    ]
    for word in (TENDER, "80", "周外聘"):
        assert any(word in cell for cell in cells), word
    assert any(NUMBER in cell for cell in cells)


def today() -> date:
    from inspect_app import clock

    return clock.today()
