"""The supervision meeting: figures, the chair's ruling, the snapshot, the book."""

from __future__ import annotations

import re
import zipfile
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from tests.e2e.steps.founding import AGENCY_NAME, TENDER
from tests.e2e.steps.record import fetched, today
from tests.e2e.steps.town import CHAIR, HANDLER, SECRETARY, Town, as_json

TITLE = "第 4 季公共工程督導會報"
NEXT_TITLE = "下一季公共工程督導會報"
REPORT = "管線已全數遷移，趕工計畫已核定並執行。"
RULING = "管線遷移請新建工程處於期限內協調完成，並提報趕工計畫。"


def prepare(town: Town) -> None:
    """The secretary's page holds this inspection; every number is counted again from the rows."""
    page = new_meeting(town, TITLE, today() + timedelta(days=7))
    town.look(page, "meeting")
    check_the_figures(town, page)


def new_meeting(town: Town, title: str, held_on: date) -> Any:
    page = town.office(SECRETARY)
    page.get_by_role("link", name="督導會報", exact=True).first.click()
    page.get_by_role("link", name="準備新的會議").click()
    page.get_by_label("會議名稱").fill(title)
    page.get_by_label("會議日期").fill(held_on.isoformat())
    page.get_by_label("統計期間起日").fill((today() - timedelta(days=30)).isoformat())
    page.get_by_label("統計期間迄日").fill(today().isoformat())
    page.get_by_role("button", name="建立會議").click()
    page.get_by_role("heading", name=title, level=1).wait_for()
    return page


def check_the_figures(town: Town, page: Any) -> None:
    content = as_json(town.one("SELECT content FROM records")["content"])
    points = sum(line["points"] for line in content["defects"])
    assert page.get_by_role("link", name="1件").count() >= 1
    assert page.get_by_role("link", name=f"{points}點").count() == 1
    grades = page.get_by_role("table", name="等第")
    assert grades.get_by_role("row").filter(has_text="甲等").get_by_role("cell").last.inner_text() == "1"
    behind = page.get_by_role("table", name="進度落後的標案").get_by_role("row").filter(has_text=TENDER)
    for word in ("12.25", "管線未遷", "加派人力"):
        assert word in behind.inner_text(), behind.inner_text()
    page.get_by_role("link", name=f"{points}點").click()
    page.get_by_text(TENDER).first.wait_for()  # every number opens what is behind it
    town.look(page, "behind a number")


def rule(town: Town) -> None:
    """The chair's one screen, and a ruling with unit and due date."""
    page = town.office(CHAIR)
    page.goto(f"{town.product.url}/office/chair")
    town.look(page, "chair")
    assert page.get_by_role("main").get_by_role("list").first.get_by_role("listitem").count() == 3
    page.get_by_role("row").filter(has_text=TENDER).get_by_role("link", name="裁示").click()
    page.get_by_label("裁示內容").fill(RULING)
    assert page.get_by_label("主辦單位").locator("option:checked").inner_text() == AGENCY_NAME
    page.get_by_label("辦理期限").fill((today() + timedelta(days=40)).isoformat())
    page.get_by_role("button", name="儲存裁示").click()
    page.get_by_text("已列管這項裁示").first.wait_for()
    assert town.one("SELECT state, text FROM rulings") == {"state": "tracked", "text": RULING}


def filter_by_agency_and_programme(town: Town) -> None:
    """The page's figures follow the filters; what no inspection has shows nothing."""
    page = town.office(SECRETARY)
    page.get_by_role("link", name="督導會報", exact=True).first.click()
    page.get_by_role("link", name=TITLE).click()
    page.get_by_label("機關", exact=True).select_option(label=AGENCY_NAME)
    page.get_by_role("button", name="套用").click()
    page.wait_for_url(re.compile("agency="))
    assert figure(page, "本期查核") == "1件"
    page.goto(page.url.replace("programme=", "programme=nothing"))
    assert figure(page, "本期查核") == "0件"


def figure(page: Any, label: str) -> str:
    box = page.locator(".figure").filter(has_text=label).locator(".figure-value")
    return str(box.inner_text()).replace(" ", "").replace("\n", "")


def follow_the_ruling(town: Town) -> None:
    """The unit reports and asks for release, the chair agrees; the next meeting opens with it."""
    page = town.todo(HANDLER, "回報")
    page.get_by_label("辦理情形").fill(REPORT)
    page.get_by_label("已辦理完成，提請解除列管").check()
    page.get_by_role("button", name="送出回報").click()
    page.get_by_text("已回報辦理情形").first.wait_for()
    page = town.todo(CHAIR, "看提請")
    town.look(page, "ruling")
    page.get_by_role("radio", name="解除列管", exact=True).check()
    page.get_by_role("button", name="登錄決定").click()
    page.get_by_text("已登錄決定").first.wait_for()
    assert town.one("SELECT state FROM rulings") == {"state": "released"}
    page = new_meeting(town, NEXT_TITLE, today() + timedelta(days=90))
    last = page.get_by_role("table", name="上次會議的裁示").get_by_role("row").filter(has_text=RULING)
    for word in (AGENCY_NAME, "同意解除"):
        assert word in last.inner_text(), last.inner_text()


def freeze(town: Town) -> None:
    """The page freezes into a snapshot; the book is an ODT with figures and ruling."""
    page = town.office(SECRETARY)
    page.get_by_role("link", name="督導會報", exact=True).first.click()
    page.get_by_role("link", name=TITLE).click()
    page.locator("summary", has_text="定稿").click()
    page.get_by_role("button", name="確定定稿").click()
    page.get_by_text("會議資料已定稿").first.wait_for()
    book = zipfile.ZipFile(BytesIO(fetched(page, page.get_by_role("link", name="會議資料 ODT"))))
    text = book.read("content.xml").decode()
    for word in (TITLE, RULING, TENDER, "管線未遷"):
        assert word in text, word
    assert as_json(town.one("SELECT snapshot FROM meetings")["snapshot"])["figures"]["inspections"] == 1
