"""The office pages in a real browser: accessible in both themes, usable by keyboard and at 400 %, nothing typed is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.serving import make_server

from inspect_app import clock
from inspect_app.accounts.guards import public
from inspect_app.accounts.permissions import Role
from inspect_app.catalogue.services import load_shipped, set_closure
from inspect_app.installation.services import create
from inspect_app.scheduling.services import adjust_quota, file_return
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.inspected import inspection_with_log

# The small server leaves a file open when the browser turns away in the middle of it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
AXE = Path(__file__).parents[2] / "static/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHECK = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target} ${node.failureSummary}`));
}"""
SMALL = """() => [...document.querySelectorAll('button, .button, .input, .nav a, .choice, summary')]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5 && !one.matches('summary'))
  .map((one) => one.outerHTML.slice(0, 90))"""
PAGES = (
    "/",
    "/me",
    "/me/password",
    "/me/deputies/new",
    "/help",
    "/accounts",
    "/accounts/new",
    "/audit",
    "/nowhere",
)
CHART = """{% extends "office/base.html" %}{% import "office/macros.html" as ui with context %}{% block title %}圖{% endblock %}
{% block content %}{{ ui.chart({"type": "line", "categories": ["1月", "2月"], "series": [{"name": "預定", "values": [10, 20]},
{"name": "實際", "values": [8, 12]}], "unit": "%"}, "進度") }}{% endblock %}"""


@public
def chart_page() -> str:
    return render_template_string(CHART)


@pytest.fixture
def office(app: Flask, db: Any) -> Iterator[str]:
    """The application of this test on a port, with an administrator and some people."""
    create("示範市政府", "研究發展考核委員會", demo=True)
    make.account(Role.ADMINISTRATOR, login="admin", name="林怡君", password=PASSWORD)
    make.account(Role.COORDINATOR, login="coord", name="陳柏翰", password=PASSWORD)
    for n in range(12):
        make.account(Role.INSPECTOR, login=f"member{n:02}", name=f"委員{n:02}")
    app.add_url_rule("/office/chart", "chart_page", chart_page)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/office"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_office(office: str, open_context: Callable[..., Any]) -> Callable[..., Any]:
    """`open_office("admin")`: a page of somebody who has signed in; what the browser complains about fails the test."""

    def open_one(login: str = "", size: str = "desktop", **options: Any) -> Any:
        context = open_context(size, **options)
        context.add_init_script(path=AXE)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        if login:
            sign_in(page, office, login)
        return page

    return open_one


def sign_in(page: Any, office: str, login: str) -> None:
    page.goto(f"{office}/sign-in")
    enter(page, login)
    page.wait_for_url("**/office/")


def enter(page: Any, login: str) -> None:
    page.get_by_label("帳號").fill(login)
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation(
    office: str, open_office: Callable[..., Any], scheme: str
) -> None:
    page = open_office("admin", color_scheme=scheme)
    for path in PAGES:
        page.goto(f"{office}{path}")
        assert page.evaluate(CHECK, RULES) == [], path
    stranger = open_office("", color_scheme=scheme)
    for path in ("/sign-in", "/forgotten"):
        stranger.goto(f"{office}{path}")
        assert stranger.evaluate(CHECK, RULES) == [], path


