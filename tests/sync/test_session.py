"""Signing in from a tablet, and what a disabled person's tablet may still hand in (fault 17)."""

from __future__ import annotations

from typing import Any

import pytest

from inspect_app import clock as now
from inspect_app.accounts import credentials, services, sessions
from inspect_app.accounts.actor import SYSTEM
from inspect_app.audit.models import AuditLine
from inspect_app.ids import new_id
from inspect_app.inspections import quarantine
from inspect_app.inspections.models import OperationRow, SetAside
from inspect_app.sync import device_clocks
from tests.support import factories
from tests.support.office import Visitor
from tests.support.tablet import Tablet

APP = {"X-Inspect-App": "1"}


@pytest.fixture
def person(db: Any, clock: Any) -> Any:
    return factories.account("inspector", login="wu", password=factories.PASSWORD)


def sign_in(client: Any, device: str | None = None, password: str = factories.PASSWORD) -> Any:
    named = {"id": device, "name": "平板一"} if device else None
    return client.post("/api/v1/session", json={"login": "wu", "password": password, "device": named})


def test_signs_in_with_a_device_and_out_again(client: Any, person: Any) -> None:
    device = new_id()
    assert client.get("/api/v1/session").json["code"] == "signed_out"
    opened = sign_in(client, device)
    assert opened.status_code == 200
    assert (opened.json["account"]["login"], opened.json["device"]["id"]) == ("wu", device)
    assert len(opened.json["receipt_key"]) == 64
    assert opened.json["server_time"] == "2026-11-23T01:00:00.000Z"
    cookie = opened.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/api/v1/session").json == opened.json
    assert client.delete("/api/v1/session").status_code == 400
    assert client.delete("/api/v1/session", headers=APP).status_code == 204
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"login": "wu"}, 422, "password"),
        ({"login": "wu", "password": "\x00"}, 422, "password"),
        ({"login": "wu", "password": factories.PASSWORD, "device": {"id": "x"}}, 422, "device.id"),
        ({"login": ["wu"], "password": 5}, 422, "login"),
        ([], 422, None),
    ],
)
def test_what_is_wrong_with_a_sign_in_is_a_problem_with_its_field(
    client: Any, person: Any, body: Any, status: int, field: str | None
) -> None:
    answer = client.post("/api/v1/session", json=body)
    assert (answer.status_code, answer.json["code"], answer.mimetype) == (
        status,
        "bad_value",
        "application/problem+json",
    )
    assert field is None or answer.json["field"] == field


