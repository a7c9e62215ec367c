"""What every page of the office keeps: headers, permissions, navigation, forged and repeated forms, assets."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from inspect_app import create_app
from inspect_app.accounts.permissions import Permission, Role, granted
from inspect_app.installation.services import create
from inspect_app.notifications.services import deliveries
from tests.conftest import make_settings
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

OWN_PAGES = ("/", "/me", "/me/password", "/me/deputies/new", "/help", "/accounts", "/accounts/new", "/audit")
TEMPLATES = Path(__file__).parents[2] / "inspect_app/office/templates/office"


@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_for_exactly_the_roles_that_its_permission_names(
    app: Flask, signed_in: Callable[..., Visitor], role: Role
) -> None:
    browser = signed_in(role)
    for path in OWN_PAGES:
        permission = view_of(app, f"/office{path}").__permission__
        expected = 200 if permission in granted(frozenset({role})) else 403
        assert (path, browser.get(path).status_code) == (path, expected)


def view_of(app: Flask, path: str) -> Any:
    with app.test_request_context(path) as context:
        return app.view_functions[context.request.endpoint or ""]


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_shows_only_what_opens(signed_in: Callable[..., Visitor], role: Role) -> None:
    make.edition()
    browser = signed_in(role)
    nav = browser.get("/").text.split('<nav id="nav"')[1].split("</nav>")[0]
    links = re.findall(r'href="(/office/[^"]*)"', nav)
    assert len(links) >= 3
    assert {path: browser.client.get(path).status_code for path in links} == dict.fromkeys(links, 200)


def test_the_navigation_shows_administration_to_administrators_only(
    signed_in: Callable[..., Visitor],
) -> None:
    shown = {role: "/office/accounts" in signed_in(role).get("/").text for role in Role}
    assert [role for role, seen in shown.items() if seen] == [Role.ADMINISTRATOR]


def test_a_form_without_its_token_changes_nothing(signed_in: Callable[..., Visitor], app: Flask) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    data = {"login": "forged", "name": "x", "roles": ["staff"], "email": "x@example.test"}
    for token in ("", "wrong", "錯"):
        refused = browser.send("/accounts/new", csrf_token=token, **data)
        assert (refused.status_code, "表單已過期" in refused.text) == (400, True)
    assert "forged" not in browser.get("/accounts").text


def test_one_sessions_token_is_no_other_sessions_token(signed_in: Callable[..., Visitor]) -> None:
    mine, theirs = signed_in(Role.ADMINISTRATOR), signed_in(Role.ADMINISTRATOR)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', theirs.get("/").text)[0]
    assert mine.send("/sign-out", csrf_token=token).status_code == 400


def test_the_second_submit_of_a_form_does_nothing_twice(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    page = browser.get("/accounts/new").text
    sent = dict(re.findall(r'name="(csrf_token|once)" value="([^"]*)"', page))
    sent |= {"login": "twice", "name": "甲", "email": "x@example.test"}
    first = browser.send("/accounts/new", roles=["staff"], **sent)
    second = browser.send("/accounts/new", roles=["staff"], **sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.location == first.location
    assert "沒有重複處理" in browser.client.get(second.location).text


def test_a_button_pressed_twice_sends_one_letter(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    account = make.account(Role.STAFF)
    page = browser.get(f"/accounts/{account.id}").text
    form = page.split(f"/accounts/{account.id}/invite")[1].split("</form>")[0]
    sent = dict(re.findall(r'name="(csrf_token|once)" value="([^"]*)"', form))
    answers = [browser.send(f"/accounts/{account.id}/invite", **sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(deliveries(f"account:{account.id}")) == 1


def test_a_refused_form_may_be_sent_again(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    sent = dict(re.findall(r'name="(csrf_token|once)" value="([^"]*)"', browser.get("/accounts/new").text))
    sent |= {"login": "again", "name": "甲"}
    assert browser.send("/accounts/new", roles=["staff"], email="wrong", **sent).status_code == 422
    assert browser.send("/accounts/new", roles=["staff"], email="x@example.test", **sent).status_code == 303


def test_every_answer_carries_the_headers(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.ADMINISTRATOR)
    for path in (*OWN_PAGES, "/sign-in", "/no-such-page", "/accounts/none"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_pages_have_no_inline_scripts_or_styles() -> None:
    found = [
        f"{path.name}: {match}"
        for path in TEMPLATES.rglob("*.html")
        for match in re.findall(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*\ssrc=)", path.read_text())
    ]
    assert found == []


class Outline(HTMLParser):
    """Landmarks, ids, labels and headings of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.labelled |= {values.get("for") or ""} if tag == "label" else set()
        hidden = values.get("type") in ("hidden", "submit") or values.get("aria-hidden") == "true"
        if tag in ("input", "select", "textarea") and not hidden:
            self.fields.append(values.get("id") or "(no id)")


