"""A tablet's session is for what the app needs: it opens no page of the office, for no role, however the cookie came there."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from inspect_app.accounts import sessions
from inspect_app.accounts.permissions import Role
from tests.support import factories
from tests.support.office import Visitor

DEVICE = {"id": "0193a1b2-0000-7000-8000-00000000d001", "name": "平板"}
APP = {"X-Inspect-App": "1"}
SESSION = "/api/v1/session"


def body(login: str) -> dict[str, Any]:
    return {"login": login, "password": factories.PASSWORD, "device": DEVICE}


def who(client: Any, path: str = SESSION, **asked: Any) -> str | None:
    answer = client.get(path, **asked)
    return answer.json["account"]["login"] if answer.status_code == 200 else None


def addresses(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of everything that is neither public nor of the interface; ids are invented."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (
            rule.endpoint == "static"
            or getattr(view, "__public__", False)
            or rule.rule.startswith("/api/v1/")
        ):
            continue
        path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, "1"))
        found += [(method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


@pytest.mark.parametrize("role", list(Role))
def test_no_role_enters_the_office_with_a_tablets_session(app: Flask, db: Any, role: Role) -> None:
    factories.account(role, login="wu", password=factories.PASSWORD)
    client = app.test_client()
    opened = client.post(SESSION, json=body("wu"))
    (cookie,) = opened.headers.getlist("Set-Cookie")
    assert "Path=/api/v1" in cookie
    assert "HttpOnly" in cookie
    assert who(client) == "wu"
    assert client.get("/office/").location == "/office/sign-in?next=/office/"
    assert client.get("/office/alive").json["account"] == ""


def test_not_one_address_beside_the_interface_takes_it_not_even_as_the_offices_cookie(
    app: Flask, db: Any
) -> None:
    account = factories.account(*Role, login="wu", password=factories.PASSWORD)
    opened = sessions.sign_in("wu", factories.PASSWORD, device=tuple(DEVICE.values()), address="", hours=12)
    client = app.test_client()
    for name in ("inspect_session", "inspect_device"):
        client.set_cookie(name, opened.token)
    tried = addresses(app)
    assert len(tried) > 150
    wrong = []
    for method, path in tried:
        answer = client.open(path, method=method, headers=APP)
        asked = answer.status_code == 302 and answer.location.startswith("/office/sign-in")
        if not (asked or answer.status_code == 401):
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []
    assert who(client) == account.login  # of the interface it opens what it opened


def test_neither_sign_in_ends_the_other(app: Flask, db: Any) -> None:
    factories.account("inspector", login="field", password=factories.PASSWORD)
    factories.account("coordinator", login="desk", password=factories.PASSWORD)
    browser = Visitor(app)
    client = browser.client
    client.post(SESSION, json=body("field"))
    browser.sign_in("desk", factories.PASSWORD)
    assert browser.get("/").status_code == 200
    assert who(client, headers=APP) == "field"  # the app
    assert who(client) == "desk"  # what a page of the office asks for, pictures
    assert who(client, f"{SESSION}?tablet") == "field"  # pictures in the app
    client.post(SESSION, json=body("field"))
    assert browser.get("/").status_code == 200
    assert browser.post("/sign-out", page="/").status_code == 303
    assert who(client) == "field"
    browser.sign_in("desk", factories.PASSWORD)
    assert client.delete(SESSION, headers=APP).status_code == 204
    assert who(client, headers=APP) == "desk"
    assert browser.get("/").status_code == 200
    assert client.get_cookie("inspect_device", path="/api/v1") is None