def test_bodies_that_are_no_json_are_problems(client: Any, person: Any) -> None:
    answer = client.post("/api/v1/session", data=b"{", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")
    assert sign_in(client, password="wrong").json["code"] == "bad_credentials"
    assert client.get("/api/v1/nothing").json["code"] == "not_found"
    assert client.put("/api/v1/session").json["code"] == "method_not_allowed"


def site_of(client: Any, person: Any) -> Tablet:
    leader = factories.account("leader", "inspector")
    visit = factories.released_visit(factories.tender(), leader, (person,))
    tablet = Tablet(client, person, visit.id, APP)
    sign_in(client, tablet.device)
    return tablet


def test_cookie_needs_the_apps_own_header_to_write(client: Any, person: Any) -> None:
    tablet = site_of(client, person)
    assert tablet.push(tablet.finding()) == [("applied", None)]
    tablet.headers = {}
    assert tablet.post(tablet.finding()).json["code"] == "csrf"


def test_a_session_speaks_for_its_own_device_only(client: Any, person: Any) -> None:
    tablet = site_of(client, person)
    assert tablet.push(tablet.finding(device=new_id())) == [("refused", "foreign_device")]


def test_revoked_device_is_told_and_its_work_is_taken_by_another_sign_in(
    client: Any, person: Any, db: Any
) -> None:
    tablet = site_of(client, person)
    sessions.revoke_device(SYSTEM, tablet.device)
    assert tablet.post(tablet.finding()).status_code == 401
    assert sign_in(client, tablet.device).json["code"] == "device_revoked"


def test_disabled_person_hands_in_into_quarantine_and_a_person_places_it(
    client: Any, person: Any, db: Any
) -> None:
    tablet = site_of(client, person)
    done, waiting = tablet.finding("之前"), tablet.finding("之後")
    tablet.push(done)
    administrator = factories.actor("administrator")
    services.disable_account(administrator, person.id, "離職")
    assert client.get("/api/v1/session").json["code"] == "signed_out"
    assert client.get("/api/v1/packages").status_code == 401
    expected = [("applied", None), ("quarantined", "account_disabled")]
    assert [tablet.push(done, waiting) for _ in range(2)] == [expected] * 2
    answer = tablet.post()
    assert (answer.json["operations"], answer.json["more"]) == ([], False)
    assert db.session.query(OperationRow).count() == 1
    (row,) = quarantine.waiting(administrator)
    assert quarantine.judge_again(administrator, row.id).status == "applied"
    assert quarantine.waiting(administrator) == []
    assert db.session.query(OperationRow).count() == 2
    assert db.session.query(AuditLine).filter_by(action="inspections.quarantine_settled").count() == 1
    assert tablet.push(done, waiting) == [("applied", None)] * 2
    tablet.headers = {}
    assert tablet.post(tablet.finding()).json["code"] == "csrf"
    services.enable_account(administrator, person.id)
    assert client.get("/api/v1/session").status_code == 401


def test_a_password_changed_meanwhile_costs_the_tablet_a_sign_in_and_no_work(
    client: Any, person: Any, db: Any
) -> None:
    tablet = site_of(client, person)
    done, waiting = tablet.finding("之前"), tablet.finding("之後")
    tablet.push(done)
    new = "Another-Passphrase-42"
    credentials.change_password(factories.account_queries.actor_for(person), factories.PASSWORD, new, keep="")
    answer = tablet.post(done, waiting)
    assert (answer.status_code, answer.json["code"]) == (401, "signed_out")
    assert sign_in(client, tablet.device).json["code"] == "bad_credentials"
    assert sign_in(client, tablet.device, new).status_code == 200
    assert tablet.push(done, waiting) == [("applied", None)] * 2
    assert db.session.query(OperationRow).count() == 2


DAY = 86_400


def say_clock(client: Any, seconds: float) -> None:
    told = f"{round((now.now().timestamp() + seconds) * 1000)}"
    assert client.get("/api/v1/session", headers={"X-Device-Clock": told}).status_code == 200


def clock_lines(db: Any) -> list[int]:
    db.session.rollback()
    rows = db.session.query(AuditLine).filter_by(action="sync.clock_off").order_by(AuditLine.n)
    return [row.detail["seconds"] for row in rows]


def test_a_wrong_clock_is_written_down_when_it_changes_and_its_person_and_the_administrator_are_told(
    client: Any, person: Any, db: Any, clock: Any
) -> None:
    sign_in(client, new_id())
    mine, others = factories.account_queries.actor_for(person), factories.actor("administrator")
    for seconds in (0, 299, -299):
        say_clock(client, seconds)
    assert (clock_lines(db), device_clocks.todos(mine, now.today())) == ([], [])
    for seconds in (3 * DAY, 3 * DAY, 3 * DAY + 59, -365 * DAY):
        say_clock(client, seconds)
    assert clock_lines(db) == [3 * DAY, -365 * DAY]
    for who in (mine, others):
        (todo,) = device_clocks.todos(who, now.today())
        assert "「平板一」時鐘比伺服器慢 365 天" in todo.what
    assert device_clocks.todos(factories.actor("inspector"), now.today()) == []
    visitor = Visitor(client.application)
    visitor.sign_in("wu", factories.PASSWORD)
    assert "時鐘比伺服器慢 365 天" in visitor.get("/").text
    say_clock(client, 1)
    assert clock_lines(db) == [3 * DAY, -365 * DAY, 0]
    assert device_clocks.todos(others, now.today()) == []
    say_clock(client, 400)
    clock.advance(days=8)
    assert device_clocks.todos(others, now.today()) == []


@pytest.mark.parametrize("told", ["", "x", "-5", "1e3", "9" * 400, "\u0663", "12345678901234567890"])
def test_what_is_no_clock_is_passed_over(client: Any, person: Any, db: Any, told: str) -> None:
    sign_in(client, new_id())
    headers = {"X-Device-Clock": told.encode().decode("latin-1")}
    assert client.get("/api/v1/session", headers=headers).status_code == 200
    assert clock_lines(db) == []


def test_a_program_without_a_device_has_no_clock(client: Any, person: Any, db: Any) -> None:
    headers = {**factories.bearer(person), "X-Device-Clock": "0"}
    assert client.get("/api/v1/session", headers=headers).status_code == 200
    assert clock_lines(db) == []


def test_settling_wants_a_reason_and_keeps_the_content(client: Any, person: Any, db: Any) -> None:
    from inspect_app.errors import Problem

    tablet = site_of(client, person)
    tablet.push(tablet.finding(schema=7))
    coordinator = factories.actor("coordinator")
    (row,) = quarantine.waiting(coordinator)
    with pytest.raises(Problem, match="wrong_state"):
        quarantine.judge_again(coordinator, row.id)
    with pytest.raises(Problem, match="reason_required"):
        quarantine.settle(coordinator, row.id, "  ")
    quarantine.settle(coordinator, row.id, "已在紙本處理")
    assert quarantine.waiting(coordinator) == []
    assert db.session.query(SetAside).one().settled_note == "已在紙本處理"
    with pytest.raises(Problem, match="forbidden"):
        quarantine.waiting(factories.actor("inspector"))


@pytest.mark.parametrize("body", ["[" * 100_000, '{"login": ' * 50_000])
def test_a_bottomless_body_is_a_bad_request(client: Any, db: Any, body: str) -> None:
    answer = client.post("/api/v1/session", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")


def test_a_stranger_fills_no_memory_and_no_disk(client: Any, db: Any) -> None:
    """A body is held whole before anybody asks who sent it: it may not be large."""
    large = b"x" * (5 * 1024 * 1024)
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    headers = factories.bearer(factories.account("inspector"))
    answers = [
        client.post("/api/v1/session", data=b'{"login": "' + large + b'"}', content_type="application/json"),
        client.post(
            "/office/sign-in",
            data=part + large + b"\r\n--b--",
            content_type="multipart/form-data; boundary=b",
        ),
        client.put("/api/v1/device-key", data=large, content_type="application/json", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [413, 413, 413]
    assert answers[0].json["code"] == "too_large"
