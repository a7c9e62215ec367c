"""The agency answers, the commission reviews, the case closes."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from tests.e2e.steps.record import TIDIED, today
from tests.e2e.steps.site import DESIGN, HONEYCOMB, LITTER
from tests.e2e.steps.tablet import take_photo
from tests.e2e.steps.town import APPROVER, COORDINATOR, HANDLER, Person, Town, link_in

REASON = "改善後照片看不出修補範圍，請同一角度補拍。"
REPLY_NO = "新工字第1150000777號"
REMINDER_NO = "府研查字第1150001999號"
CLOSING_NO = "府研查字第1150002468號"


def read_the_letter(town: Town) -> Any:
    """The handler's mail: no finding in its subject, a link that opens the case after signing in."""
    subjects = [mail["Subject"] for mail in town.mails(HANDLER.address)]
    assert not any(TIDIED in subject or HONEYCOMB in subject for subject in subjects)
    body = town.letter(HANDLER.address, "缺失改善通知")
    page = town.office(HANDLER)
    town.look(page, "agency todo")
    page.goto(link_in(body.split("請由此處理：")[1]))
    page.get_by_role("heading", level=1).wait_for()
    town.look(page, "case")
    return page


def open_item(town: Town, person: Person, text: str) -> Any:
    page = open_case(town, person)
    page.get_by_role("link", name=text).click()
    page.get_by_text(text).first.wait_for()
    return page


def answer(town: Town) -> None:
    """Cause, measure, day; three photos for physical work (the inspection's own is the "before"); a short reply for design."""
    read_the_letter(town)
    answer_with_photos(town, TIDIED, "蜂窩", 11)
    answer_with_photos(town, LITTER, "保護層", 21)
    page = open_item(town, HANDLER, DESIGN)
    page.get_by_label("辦理情形").fill("已請設計單位增設清掃口，納入變更設計。")
    page.get_by_label("完成日期").fill(today().isoformat())
    page.get_by_role("button", name="填妥，交核章").click()
    page.get_by_text("這一項已交核章").first.wait_for()


def answer_with_photos(town: Town, text: str, name: str, seed: int) -> None:
    page = open_item(town, HANDLER, text)
    before = page.get_by_role("group", name="改善前")
    assert before.get_by_role("img").count() == 1  # the inspection's own photo
    fill(page, "養護不足、振動不確實")
    for step, slot in enumerate(("改善中", "改善後")):
        page.get_by_role("group", name=slot).locator("input[type=file]").set_input_files(
            take_photo(town, f"{name}{slot}", seed + step)
        )
        page.get_by_role("group", name=slot).get_by_role("img").first.wait_for()
    assert (
        page.get_by_label("缺失原因").input_value() == "養護不足、振動不確實"
    )  # sending a photo loses nothing typed
    town.look(page, "reply")
    page.get_by_role("button", name="填妥，交核章").click()
    page.get_by_text("這一項已交核章").first.wait_for()


def fill(page: Any, cause: str) -> None:
    page.get_by_label("缺失原因").fill(cause)
    page.get_by_label("改善對策及結果").fill("鑿除鬆動部分，以無收縮水泥砂漿修補並養護七日。")
    page.get_by_label("完成日期").fill(today().isoformat())


def ask_for_time(town: Town) -> None:
    """One extension request, decided by the commission; the deadline moves and the ledger says so."""
    before = town.one("SELECT due_on FROM cases")["due_on"]
    page = open_case(town, APPROVER)
    page.get_by_text("申請展延", exact=True).click()
    page.get_by_label("展延到").fill((date.fromisoformat(before[:10]) + timedelta(days=10)).isoformat())
    page.get_by_label("理由").fill("無收縮水泥砂漿養護需時。")
    page.get_by_role("button", name="送出申請").click()
    page.get_by_text("已送出展延申請").first.wait_for()
    page = open_case(town, COORDINATOR)
    page.get_by_role("radio", name="同意展延", exact=True).check()
    page.get_by_label("新的改善期限").fill((date.fromisoformat(before[:10]) + timedelta(days=7)).isoformat())
    page.get_by_role("button", name="登錄決定").click()
    page.get_by_text("已登錄展延的決定").first.wait_for()
    case = town.one("SELECT first_due_on, due_on FROM cases")
    moved = date.fromisoformat(case["due_on"][:10]) - date.fromisoformat(case["first_due_on"][:10])
    assert moved == timedelta(days=7)


