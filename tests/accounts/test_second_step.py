"""The second step of a sign-in: set up, asked for, counted, used once, wanted by role, lifted (protection baseline 37)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import Flask

from inspect_app import clock as time
from inspect_app.accounts import second_step, sessions, sign_in_steps
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.codes import counter_of
from inspect_app.accounts.deputies import appoint_deputy
from inspect_app.accounts.models import HalfSignIn, SecondStep
from inspect_app.accounts.permissions import Role
from inspect_app.accounts.queries import actor_for
from inspect_app.config import Settings, WrongSetting
from inspect_app.errors import Problem
from inspect_app.notifications.models import OutboxRow
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

DEVICE = {"id": "018f0000-0000-7000-8000-00000000000a", "name": "查核一號平板"}


def code_now(secret: str, ahead: int = 0) -> str:
    return pyotp.TOTP(secret).at(time.now(), counter_offset=ahead)


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        work()
    return caught.value.code


@pytest.fixture
def person(db: Any, clock: Any) -> Any:
    return make.account(Role.COORDINATOR, login="coord", password=PASSWORD)


@pytest.fixture
def secret(person: Any, clock: Any) -> str:
    """Of a second step that stands, its first code a while ago."""
    made = second_step.setup(person.id).secret
    sign_in_steps.confirm(actor_for(person), code_now(made), "")
    clock.advance(minutes=2)
    return made


@pytest.fixture
def wanted(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], second_step_roles=("coordinator",))


def by_interface(app: Flask, code: str = "", **values: Any) -> Any:
    sent = {"login": "coord", "password": PASSWORD, "device": DEVICE, **values} | (
        {"code": code} if code else {}
    )
    return app.test_client().post("/api/v1/session", json=sent)


def test_codes_are_those_of_the_standard_and_near_ones_count(clock: Any) -> None:
    """RFC 6238, appendix B, in six digits, and a phone whose clock is half a minute off."""
    known = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert [known.at(at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
    step = int(time.now().timestamp()) // 30
    told = [counter_of(known.secret, code_now(known.secret, ahead)) for ahead in (-2, -1, 0, 1, 2)]
    assert told == [None, step - 1, step, step + 1, None]
    code = code_now(known.secret)
    assert (
        counter_of(known.secret, f" {code[:3]} {code[3:]}".translate({48 + n: 0xFF10 + n for n in range(10)}))
        == step
    )


def test_it_is_set_up_in_ones_own_pages_and_asked_for_from_then_on(
    person: Any, visitor: Callable[..., Visitor], clock: Any
) -> None:
    browser = visitor()
    browser.sign_in("coord", PASSWORD)
    shown = browser.get("/me/second-step").text
    secret = "".join(re.findall(r"<code>([A-Z2-7 ]+)</code>", shown)[0].split())
    assert "<svg" in shown
    assert browser.post("/me/second-step", code="000000").status_code == 422
    assert browser.post("/me/second-step", code=code_now(secret)).status_code == 303
    assert secret not in browser.get("/me/second-step").text
    clock.advance(minutes=2)
    other = visitor()
    half = other.sign_in("coord", PASSWORD)
    assert half.headers["Location"] == "/office/sign-in/code"
    assert "/office/sign-in" in other.get("/").headers["Location"]
    assert "驗證碼不正確" in other.post("/sign-in/code", code="123").text
    assert other.post("/sign-in/code", code=code_now(secret)).headers["Location"] == "/office/"
    assert other.get("/").status_code == 200


def test_a_code_opens_once(person: Any, secret: str) -> None:
    code = code_now(secret)
    first, second = (sign_in_steps.begin("coord", PASSWORD, address="", hours=1) for _ in range(2))
    assert isinstance(first, sign_in_steps.HalfWay)
    assert isinstance(second, sign_in_steps.HalfWay)
    assert sign_in_steps.finish(first.token, code, address="", hours=1).account.id == person.id
    assert refused(lambda: sign_in_steps.finish(second.token, code, address="", hours=1)) == "bad_code"
    assert (
        refused(lambda: sign_in_steps.finish(first.token, code_now(secret, 1), address="", hours=1))
        == "signed_out"
    )


def test_guessed_codes_lock_as_wrong_passwords_do_and_a_right_password_forgets_none(
    app: Flask, person: Any, secret: str, clock: Any
) -> None:
    codes = [by_interface(app, "000000").json["code"] for _ in range(5)]
    assert codes == ["bad_code"] * 5
    assert by_interface(app, code_now(secret)).json["code"] == "sign_in_locked"
    clock.advance(minutes=16)
    for _ in range(6):  # begun and left: no failure
        assert by_interface(app).json["code"] == "second_step_required"
    assert by_interface(app, code_now(secret)).status_code == 200


def test_a_half_sign_in_ends_by_time_and_by_a_new_password(
    person: Any, secret: str, clock: Any, db: Any
) -> None:
    begun = sign_in_steps.begin("coord", PASSWORD, address="", hours=1)
    assert isinstance(begun, sign_in_steps.HalfWay)
    clock.advance(minutes=11)
    assert (
        refused(lambda: sign_in_steps.finish(begun.token, code_now(secret), address="", hours=1))
        == "signed_out"
    )
    sessions.forget_ended()
    assert db.session.query(HalfSignIn).count() == 0
    again = sign_in_steps.begin("coord", PASSWORD, address="", hours=1)
    assert isinstance(again, sign_in_steps.HalfWay)
    sessions.end_all(person.id)
    assert (
        refused(lambda: sign_in_steps.finish(again.token, code_now(secret), address="", hours=1))
        == "signed_out"
    )


def test_who_has_to_have_one_gets_in_only_with_one(
    app: Flask, person: Any, wanted: None, visitor: Callable[..., Visitor], clock: Any
) -> None:
    assert by_interface(app).json["code"] == "second_step_unset"
    browser = visitor()
    assert browser.sign_in("coord", PASSWORD).headers["Location"] == "/office/sign-in/code"
    shown = browser.get("/sign-in/code").text
    secret = "".join(re.findall(r"<code>([A-Z2-7 ]+)</code>", shown)[0].split())
    assert browser.post("/sign-in/code", code=code_now(secret)).headers["Location"] == "/office/"
    page = browser.get("/me/second-step").text
    assert "解除要再輸入一次密碼" not in page
    assert browser.post("/me/second-step/give-up", password=PASSWORD).status_code == 422
    assert second_step.stands(person.id)


def test_who_stands_in_for_a_planner_needs_one_too(app: Flask, person: Any, wanted: None) -> None:
    deputy = make.account(Role.STAFF, login="deputy", password=PASSWORD)
    assert not second_step.is_wanted(deputy)
    today = time.today()
    appoint_deputy(actor_for(person), deputy_id=deputy.id, starts_on=today, ends_on=today)
    assert second_step.is_wanted(deputy)


def test_it_is_given_up_for_the_password_and_lifted_by_an_administrator_who_is_told_on(
    person: Any, secret: str, administrator: Actor, db: Any
) -> None:
    me, other = actor_for(person), make.account(Role.CONVENER, login="chief")
    assert refused(lambda: sign_in_steps.give_up(me, "wrong", "")) == "bad_credentials"
    assert refused(lambda: sign_in_steps.lift(me, person.id)) == "forbidden"
    open_one = sessions.sign_in("coord", PASSWORD, device=None, address="", hours=1, code=code_now(secret))
    sign_in_steps.lift(administrator, person.id)
    assert sessions.queries.sign_in_of(open_one.token) is None
    told = [row.payload for row in db.session.query(OutboxRow) if "解除了" in str(row.payload)]
    assert {who in str(told) for who in (person.email, other.email)} == {True}
    assert refused(lambda: sign_in_steps.lift(administrator, person.id)) == "wrong_state"
    again = second_step.setup(person.id).secret
    assert again != secret


def test_the_database_holds_no_secret_in_clear(person: Any, secret: str, db: Any) -> None:
    with transaction() as session:
        row = session.get_one(SecondStep, person.id)
        assert secret.encode() not in row.sealed
        row.sealed = row.sealed[:-1] + bytes([row.sealed[-1] ^ 1])
    with pytest.raises(Problem) as caught, transaction():
        second_step.take(person, code_now(secret))
    assert caught.value.code == "wrong_state"


def test_a_role_that_is_none_is_told_at_the_start(app: Flask) -> None:
    settings = Settings.from_env({"INSPECT_APP_SECOND_STEP_ROLES": "coordinator, convenor"})
    assert settings.second_step_roles == ("coordinator", "convenor")
    app.config["SETTINGS"] = settings
    with pytest.raises(WrongSetting, match="'convenor' is none"):
        second_step.init_app(app)
