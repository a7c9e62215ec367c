"""Signing in: the lock, what an unknown login sees, sessions, devices (protection baseline 36-46)."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from flask import Flask

from inspect_app.accounts import queries, sessions
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import SignIn, SignInFailure
from inspect_app.accounts.permissions import Role
from inspect_app.clock import now
from inspect_app.errors import Problem
from inspect_app.installation.services import create
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor
from tests.support.together import at_once

TABLET = ("018f0000-0000-7000-8000-00000000000a", "查核一號平板")


def code_of(login: str, password: str, **values: Any) -> str:
    """The code of the refusal, or "in"."""
    try:
        sessions.sign_in(login, password, **{"device": None, "address": "", "hours": 12, **values})
    except Problem as problem:
        return problem.code
    return "in"


@pytest.fixture
def person(db: Any, clock: Any) -> Any:
    return make.account(Role.COORDINATOR, login="coord", password=PASSWORD)


def test_five_failures_lock_for_fifteen_minutes(person: Any, clock: Any) -> None:
    assert [code_of("coord", "wrong") for _ in range(5)] == ["bad_credentials"] * 4 + ["sign_in_locked"]
    clock.advance(minutes=14, seconds=59)
    assert code_of("coord", PASSWORD) == "sign_in_locked"
    clock.advance(seconds=2)
    assert code_of("coord", PASSWORD) == "in"


def test_the_lock_says_when_it_ends_and_the_login_stays_typed(
    person: Any, visitor: Callable[..., Visitor]
) -> None:
    browser = visitor()
    answers = [browser.sign_in("coord", "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert "鎖定到 09:15" in answers[-1].text
    assert 'value="coord"' in answers[-1].text
    assert "wrong" not in answers[-1].text


def test_success_forgets_earlier_failures(person: Any) -> None:
    for _ in range(3):
        assert [code_of("coord", "wrong") for _ in range(4)] == ["bad_credentials"] * 4
        assert code_of("coord", PASSWORD) == "in"


def test_old_failures_do_not_add_up(person: Any, clock: Any) -> None:
    for _ in range(3):
        assert [code_of("coord", "wrong") for _ in range(4)] == ["bad_credentials"] * 4
        clock.advance(minutes=16)


def test_parallel_tries_get_no_more_than_five_looks(app: Flask, person: Any, db: Any) -> None:
    """Thirty at once, every one with a wrong password: four answers of 'wrong', all others are locked out."""

    def attempt() -> str:
        with app.app_context():
            return code_of("coord", "wrong")

    answers = at_once(30, attempt)
    assert answers.count("bad_credentials") == 4
    assert answers.count("sign_in_locked") == 26
    db.session.rollback()
    assert db.session.get(SignInFailure, "coord").count == 5


def test_the_right_password_in_a_locked_crowd_is_refused(app: Flask, person: Any) -> None:
    for _ in range(5):
        code_of("coord", "wrong")

    def attempt() -> str:
        with app.app_context():
            return code_of("coord", PASSWORD)

    assert at_once(10, attempt) == ["sign_in_locked"] * 10


def test_an_unknown_login_answers_and_locks_the_same(person: Any, visitor: Callable[..., Visitor]) -> None:
    pages = {login: [visitor().sign_in(login, "wrong") for _ in range(6)] for login in ("coord", "noone")}
    known, unknown = (
        [(answer.status_code, _without_ids(answer.text, login)) for answer in answers]
        for login, answers in pages.items()
    )
    assert known == unknown


def _without_ids(page: str, login: str) -> str:
    return "".join(line for line in page.replace(login, "LOGIN").split("\n") if 'name="once"' not in line)


def test_an_unknown_login_costs_the_same_time(person: Any) -> None:
    """The hash is worked out for nobody as well: the medians are of one size, not argon2 against nothing."""

    def seconds(login: str) -> float:
        began = time.perf_counter()
        code_of(login, "wrong")
        return time.perf_counter() - began

    pairs = [(seconds(f"noone{n}"), _fresh(lambda: seconds("coord"))) for n in range(9)]
    unknown, known = (median(side) for side in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


def _fresh(measure: Callable[[], float]) -> float:
    taken = measure()
    code_of("coord", PASSWORD)
    return taken


def failed_already(address: str, count: int) -> None:
    with transaction() as session:
        session.add(SignInFailure(login=f"@{address}", count=count, last_at=now(), locked_until=None))


def test_one_address_cannot_try_many_logins(person: Any) -> None:
    failed_already("203.0.113.9", 46)
    codes = [code_of(f"guess{n}", "wrong", address="203.0.113.9") for n in range(6)]
    assert codes == ["bad_credentials"] * 4 + ["too_many"] * 2
    assert code_of("coord", PASSWORD, address="203.0.113.10") == "in"


def test_a_login_cannot_pretend_to_be_an_address(person: Any) -> None:
    for _ in range(6):
        code_of("@203.0.113.10", "wrong")
    assert code_of("coord", PASSWORD, address="203.0.113.10") == "in"


def test_a_success_does_not_pardon_the_address(person: Any) -> None:
    """Whoever has one good account cannot use it to go on guessing others."""
    failed_already("203.0.113.9", 46)
    codes = []
    for n in range(5):
        codes.append(code_of(f"guess{n}", "wrong", address="203.0.113.9"))
        code_of("coord", PASSWORD, address="203.0.113.9")
    assert codes == ["bad_credentials"] * 4 + ["too_many"]


@pytest.mark.parametrize(
    "typed", ["@ coord", "@\u3000 coord", " @ @coord", "coord" + " " * 70 + "x", "coord\t" + " " * 70 + "x"]
)
def test_no_way_of_typing_a_login_gets_round_its_lock(person: Any, typed: str) -> None:
    for _ in range(5):
        code_of("coord", "wrong")
    assert code_of(typed, PASSWORD) in ("sign_in_locked", "bad_credentials")
    assert code_of("@ coord", "wrong") == "sign_in_locked"


def test_login_is_read_without_case_and_blanks(person: Any) -> None:
    assert code_of("  Coord ", PASSWORD) == "in"


def test_a_demo_account_refuses_to_exist_outside_the_demo(db: Any) -> None:
    make.account(Role.CHAIR, login="demo-chair", password=PASSWORD, demo=True)
    assert code_of("demo-chair", PASSWORD) == "demo_only"
    create("示範市政府", "研考會", demo=True)
    assert code_of("demo-chair", PASSWORD) == "in"


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(
    person: Any, visitor: Callable[..., Visitor], db: Any
) -> None:
    answer = visitor().sign_in("coord", PASSWORD)
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if "inspect_session" in line)
    token = cookie.split(";")[0].split("=", 1)[1]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert db.session.get(SignIn, token) is None
    assert db.session.get(SignIn, queries.token_hash(token)).account_id == person.id


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/office/help", "/office/help"),
        ("/office/accounts?state=idle", "/office/accounts?state=idle"),
        ("https://evil.example/", "/office/"),
        ("//evil.example/", "/office/"),
        ("/\\evil.example", "/office/"),
        ("/\tevil", "/office/"),
        ("javascript:alert(1)", "/office/"),
        ("", "/office/"),
    ],
)
def test_next_stays_on_this_site(
    person: Any, visitor: Callable[..., Visitor], target: str, lands: str
) -> None:
    answer = visitor().sign_in("coord", PASSWORD, next=target)
    assert (answer.status_code, answer.location) == (303, lands)


def test_a_page_that_needs_sign_in_leads_back_to_itself(person: Any, visitor: Callable[..., Visitor]) -> None:
    browser = visitor()
    sent = browser.get("/help")
    assert sent.location == "/office/sign-in?next=/office/help"
    assert browser.sign_in("coord", PASSWORD, next="/office/help").location == "/office/help"
    assert browser.get("/help").status_code == 200


def test_signing_out_ends_the_session_on_the_server(person: Any, visitor: Callable[..., Visitor]) -> None:
    browser = visitor()
    browser.sign_in("coord", PASSWORD)
    token = browser.client.get_cookie("inspect_session").value
    assert browser.post("/sign-out", page="/").status_code == 303
    browser.client.set_cookie("inspect_session", token)
    assert browser.get("/").status_code == 302


def test_an_idle_office_session_ends_but_a_tablets_does_not(
    person: Any, clock: Any, app: Flask, visitor: Callable[..., Visitor]
) -> None:
    browser, tablet = visitor(), visitor()
    browser.sign_in("coord", PASSWORD)
    opened = sessions.sign_in("coord", PASSWORD, device=TABLET, address="", hours=12)
    tablet.client.set_cookie("inspect_device", opened.token, path="/api/v1")
    clock.advance(minutes=31)
    assert browser.get("/").status_code == 302
    assert tablet.client.get("/api/v1/session").status_code == 200
    clock.advance(hours=12)
    assert tablet.client.get("/api/v1/session").status_code == 401


def test_a_revoked_device_ends_its_sessions_and_cannot_sign_in_again(
    person: Any, visitor: Callable[..., Visitor]
) -> None:
    tablet, browser = visitor(), visitor()
    opened = sessions.sign_in("coord", PASSWORD, device=TABLET, address="", hours=12)
    tablet.client.set_cookie("inspect_device", opened.token, path="/api/v1")
    assert tablet.client.get("/api/v1/session").status_code == 200
    browser.sign_in("coord", PASSWORD)
    assert "查核一號平板" in browser.get("/me").text
    assert browser.post(f"/me/devices/{TABLET[0]}/revoke", page="/me").status_code == 303
    assert tablet.client.get("/api/v1/session").status_code == 401
    assert browser.get("/").status_code == 200
    assert code_of("coord", PASSWORD, device=TABLET) == "device_revoked"


def test_nobody_revokes_another_persons_device(person: Any, db: Any) -> None:
    sessions.sign_in("coord", PASSWORD, device=TABLET, address="", hours=12)
    with pytest.raises(Problem) as refused:
        sessions.revoke_device(make.actor(Role.COORDINATOR), TABLET[0])
    assert refused.value.code == "not_found"


def test_a_device_belongs_to_one_person(person: Any, db: Any) -> None:
    sessions.sign_in("coord", PASSWORD, device=TABLET, address="", hours=12)
    make.account(Role.INSPECTOR, login="other", password=PASSWORD)
    assert code_of("other", PASSWORD, device=TABLET) == "device_revoked"


def test_a_form_of_another_site_cannot_sign_anybody_in(person: Any, app: Flask) -> None:
    browser = app.test_client()
    data = {"login": "coord", "password": PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert browser.post("/office/sign-in", data=data, headers=headers).status_code == 400
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert browser.post("/office/sign-in", data=data, headers=own).status_code == 303


def test_each_try_stands_in_the_log_without_what_was_typed(
    person: Any, administrator: Actor, db: Any
) -> None:
    from inspect_app.audit.queries import Filter, lines

    code_of("my-secret-password-typed-in-the-wrong-field", "wrong")
    code_of("coord", "wrong")
    rows, _ = lines(Filter(action="accounts.sign_in_tried"), 0, 10)
    assert [row.subject for row in rows] == [f"account:{person.id}", "account:unknown"]