def remind(town: Town) -> None:
    """稽催: into the ledger with its number, and by mail to the handler with a link to the case."""
    page = open_case(town, COORDINATOR)
    page.get_by_text("寄出稽催通知").click()
    page.get_by_label("稽催函字號").fill(REMINDER_NO)
    page.get_by_role("button", name="稽催", exact=True).click()
    page.get_by_text("已登錄稽催，寄出").first.wait_for()
    page.get_by_role("table", name="公文往來").get_by_text(REMINDER_NO).wait_for()
    assert "/office/cases/" in link_in(town.letter(HANDLER.address, "稽催").split("請由此處理：")[1])


def deduct(town: Town) -> None:
    """What was really deducted stands beside the statement."""
    page = open_case(town, COORDINATOR)
    page.get_by_text("登錄實際扣款", exact=True).click()
    form = page.get_by_role("group", name="承攬廠商", exact=True)
    form.get_by_label("實際扣款").fill("12,000")
    form.get_by_role("button", name="登錄承攬廠商的扣款").click()
    page.get_by_text("已登錄實際扣款").first.wait_for()
    line = page.get_by_role("table", name="扣點與金額").get_by_role("row").filter(has_text="承攬廠商")
    cells = [line.get_by_role("cell").nth(place).inner_text() for place in (0, 2, 3)]
    assert [cell.split("\n")[0] for cell in cells] == [  # the way to the reasons stands below
        "3 點",
        "NT$ 12,000",
        "NT$ 12,000",
    ]


def open_case(town: Town, person: Person) -> Any:
    page = town.office(person)
    page.get_by_role("link", name="缺失改善", exact=True).first.click()
    page.get_by_role("link", name="示範路拓寬工程", exact=True).click()
    page.get_by_role("heading", name="示範路拓寬工程", level=1).wait_for()
    return page


def send(town: Town) -> None:
    """The approver sends what is ready."""
    page = town.todo(APPROVER, "核章")
    page.get_by_label("回文字號").fill(REPLY_NO)
    page.get_by_label("回文日期").fill(today().isoformat())
    page.get_by_role("button", name="送出改善結果").click()
    page.get_by_text("項改善結果").first.wait_for()


def review(town: Town) -> None:
    """One item comes back with a reason (退回補正), the others are accepted."""
    page = open_item(town, COORDINATOR, TIDIED)
    town.look(page, "review")
    page.get_by_label("說明").last.fill(REASON)
    page.get_by_role("button", name="退回補正").click()
    page.get_by_text("已退回補正，並通知機關").first.wait_for()
    for text in (LITTER, DESIGN):
        page = open_item(town, COORDINATOR, text)
        page.get_by_role("button", name="同意", exact=True).click()
        page.get_by_text("已同意").first.wait_for()
    states = {row["text"]: row["state"] for row in town.rows("SELECT text, state FROM case_items")}
    assert states == {TIDIED: "returned", LITTER: "accepted", DESIGN: "accepted"}


def answer_again(town: Town) -> None:
    """The second round: the reason stands above the form, the first round stays readable."""
    town.letter(HANDLER.address, "補正")
    page = open_item(town, HANDLER, TIDIED)
    page.get_by_text(REASON).first.wait_for()
    after = page.get_by_role("group", name="改善後")
    after.locator("input[type=file]").set_input_files(take_photo(town, "蜂窩補拍", 31))
    after.get_by_role("img").nth(0).wait_for()
    page.get_by_text("已儲存。").first.wait_for()
    if page.get_by_label("缺失原因").input_value() == "":
        fill(page, "養護不足、振動不確實")
    page.get_by_role("button", name="填妥，交核章").click()
    page.get_by_text("這一項已交核章").first.wait_for()
    send(town)
    page = open_item(town, COORDINATOR, TIDIED)
    page.get_by_role("button", name="同意", exact=True).click()
    page.get_by_text("已同意").first.wait_for()


def close(town: Town) -> None:
    """同意備查 with date and number."""
    page = town.todo(COORDINATOR, "結案")
    page.get_by_label("備查函字號").fill(CLOSING_NO)
    page.get_by_label("備查日期").fill(today().isoformat())
    page.get_by_role("button", name="同意備查").click()
    page.get_by_text("已同意備查結案").first.wait_for()
    assert town.one("SELECT state, closing_no FROM cases") == {"state": "closed", "closing_no": CLOSING_NO}
    rounds = town.rows(
        "SELECT replies.round, decision FROM replies JOIN case_items ON case_items.id = item_id"
        " WHERE text = ? ORDER BY replies.round",
        TIDIED,
    )
    assert [(row["round"], row["decision"]) for row in rounds] == [(1, "returned"), (2, "accepted")]
    before = town.rows("SELECT DISTINCT sha256 FROM reply_photos WHERE slot = 'before'")
    wanted = {
        hashlib.sha256(take_photo(town, name, seed).read_bytes()).hexdigest()
        for name, seed in (("蜂窩", 1), ("保護層", 2))
    }
    assert {row["sha256"] for row in before} == wanted
