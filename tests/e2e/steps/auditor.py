"""The auditor reads what everybody did and looked at; to look is written down as well."""

from __future__ import annotations

from tests.e2e.steps.town import AUDITOR, CONVENER, COORDINATOR, LEADER, Town, as_json

DEEDS = (
    ("scheduling.approved", CONVENER),
    ("scheduling.released", LEADER),
    ("inspections.issued", COORDINATOR),
    ("notices.closed", COORDINATOR),
)


def read_the_log(town: Town) -> None:
    """Each deed of the walk stands there with its person; the office shows the auditor no button that changes anything."""
    page = town.office(AUDITOR)
    page.get_by_role("link", name="稽核紀錄", exact=True).click()
    town.look(page, "audit")
    for action, person in DEEDS:
        page.get_by_label("動作").fill(action)
        page.get_by_role("button", name="套用").click()
        page.get_by_role("row").filter(has_text=action).filter(has_text=person.name).first.wait_for()
    assert town.rows("SELECT n FROM audit_lines WHERE action = 'audit.viewed'")
    page.goto(f"{town.product.url}/office/inspections")
    page.get_by_role("link", name="示範路拓寬工程", exact=True).click()
    page.get_by_role("heading", name="示範路拓寬工程", level=1).wait_for()
    assert page.locator("main form[method=post]").count() == 0


def verify_the_chain(town: Town) -> None:
    """The chain of the whole walk verifies, and every stored photo still has its hash."""
    told = as_json(town.product.cli("audit", "verify", "--json").stdout)
    assert told["photos"] >= 4, told
