"""The demo city, as somebody meets it who has just typed `dev.py run`: what is in it, and every screen of every role."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inspect_app.demo.people import PASSWORD
from tests.e2e.steps.town import AXE, RULES

GRAVE = """async ([rules, only]) => {
  const what = only ? {type: 'rule', values: only} : rules;
  const found = await axe.run(document, {runOnly: what, resultTypes: ['violations']});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target} ${node.failureSummary}`));
}"""
FIRST = "tbody .row-link"
SCREENS: dict[str, tuple[str, ...]] = {
    "coordinator1": (
        "/", "/visits", "/visits>", "/visits/new", "/tenders", "/tenders>", "/imports/tenders", "/inspections?state=closed>",
        "/inspections?state=closed>disputes", "/inspections?state=issued>disputes",
        "/inspections?state=issued>", "/cases", "/cases>", "/cases?state=overdue>", "/experts", "/catalogue", "/rules", "/quarantine",
    ),
    "convener": ("/", "/visit-approvals", "/inspections?state=approving>"),
    "agency1": ("/", "/cases", "/cases>", "/rulings"),
    "secretary": ("/", "/meetings", "/meetings>"),
    "chair": ("/", "/chair"),
    "auditor": ("/", "/audit"),
    "admin": ("/", "/accounts", "/accounts>"),
    "staff1": ("/", "/inspections"),
    "expert1": ("/", "/left-behind"),
}  # fmt: skip
"""Addresses by login; after > the first row of the list is followed, and then the tab of that name."""


@pytest.mark.timeout(900)
def test_the_demo_city_is_whole_and_every_screen_of_it_can_be_used(
    demo_server: Any, open_context: Any
) -> None:
    what_is_in_it(demo_server)
    loading_again_changes_nothing(demo_server)
    wrong = [line for login in SCREENS for line in look_around(demo_server, open_context, login)]
    assert wrong == [], "\n".join(wrong)


def counts(product: Any, sql: str) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{product.home / 'inspect.sqlite3'}?mode=ro", uri=True)) as link:
        return {str(key): number for key, number in link.execute(sql)}


def rows_of(product: Any, table: str) -> int:
    return counts(product, f"SELECT 0, count(*) FROM {table}")["0"]


def what_is_in_it(product: Any) -> None:
    """The sizes of a city, cases in every state, sealed visits ahead, one meeting held and one coming; dates move with today."""
    today = datetime.now(ZoneInfo("Asia/Taipei")).date().isoformat()
    assert 850 <= rows_of(product, "tenders") <= 950
    assert rows_of(product, "agencies") == 20
    assert rows_of(product, "inspections") >= 200
    states = counts(product, "SELECT state, count(*) FROM inspections GROUP BY 1")
    assert {"closed", "confirming", "approving", "approved", "issued"} <= set(states)
    assert {"waiting", "ready", "sent", "returned", "accepted"} <= set(
        counts(product, "SELECT state, count(*) FROM case_items GROUP BY 1")
    )
    assert {"draft", "submitted", "sealed"} <= set(
        counts(product, "SELECT state, count(*) FROM visits GROUP BY 1")
    )
    assert "conflict" in counts(product, "SELECT status, count(*) FROM operations GROUP BY 1")
    assert "late_decision" in counts(product, "SELECT entity, count(*) FROM operations GROUP BY 1")
    held = counts(product, f"SELECT held_on <= '{today}', count(*) FROM meetings GROUP BY 1")  # a date
    assert held == {"0": 1, "1": 1}
    newest = next(iter(counts(product, "SELECT max(inspected_on), 0 FROM inspections")))
    assert (date.fromisoformat(today) - date.fromisoformat(newest[:10])).days < 31


def loading_again_changes_nothing(product: Any) -> None:
    """The sign-ins are told again, and nothing is added (the jobs beside it write their own lines meanwhile)."""
    kept = ("accounts", "tenders", "operations", "cases", "visits", "meetings", "photos")
    before = [rows_of(product, name) for name in kept]
    assert "coordinator1" in product.cli("demo").stdout
    assert [rows_of(product, name) for name in kept] == before


def look_around(product: Any, open_context: Any, login: str) -> list[str]:
    """Sign in and see every screen of this role; answers what is wrong with them."""
    context = open_context("desktop", base_url=f"{product.url}/office/", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_init_script(path=AXE)
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.goto("sign-in")
    page.get_by_label("帳號", exact=True).fill(login)
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登入", exact=True).click()
    page.wait_for_url("**/office/")
    for address in SCREENS[login]:
        wrong += [f"{login} {address}: {line}" for line in see(page, address)]
    context.close()
    return wrong


def see(page: Any, address: str) -> list[str]:
    """One screen in both themes, and at 400 % (320 x 256 is 1280 x 1024 enlarged)."""
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light")
    path, follow, tab = address.partition(">")
    answer = page.goto(path.lstrip("/") or "./")
    wrong = [] if answer.status == 200 else [f"answered {answer.status}"]
    if follow:
        page.locator(FIRST).first.click()
        page.wait_for_load_state("load")
    if tab:
        page.goto(f"{page.url.partition('?')[0]}?tab={tab}")
    wrong += page.evaluate(GRAVE, [RULES, None])
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {line}" for line in page.evaluate(GRAVE, [RULES, ["color-contrast"]])]
    page.set_viewport_size({"width": 320, "height": 256})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("scrolls sideways at 400 %")
    return wrong
