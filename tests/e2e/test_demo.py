"""The demo city, as somebody meets it who has just typed `dev.py run`: what is in it, and every screen of every role."""

from __future__ import annotations

import html
import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest

from inspect_app.demo.people import PASSWORD
from tests.e2e.steps.town import AXE, RULES
from tests.support.told import bare, told

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
ASKING = ("coordinator1", "agency1")
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d(-\d\d)?|(?<==)[^&]+")
FILES = re.compile(r"\.(odt|pdf|xlsx|ics|zip)\b|/assets/|/proof|sign-out|download|[?&](sort|page)=")


@pytest.mark.timeout(900)
def test_the_demo_city_is_whole_and_every_screen_of_it_can_be_used(
    demo_server: Any, open_context: Any
) -> None:
    what_is_in_it(demo_server)
    loading_again_changes_nothing(demo_server)
    reasons_come_when_asked(demo_server, open_context)
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
    real = "SELECT 0, count(*) FROM accounts WHERE email NOT LIKE '%@example.invalid'"
    assert counts(product, real) == {"0": 0}, "addresses that lead to nobody"
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
    long_unread = "SELECT 0, count(*) FROM photos WHERE looked_at < datetime('now', '-1 day')"
    assert counts(product, long_unread) == {"0": 0}, "an administrator would read that the round stands still"
    newest = next(iter(counts(product, "SELECT max(inspected_on), 0 FROM inspections")))
    assert (date.fromisoformat(today) - date.fromisoformat(newest[:10])).days < 31


def loading_again_changes_nothing(product: Any) -> None:
    """The sign-ins are told again, and nothing is added (the jobs beside it write their own lines meanwhile)."""
    kept = ("accounts", "tenders", "operations", "cases", "visits", "meetings", "photos")
    before = [rows_of(product, name) for name in kept]
    assert "coordinator1" in product.cli("demo").stdout
    assert [rows_of(product, name) for name in kept] == before


def sign_in(page: Any, login: str) -> None:
    page.goto("sign-in")
    page.get_by_label("帳號", exact=True).fill(login)
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登入", exact=True).click()
    page.wait_for_url("**/office/")


def look_around(product: Any, open_context: Any, login: str) -> list[str]:
    """Sign in and see every screen of this role; answers what is wrong with them."""
    context = open_context("desktop", base_url=f"{product.url}/office/", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    context.add_init_script(path=AXE)
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    sign_in(page, login)
    for address in SCREENS[login]:
        wrong += [f"{login} {address}: {line}" for line in see(page, address)]
    if login in ASKING:
        wrong += [f"{login} {line}" for line in ask_everywhere(context.request, f"{product.url}/office/")]
    context.close()
    return wrong


def ask_everywhere(session: Any, start: str) -> list[str]:
    """Follow every kind of link once: whatever the rules worked out has its reasons in its row, figure or section."""
    waiting, kinds, wrong, seen = [start], {""}, list[str](), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        answer = session.get(address, timeout=60_000, max_redirects=2)
        if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        page = answer.text()
        wrong += [f"{address} does not say why: {line}" for line in bare(page)]
        seen.update(line.split()[0] for line in told(page))
        for link in re.findall(r'href="(/office/[^"#]*)', page):
            kind = KEY.sub("*", html.unescape(link))
            if kind not in kinds and not FILES.search(kind):
                kinds.add(kind)
                waiting.append(urljoin(start, html.unescape(link)))
    return wrong if {"score", "date", "amount"} <= set(seen) else [*wrong, f"saw only {dict(seen)}"]


def reasons_come_when_asked(product: Any, open_context: Any) -> None:
    """In a list, by keyboard alone: the reasons of the row's own page, fetched when they are opened."""
    context = open_context("desktop", base_url=f"{product.url}/office/")
    context.set_default_timeout(60_000)
    page = context.new_page()
    sign_in(page, "coordinator1")
    page.goto("cases")
    row = page.locator("tbody tr").first
    asked = row.locator(".why summary").first
    assert asked.bounding_box()["height"] >= 44
    asked.focus()
    page.keyboard.press("Enter")
    row.locator(".why-room li", has_text="改善期限為").first.wait_for()
    assert page.url.endswith("/cases")
    context.close()


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
    wrong += [f"does not say why: {line}" for line in bare(page.content())]
    wrong += page.evaluate(GRAVE, [RULES, None])
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark: {line}" for line in page.evaluate(GRAVE, [RULES, ["color-contrast"]])]
    page.set_viewport_size({"width": 320, "height": 256})
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("scrolls sideways at 400 %")
    return wrong
