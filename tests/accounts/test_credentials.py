"""Invitation, first, forgotten and changed passwords, tokens of API clients (protection baseline 38, 41-47)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.accounts import credentials, passwords, queries, services, sessions
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account, OneTimeToken, SignIn
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.notifications.models import OutboxRow
from tests.accounts.conftest import Postbox
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

NEW = "river stone 77"


def refusal(call: Callable[..., Any], *args: Any, **values: Any) -> tuple[str, str]:
    with pytest.raises(Problem) as refused:
        call(*args, **values)
    return refused.value.code, refused.value.field


def signs_in(login: str, password: str) -> bool:
    try:
        sessions.sign_in(login, password, device=None, address="", hours=12)
    except Problem:
        return False
    return True


@pytest.fixture
def person(db: Any, clock: Any) -> Any:
    return make.account(Role.COORDINATOR, login="coord", name="陳柏翰", password=PASSWORD)


def test_an_invitation_leads_to_the_first_password(
    administrator: Actor, postbox: Postbox, visitor: Callable[..., Visitor]
) -> None:
    services.create_account(
        administrator,
        login="newcomer",
        name="吳新",
        email="new@example.test",
        roles=frozenset({Role.STAFF}),
    )
    (mail,) = postbox.deliver()
    assert mail.to == "new@example.test"
    link = "/password/" + mail.body.split("/office/password/")[1].split()[0]
    browser = visitor()
    assert "newcomer" in browser.get(link).text
    assert browser.get(link).status_code == 200  # a mail scanner's look does not use it up
    assert browser.post(link, password=NEW, repeat=NEW).location == "/office/sign-in?done=password"
    assert browser.sign_in("newcomer", NEW).status_code == 303
    assert browser.get(link).status_code == 410


def test_a_forgotten_password_is_set_by_letter(
    person: Any, postbox: Postbox, visitor: Callable[..., Visitor]
) -> None:
    browser = visitor()
    browser.send("/forgotten", login="coord")
    token = postbox.token()
    assert signs_in("coord", PASSWORD)
    assert browser.post(f"/password/{token}", password=NEW, repeat=NEW).status_code == 303
    assert (signs_in("coord", PASSWORD), signs_in("coord", NEW)) == (False, True)


def test_known_and_unknown_logins_get_the_same_answer(
    person: Any, postbox: Postbox, visitor: Callable[..., Visitor], db: Any
) -> None:
    known, unknown = (visitor().send("/forgotten", login=login) for login in ("coord", "noone"))
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
    queued = db.session.query(OutboxRow).filter(OutboxRow.kind == credentials.LETTER).count()
    assert queued == 2  # the same work for both; only the delivery looks the login up
    assert [mail.to for mail in postbox.deliver()] == ["coord@example.test"]


def test_no_queue_ever_holds_a_token(person: Any, postbox: Postbox, db: Any) -> None:
    credentials.ask_for_reset("coord", "127.0.0.1")
    token = postbox.token()
    stored = [str(row.payload) for row in db.session.query(OutboxRow)]
    assert all(token not in text for text in stored)
    assert [row.token_hash == token for row in db.session.query(OneTimeToken)] == [False]


def test_a_link_works_once(person: Any, postbox: Postbox) -> None:
    credentials.ask_for_reset("coord", "")
    token = postbox.token()
    credentials.set_password_by_token(token, NEW)
    assert refusal(credentials.set_password_by_token, token, "another one 88") == ("token_invalid", "")
    assert signs_in("coord", NEW)


def test_a_refused_password_does_not_use_the_link_up(person: Any, postbox: Postbox) -> None:
    credentials.ask_for_reset("coord", "")
    token = postbox.token()
    assert refusal(credentials.set_password_by_token, token, "short")[1] == "password"
    credentials.set_password_by_token(token, NEW)
    assert signs_in("coord", NEW)


def test_a_link_ends_after_an_hour(person: Any, postbox: Postbox, clock: Any) -> None:
    credentials.ask_for_reset("coord", "")
    token = postbox.token()
    clock.advance(minutes=59, seconds=59)
    assert credentials.account_of_token(token).login == "coord"
    clock.advance(seconds=1)
    assert refusal(credentials.set_password_by_token, token, NEW)[0] == "token_invalid"


def test_an_invitation_lives_a_week(administrator: Actor, person: Any, postbox: Postbox, clock: Any) -> None:
    services.invite(administrator, person.id)
    token = postbox.token()
    clock.advance(days=6, hours=23)
    assert credentials.account_of_token(token).login == "coord"
    clock.advance(hours=1)
    assert refusal(credentials.account_of_token, token)[0] == "token_invalid"


def test_a_newer_letter_ends_the_older_one(person: Any, postbox: Postbox, clock: Any) -> None:
    credentials.ask_for_reset("coord", "")
    first = postbox.token()
    clock.advance(minutes=6)
    credentials.ask_for_reset("coord", "")
    second = postbox.token()
    assert refusal(credentials.account_of_token, first)[0] == "token_invalid"
    assert credentials.account_of_token(second).login == "coord"


@pytest.mark.parametrize("how", ["changed", "given"])
def test_a_link_ends_with_the_password_that_it_could_have_set(
    person: Any, administrator: Actor, postbox: Postbox, how: str
) -> None:
    """Somebody who reads the mailbox asked for it; its person notices and takes a new password."""
    credentials.ask_for_reset("coord", "")
    token = postbox.token()
    if how == "changed":
        credentials.change_password(queries.actor_for(person), PASSWORD, NEW, keep="")
    else:
        credentials.give_first_password(administrator, person.id, NEW)
    assert refusal(credentials.set_password_by_token, token, "another one 88")[0] == "token_invalid"
    assert signs_in("coord", NEW)


def test_a_link_sets_only_its_own_accounts_password(
    person: Any, postbox: Postbox, visitor: Callable[..., Visitor]
) -> None:
    make.account(Role.ADMINISTRATOR, login="victim", password=PASSWORD)
    credentials.ask_for_reset("coord", "")
    sent = {"password": NEW, "repeat": NEW, "login": "victim", "username": "victim", "account_id": "victim"}
    visitor().post(f"/password/{postbox.token()}", **sent)
    assert (signs_in("victim", PASSWORD), signs_in("victim", NEW), signs_in("coord", NEW)) == (
        True,
        False,
        True,
    )


def test_a_made_up_link_is_refused_and_says_what_to_do(visitor: Callable[..., Visitor]) -> None:
    page = visitor().get("/password/not-a-token")
    assert page.status_code == 410
    assert "重新申請" in page.text


def test_a_disabled_account_gets_no_letter_and_its_link_dies(
    administrator: Actor, person: Any, postbox: Postbox, clock: Any
) -> None:
    credentials.ask_for_reset("coord", "")
    token = postbox.token()
    services.disable_account(administrator, person.id, "離職")
    assert refusal(credentials.set_password_by_token, token, NEW)[0] == "token_invalid"
    clock.advance(minutes=6)
    credentials.ask_for_reset("coord", "")
    assert postbox.deliver() == []


def test_asking_again_and_again_does_not_flood_a_mailbox(person: Any, postbox: Postbox) -> None:
    for _ in range(5):
        credentials.ask_for_reset("coord", "198.51.100.1")
    assert len(postbox.deliver()) == 1


def test_one_address_cannot_ask_for_everybody(db: Any, clock: Any) -> None:
    for n in range(10):
        credentials.ask_for_reset(f"person{n}", "198.51.100.1")
    assert refusal(credentials.ask_for_reset, "person11", "198.51.100.1")[0] == "too_many"
    credentials.ask_for_reset("person11", "198.51.100.2")
    clock.advance(minutes=61)
    credentials.ask_for_reset("person12", "198.51.100.1")


def test_a_reset_ends_sessions_and_lifts_the_lock(
    person: Any, postbox: Postbox, visitor: Callable[..., Visitor]
) -> None:
    browser = visitor()
    browser.sign_in("coord", PASSWORD)
    for _ in range(5):
        signs_in("coord", "wrong")
    credentials.ask_for_reset("coord", "")
    credentials.set_password_by_token(postbox.token(), NEW)
    assert browser.get("/").status_code == 302
    assert signs_in("coord", NEW)


def test_the_last_three_passwords_are_refused_the_fourth_last_is_not(person: Any, db: Any) -> None:
    actor = make.account_queries.actor_for(db.session.get(Account, person.id))
    passwords = [PASSWORD, "second word 22", "third word 333", "fourth word 44"]
    for old, new in pairwise(passwords):
        credentials.change_password(actor, old, new, keep="")
    for used in passwords[1:]:
        refused = refusal(credentials.change_password, actor, passwords[-1], used, keep="")
        assert refused == ("bad_value", "password")
    credentials.change_password(actor, passwords[-1], PASSWORD, keep="")
    assert signs_in("coord", PASSWORD)


@pytest.mark.parametrize(
    "weak",
    ["short 1", "onlyletters", "1234567890", "coord-and-9", "我是陳柏翰12345", " " * 12, "x" * 201 + "1"],
)
def test_weak_passwords_are_refused_at_the_field(person: Any, db: Any, weak: str) -> None:
    actor = make.account_queries.actor_for(db.session.get(Account, person.id))
    assert refusal(credentials.change_password, actor, PASSWORD, weak, keep="") == ("bad_value", "password")
    assert signs_in("coord", PASSWORD)


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    person: Any, visitor: Callable[..., Visitor]
) -> None:
    here, elsewhere = visitor(), visitor()
    here.sign_in("coord", PASSWORD)
    elsewhere.sign_in("coord", PASSWORD)
    sent = here.post("/me/password", current=PASSWORD, password=NEW, repeat=NEW)
    assert (sent.status_code, sent.location) == (303, "/office/")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_a_wrong_present_password_is_told_at_its_field_and_counts_as_a_failure(
    person: Any, visitor: Callable[..., Visitor]
) -> None:
    browser = visitor()
    browser.sign_in("coord", PASSWORD)
    for _ in range(5):
        page = browser.post("/me/password", current="wrong", password=NEW, repeat=NEW)
        assert page.status_code == 422
        assert 'id="e-current"' in page.text
    assert "鎖定到" in page.text
    assert not signs_in("coord", PASSWORD)


def test_two_different_new_passwords_are_told(person: Any, visitor: Callable[..., Visitor]) -> None:
    browser = visitor()
    browser.sign_in("coord", PASSWORD)
    page = browser.post("/me/password", current=PASSWORD, password=NEW, repeat=NEW + "x")
    assert (page.status_code, "兩次輸入的密碼不同" in page.text, NEW in page.text) == (422, True, False)


def test_a_given_password_must_be_changed_before_anything_else(
    administrator: Actor, person: Any, visitor: Callable[..., Visitor], app: Any
) -> None:
    credentials.give_first_password(administrator, person.id, "given word 55")
    browser = visitor()
    browser.sign_in("coord", "given word 55")
    usable = _pages_that_open(app, browser)
    assert usable == {"/office/me/password"}
    assert browser.client.get("/api/v1/visits").status_code in (403, 404)
    browser.post("/me/password", current="given word 55", password=NEW, repeat=NEW)
    assert browser.get("/me").status_code == 200


def _pages_that_open(app: Any, browser: Visitor) -> set[str]:
    views = app.view_functions
    private = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.arguments
        and not getattr(views[rule.endpoint], "__public__", False)
    ]
    assert len(private) > 5
    return {path for path in private if browser.client.get(path).status_code == 200}


def test_a_token_acts_for_an_api_client_until_it_ends_or_is_revoked(
    administrator: Actor, person: Any, app: Any, clock: Any, db: Any
) -> None:
    token = credentials.issue_token(administrator, "coord", "統計程式", days=30)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}

    def status() -> int:
        return client.get("/office/help", headers=headers).status_code

    assert status() == 200
    clock.advance(days=30)
    assert status() == 302
    second = credentials.issue_token(administrator, "coord", "統計程式", days=30)
    headers["Authorization"] = f"Bearer {second}"
    assert status() == 200
    credentials.revoke_token(administrator, person.id, make.account_queries.token_hash(second))
    assert status() == 302


def test_a_token_ends_with_the_password_and_with_a_disabling_for_good(
    administrator: Actor, person: Any, app: Any, postbox: Postbox, db: Any
) -> None:
    def live(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return bool(app.test_client().get("/office/help", headers=headers).status_code == 200)

    def renew(change: Callable[[], Any]) -> bool:
        token = credentials.issue_token(administrator, "coord", "統計程式")
        assert live(token)
        change()
        return live(token)

    def by_letter() -> None:
        credentials.set_password_by_token(credentials.new_one_time_token(person.id, "reset"), NEW)

    def off_and_on() -> None:
        services.disable_account(administrator, person.id, "調任")
        assert refusal(credentials.issue_token, administrator, "coord", "x")[0] == "wrong_state"
        services.enable_account(administrator, person.id)

    me = make.account_queries.actor_for(person)
    assert not renew(lambda: credentials.change_password(me, PASSWORD, "green field 33", keep=""))
    assert not renew(by_letter)
    assert not renew(lambda: credentials.give_first_password(administrator, person.id, "given stone 12"))
    assert not renew(off_and_on)


def change_in_between(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """Let it happen after the password was looked at, before anything is done with it."""
    forget = sessions.forget_tries

    def then(login: str, address: str) -> None:
        forget(login, address)
        monkeypatch.setattr(sessions, "forget_tries", forget)
        change()

    monkeypatch.setattr(sessions, "forget_tries", then)


def test_a_sign_in_that_looked_before_the_change_opens_nothing_after_it(
    administrator: Actor, person: Any, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    change_in_between(
        monkeypatch, lambda: credentials.give_first_password(administrator, person.id, "given stone 12")
    )
    assert not signs_in("coord", PASSWORD)
    change_in_between(monkeypatch, lambda: services.disable_account(administrator, person.id, "調任"))
    assert not signs_in("coord", "given stone 12")
    assert db.session.scalars(select(SignIn)).all() == []


def test_of_two_who_change_the_password_the_second_needs_the_new_one(
    administrator: Actor, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = make.account_queries.actor_for(person)
    change_in_between(
        monkeypatch, lambda: credentials.give_first_password(administrator, person.id, "given stone 12")
    )
    asked = (credentials.change_password, me, PASSWORD, "green field 33")
    assert refusal(*asked, keep="") == ("bad_credentials", "current")
    assert signs_in("coord", "given stone 12")


def test_only_an_administrator_issues_tokens(person: Any) -> None:
    assert refusal(credentials.issue_token, make.actor(Role.COORDINATOR), "coord", "x")[0] == "forbidden"
    assert refusal(credentials.issue_token, make.actor(Role.ADMINISTRATOR), "nobody", "x")[0] == "not_found"


def test_a_password_is_kept_as_argon2id_alone() -> None:
    kept = [passwords.hash_password(PASSWORD) for _ in range(2)]
    assert all(one.startswith("$argon2id$") for one in kept)
    assert kept[0] != kept[1], "each with its own salt"
    assert not any(PASSWORD in one for one in kept)
