"""An unannounced visit is planned, approved, sealed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.steps.founding import NUMBER, TENDER
from tests.e2e.steps.town import CONVENER, COORDINATOR, HANDLER, LEADER, MEMBER, PAPER_MEMBER, STAFF, Town

TAIPEI = ZoneInfo("Asia/Taipei")


def plan_a_visit(town: Town) -> str:
    """Without an end date the plan is refused and keeps what was typed; with it the plan is sealed. Answers its id."""
    page, today = town.office(COORDINATOR), datetime.now(TAIPEI).date()
    page.get_by_role("link", name="行程", exact=True).click()
    page.get_by_role("link", name="排定查核").click()
    page.get_by_label("找標案").press_sequentially("示範路", delay=20)
    page.get_by_role("radio", name=TENDER).check()
    page.get_by_label("預定日期").fill(today.isoformat())
    page.get_by_label("預定到場時間").fill("23:58")
    page.get_by_label("查核期間起日").fill(today.isoformat())
    _choose_team(page)
    page.get_by_label("查核重點").fill("結構體與材料檢驗")
    page.get_by_label("承辦人").fill(COORDINATOR.name)
    town.look(page, "plan")
    page.get_by_role("button", name="儲存並密封").click()
    page.get_by_role("alert").filter(has_text="結束日期").wait_for()
    assert page.get_by_label("查核重點").input_value() == "結構體與材料檢驗"
    page.get_by_label("查核期間迄日").fill((today + timedelta(days=10)).isoformat())
    page.get_by_role("button", name="儲存並密封").click()
    page.get_by_text("已存成草稿並密封").first.wait_for()
    town.look(page, "visit")
    page.get_by_role("button", name="送核").click()
    page.get_by_text("已送召集人核定").first.wait_for()
    return str(town.one("SELECT id FROM visits")["id"])


def _choose_team(page: Any) -> None:
    page.get_by_role("group", name="領隊").get_by_label(LEADER.name).check()
    members = page.get_by_role("group", name="查核委員")
    members.get_by_label(MEMBER.name).check()
    members.get_by_label(PAPER_MEMBER.name).check()
    page.get_by_role("group", name="工作人員").get_by_label(STAFF.name).check()


def approve_the_plan(town: Town, visit: str) -> None:
    """The convener finds it in the to-do list and approves list and notice."""
    page = town.office(CONVENER)
    town.look(page, "todo")
    page.get_by_role("link", name="行程核定").first.click()
    page.get_by_role("link", name=TENDER, exact=True).click()
    page.get_by_role("button", name="核定").click()
    page.get_by_text("已核定名單與通知函").first.wait_for()
    row = town.one("SELECT * FROM visits WHERE id = ?", visit)
    assert row["state"] == "sealed"
    assert row["tender_id"] is None
    assert not any(word in str(list(row.values())) for word in (TENDER, NUMBER, LEADER.name))


def nobody_else_sees_it(town: Town, visit: str) -> None:
    """Before release the agency finds the same as for a visit that does not exist."""
    page = town.office(HANDLER)
    answers = [page.goto(f"{town.product.url}/office/visits/{one}") for one in (visit, visit[::-1])]
    assert [answer.status for answer in answers] == [404, 404]