RULE_PAGES = (
    "/quotas", "/repeats", "/rules", "/rules/compare", "/editions/compare", "/catalogue?q=50101", "/closures",
    "/inspections", "/cases",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_rules_are_accessible_and_fit_a_phone(
    office: str, open_office: Callable[..., Any], scheme: str
) -> None:
    """With everything in them: an adjusted number, a return, a tender without a band, a defect that came back."""
    load_shipped()
    first, other = inspection_with_log(), inspection_with_log()
    with transaction():
        other.tender.contractor_id = first.tender.contractor_id
    first.issued()
    other.issued()
    make.tender(budget=None, name="沒有預算而且名稱很長的示範道路拓寬及雨水下水道改善工程（第二期）")
    year, today = clock.today().year, clock.today()
    adjust_quota(first.coordinator, year, 0, 3, reason="年度中成立", letter="研查字第1號")
    file_return(first.coordinator, year, (today.month + 2) // 3, on=today, letter="研查字第2號")
    set_closure(first.coordinator, today, working=False, reason="颱風")
    page = open_office("coord", color_scheme=scheme)
    for path in RULE_PAGES:
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(f"{office}{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(CHECK, RULES) == [], path
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(SMALL) == [], path
    assert "沒有預算" in page.goto(f"{office}/quotas").text()


def test_the_check_itself_finds_what_is_wrong(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(line.startswith("label ") for line in page.evaluate(CHECK, RULES))


@pytest.mark.parametrize(
    ("width", "height"), [(768, 1024), (1024, 768), (1366, 768), (390, 844), (1440, 900), (320, 256)]
)
def test_every_size_shows_everything_without_sideways_scrolling(
    office: str, open_office: Callable[..., Any], width: int, height: int
) -> None:
    """320 x 256 is 1280 x 1024 at 400 %."""
    page = open_office("admin")
    page.set_viewport_size({"width": width, "height": height})
    for path in PAGES:
        page.goto(f"{office}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(SMALL) == [], path


def test_the_menu_of_a_narrow_window_opens_by_keyboard(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin", size="phone")
    assert not page.get_by_role("link", name="稽核紀錄").is_visible()
    page.get_by_role("button", name="選單").press("Enter")
    page.get_by_role("link", name="稽核紀錄").click()
    assert page.get_by_role("heading", name="稽核紀錄", level=1).is_visible()


def test_pages_say_nothing_wrong_to_the_console(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin")
    page.complaints.clear()
    for path in PAGES[:-1]:
        page.goto(f"{office}{path}")
    assert [said for said in page.complaints if "404" not in said] == []


def test_a_chart_is_drawn_under_the_strict_policy(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office()
    page.goto(f"{office}/chart")
    page.wait_for_selector(".chart-room svg")
    drawn = page.locator(".chart-room svg").text_content()
    assert "實際" in drawn
    assert "預定" in drawn
    assert [said for said in page.complaints if "404" not in said] == []


def test_a_session_that_ends_loses_nothing_typed(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("coord")
    page.goto(f"{office}/accounts")
    page.goto(f"{office}/me/deputies/new")
    page.get_by_label("說明").fill("請假三天，由同組代理")
    page.get_by_label("開始日").fill("2026-12-01")
    assert page.locator("output.roc").first.text_content() == "民國115年12月1日（二）"
    page.context.clear_cookies()
    page.get_by_role("button", name="設定代理人").click()
    assert "已填的內容還在" in page.content()
    page.get_by_role("link", name="重新登入").click()
    enter(page, "coord")
    page.wait_for_url("**/office/")
    page.goto(f"{office}/me/deputies/new")
    assert page.get_by_label("說明").input_value() == "請假三天，由同組代理"
    assert page.get_by_label("開始日").input_value() == "2026-12-01"
    assert "已帶回您上次還沒送出的內容" in page.content()
    page.get_by_role("button", name="捨棄，改回原本內容").click()
    page.reload()
    assert page.get_by_label("說明").input_value() == ""


def test_a_form_without_a_draft_stays_on_its_page_until_the_session_is_back(
    office: str, open_office: Callable[..., Any]
) -> None:
    """Nothing of it is stored (plans under seal are typed so): the page asks before it sends."""
    page = open_office("coord")
    page.goto(f"{office}/closures")
    page.get_by_label("日期").fill("2026-07-10")
    page.get_by_label("停止上班").check()
    page.get_by_label("原因").fill("某某颱風停止上班")
    page.context.clear_cookies()
    page.get_by_role("button", name="加入").click()
    page.get_by_role("alert").filter(has_text="已填的內容還在這一頁").wait_for()
    assert page.get_by_label("原因").input_value() == "某某颱風停止上班"
    assert "颱風" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在新分頁登入").click()
    enter(opened.value, "coord")
    opened.value.wait_for_url("**/office/")
    page.get_by_role("button", name="加入").click()
    page.get_by_role("row").filter(has_text="某某颱風停止上班").wait_for()


def test_another_persons_session_sends_nothing_of_mine(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("coord")
    page.goto(f"{office}/closures")
    page.get_by_label("日期").fill("2026-07-10")
    page.get_by_label("停止上班").check()
    page.get_by_label("原因").fill("某某颱風停止上班")
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_in(other, office, "admin")
    page.get_by_role("button", name="加入").click()
    page.get_by_role("alert").filter(has_text="登入已逾時").wait_for()
    assert page.get_by_label("原因").input_value() == "某某颱風停止上班"


def test_a_network_that_is_gone_keeps_the_form(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("coord")
    page.goto(f"{office}/closures")
    page.get_by_label("原因").fill("某某颱風停止上班")
    page.context.set_offline(True)
    page.get_by_role("button", name="加入").click()
    page.get_by_role("alert").filter(has_text="連不上伺服器").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="加入").click()
    page.locator(".errors:focus").wait_for()  # sent, and the missing day is told
    assert page.get_by_label("原因").input_value() == "某某颱風停止上班"


def test_what_was_sent_is_not_brought_back(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin")
    page.goto(f"{office}/accounts/new")
    page.get_by_label("帳號", exact=True).fill("newcomer")
    page.get_by_label("姓名").fill("吳新")
    page.get_by_role("button", name="建立並寄邀請").click()
    page.locator(".errors:focus").wait_for()
    assert page.get_by_label("姓名").input_value() == "吳新"
    page.get_by_label("電子郵件").fill("new@example.test")
    page.get_by_label("工作人員").check()
    page.get_by_role("button", name="建立並寄邀請").click()
    page.wait_for_selector(".notice-good")
    page.goto(f"{office}/accounts/new")
    assert page.get_by_label("姓名").input_value() == ""


def test_a_draft_does_not_overwrite_what_was_saved_since(
    office: str, open_office: Callable[..., Any]
) -> None:
    """It was typed over an older version, and says so when it is sent; sent once more it is meant."""
    page, colleague = open_office("admin"), open_office("admin")
    page.goto(f"{office}/accounts?q=member03")
    page.locator(".row-link").first.click()
    page.get_by_role("link", name="修改資料與角色").click()
    page.wait_for_url("**/edit")
    address = page.url
    page.get_by_label("職稱").fill("我打到一半的職稱")
    page.goto(f"{office}/accounts")
    colleague.goto(address)
    colleague.get_by_label("職稱").fill("同事存的職稱")
    colleague.get_by_role("button", name="儲存").click()
    colleague.wait_for_selector(".notice-good")
    assert colleague.evaluate("document.activeElement.className") == "flashes", (
        "what became of it is read out"
    )
    page.goto(address)
    page.get_by_text("已帶回您上次還沒送出的內容").wait_for()
    page.get_by_role("button", name="儲存").click()
    page.locator(".errors:focus").wait_for()
    assert "同事存的職稱" in page.locator(".theirs").first.text_content()
    assert page.get_by_label("職稱").input_value() == "我打到一半的職稱"
    page.get_by_role("button", name="儲存").click()
    page.wait_for_selector(".notice-good")


def test_signing_out_forgets_drafts_of_a_shared_computer(
    office: str, open_office: Callable[..., Any]
) -> None:
    page = open_office("coord")
    page.goto(f"{office}/me/deputies/new")
    page.get_by_label("說明").fill("私事")
    assert page.evaluate("JSON.stringify({...localStorage})").count("私事") == 1
    page.get_by_role("button", name="登出").click()
    page.wait_for_url("**/sign-in**")
    assert "私事" not in page.evaluate("JSON.stringify({...localStorage})")


def test_a_double_click_sends_once(office: str, open_office: Callable[..., Any], db: Any) -> None:
    page = open_office("admin")
    page.goto(f"{office}/accounts/new")
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.get_by_label("帳號", exact=True).fill("twice")
    page.get_by_label("姓名").fill("甲")
    page.get_by_label("電子郵件").fill("new@example.test")
    page.get_by_label("工作人員").check()
    page.get_by_role("button", name="建立並寄邀請").dblclick()
    page.wait_for_selector(".notice-good")
    assert len(sent) == 1


def test_rows_and_filters_work_by_keyboard(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin")
    page.goto(f"{office}/accounts?role=inspector")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".row-link").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "委員01"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="委員01", level=1).wait_for()
    page.locator(".crumbs a").click()  # the way back leads to the list as it was narrowed
    page.wait_for_url("**/accounts?role=inspector")
    page.keyboard.press("/")
    page.keyboard.type("委員05")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator("tbody tr").count() == 1


def test_pages_work_without_scripts(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin", java_script_enabled=False)
    page.goto(f"{office}/accounts?role=inspector&sort=-login")
    assert page.locator("tbody tr").first.text_content().strip().startswith("委員11")
    page.get_by_role("link", name="待辦").click()
    assert page.get_by_role("heading", name="待辦", level=1).is_visible()


def test_a_page_prints_without_its_controls(office: str, open_office: Callable[..., Any]) -> None:
    page = open_office("admin")
    page.goto(f"{office}/accounts")
    page.emulate_media(media="print", color_scheme="dark")
    visible = page.evaluate(
        "['.mast', '.filters', '.page-do'].filter((one) => document.querySelector(one)?.offsetParent)"
    )
    assert visible == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.get_by_text("列印自工程施工查核系統").is_visible()
    assert page.evaluate("getComputedStyle(document.body).minHeight") == "0px"  # no second sheet of nothing