def test_every_field_has_a_label_and_every_page_its_landmarks(
    signed_in: Callable[..., Visitor], app: Flask
) -> None:
    browser, stranger = signed_in(Role.ADMINISTRATOR), Visitor(app)
    pages = {path: browser.get(path) for path in (*OWN_PAGES, "/no-such-page")}
    pages |= {path: stranger.get(path) for path in ("/sign-in", "/forgotten", "/password/none")}
    for path, answer in pages.items():
        outline = Outline(answer.text)
        assert (path, outline.tags.count("h1"), outline.tags.count("main")) == (path, 1, 1)
        assert len(outline.ids) == len(set(outline.ids)), path
        assert set(outline.fields) <= outline.labelled, path


def test_problems_are_pages_that_say_what_to_do(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.STAFF)
    missing, forbidden = browser.get("/no-such-page"), browser.get("/accounts")
    assert (missing.status_code, "找不到這個項目" in missing.text, "從選單" in missing.text) == (
        404,
        True,
        True,
    )
    assert (forbidden.status_code, "洽系統管理者" in forbidden.text) == (403, True)


def test_the_address_of_a_sent_form_leads_to_its_page(signed_in: Callable[..., Visitor]) -> None:
    """A refused form stands at the address that it was sent to: reloaded or kept, it shows the way instead of a riddle."""
    browser = signed_in(Role.ADMINISTRATOR)
    account = make.account(Role.STAFF)
    page = browser.get(f"/accounts/{account.id}/disable")
    assert (page.status_code, f'href="/office/accounts/{account.id}"' in page.text) == (405, True)


def test_an_expired_session_keeps_what_was_typed(signed_in: Callable[..., Visitor], clock: Any) -> None:
    browser = signed_in(Role.STAFF)
    page = browser.get("/me/deputies/new").text
    assert 'data-draft="deputy"' in page
    clock.advance(hours=1)
    sent = dict(re.findall(r'name="(csrf_token|once)" value="([^"]*)"', page))
    refused = browser.send("/me/deputies/new", note="請假", **sent)
    assert (refused.status_code, "已填的內容還在" in refused.text) == (401, True)


def test_demo_screens_say_so_and_others_do_not(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.STAFF)
    assert "示範" not in browser.get("/").text
    create("示範市政府", "研考會", demo=False)
    assert 'class="demo"' not in browser.get("/").text


def test_a_demo_installation_carries_the_banner_on_every_page(db: Any, app: Flask) -> None:
    create("示範市政府", "研考會", demo=True)
    make.account(Role.ADMINISTRATOR, login="admin", password=PASSWORD)
    browser = Visitor(app)
    assert 'class="demo"' in browser.get("/sign-in").text
    browser.sign_in("admin", PASSWORD)
    assert all('class="demo"' in browser.get(path).text for path in OWN_PAGES)


def test_assets_are_kept_by_name_or_asked_anew(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "chunks").mkdir()
    (tmp_path / "office.css").write_text("body{}")
    (tmp_path / "chunks/drawing-abc123.js").write_text("1")
    app.config["OFFICE_ASSETS"] = str(tmp_path)

    def asked(name: str, **headers: str) -> tuple[int, Headers]:
        with app.test_client().get(f"/office/assets/{name}", headers=headers) as answer:
            return answer.status_code, answer.headers

    _, style = asked("office.css")
    assert style["Cache-Control"] == "no-cache"
    assert "immutable" in asked("chunks/drawing-abc123.js")[1]["Cache-Control"]
    assert asked("office.css", **{"If-None-Match": style["ETag"]})[0] == 304
    assert [asked(name)[0] for name in ("../config.py", "%2e%2e/secret", "nothing.js")] == [404] * 3


def test_pages_render_without_a_build(app: Flask, tmp_path: Path) -> None:
    app.config["OFFICE_ASSETS"] = str(tmp_path / "none")
    assert app.test_client().get("/office/sign-in").status_code == 200


def test_processes_that_share_home_share_the_key(tmp_path: Path) -> None:
    keys = {create_app(make_settings(tmp_path)).secret_key for _ in range(2)}
    assert len(keys) == 1
    assert (tmp_path / "keys/pages.key").stat().st_mode & 0o077 == 0


def test_looking_at_the_audit_log_is_written_down(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.AUDITOR)
    browser.get("/audit?who=somebody")
    page = browser.get("/audit?action=audit.viewed").text
    assert page.count("查看稽核紀錄<br>") == 2
    assert "somebody" in page


def test_the_audit_log_narrows_by_day_in_taipei(signed_in: Callable[..., Visitor]) -> None:
    browser = signed_in(Role.AUDITOR)
    assert "accounts.signed_in" in browser.get("/audit?since=2026-11-23&until=115.11.23").text
    assert "accounts.signed_in" not in browser.get("/audit?until=2026-11-22").text
    assert "沒有這一天" in browser.get("/audit?since=2026-02-31").text


def test_who_may_read_the_audit_log() -> None:
    assert {role for role in Role if Permission.VIEW_AUDIT in granted(frozenset({role}))} == {
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    }
