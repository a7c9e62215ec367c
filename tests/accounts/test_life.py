"""The life of an account and of deputies, by service and by the administrator's pages (protection baseline 1-5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from inspect_app.accounts import deputies, directory, queries, services, sessions
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account, SignIn
from inspect_app.accounts.permissions import Permission, Role
from inspect_app.audit.queries import Filter, lines
from inspect_app.errors import Problem
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

MONDAY = date(2026, 11, 23)


def refusal(call: Callable[..., Any], *args: Any, **values: Any) -> tuple[str, str]:
    with pytest.raises(Problem) as refused:
        call(*args, **values)
    return refused.value.code, refused.value.field


def new(actor: Actor, **values: Any) -> Account:
    given = {
        "login": "newcomer",
        "name": "吳新",
        "email": "new@example.test",
        "roles": frozenset({Role.STAFF}),
    }
    return services.create_account(actor, **{**given, **values})


def again(account_id: str) -> Actor:
    """The person as they act now."""
    account = queries.get(account_id)
    assert account is not None
    return queries.actor_for(account)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"login": "有中文"}, "login"),
        ({"login": "x"}, "login"),
        ({"login": "@127.0.0.1"}, "login"),
        ({"login": "ROOT"}, "login"),
        ({"roles": frozenset()}, "roles"),
        ({"roles": frozenset({Role.AGENCY_HANDLER})}, "agency_id"),
        ({"agency_id": "some"}, "agency_id"),
        ({"roles": frozenset({Role.AGENCY_HANDLER, Role.COORDINATOR})}, "roles"),
    ],
)
def test_a_new_account_has_to_make_sense(administrator: Actor, values: dict[str, Any], field: str) -> None:
    assert refusal(new, administrator, **values)[1] == field


def test_every_step_of_an_account_is_written_down(administrator: Actor, db: Any) -> None:
    account = new(administrator)
    facts = {"name": "吳新", "email": "new@example.test", "roles": frozenset({Role.STAFF, Role.INSPECTOR})}
    services.change_account(administrator, account.id, **facts)
    services.disable_account(administrator, account.id, "留職停薪")
    services.enable_account(administrator, account.id)
    services.unlock_account(administrator, account.id)
    services.review_account(administrator, account.id)
    rows, _ = lines(Filter(subject=account.id), 0, 20)
    assert [row.action.split(".")[1] for row in rows][::-1] == [
        "created", "changed", "disabled", "enabled", "unlocked", "reviewed",
    ]  # fmt: skip
    assert {row.actor_id for row in rows} == {administrator.id}


def test_roles_change_at_once(administrator: Actor, db: Any) -> None:
    account = new(administrator)
    assert not again(account.id).may(Permission.PLAN_VISITS)
    services.change_account(
        administrator, account.id, name="吳新", email="a@b.tw", roles=frozenset({Role.COORDINATOR})
    )
    assert again(account.id).roles == {Role.COORDINATOR}


def test_nobody_changes_their_own_roles_or_disables_themselves(administrator: Actor) -> None:
    both = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})
    facts = {"name": "林怡君", "email": "root@example.test"}
    assert (
        refusal(services.change_account, administrator, administrator.id, roles=both, **facts)[1] == "roles"
    )
    assert refusal(services.disable_account, administrator, administrator.id, "試試")[0] == "wrong_state"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_an_administrator_manages_accounts(administrator: Actor, role: Role) -> None:
    account, other = new(administrator), make.actor(role)
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (services.disable_account, (account.id, "x")),
        (services.enable_account, (account.id,)),
        (services.unlock_account, (account.id,)),
        (services.review_account, (account.id,)),
        (services.invite, (account.id,)),
    ]
    assert {refusal(call, other, *args)[0] for call, args in calls} == {"forbidden"}
    assert refusal(new, other, login="second")[0] == "forbidden"


def test_disabling_ends_sessions_tokens_and_sign_in(
    administrator: Actor, visitor: Callable[..., Visitor], app: Any
) -> None:
    account = make.account(Role.STAFF, login="staff", password=PASSWORD)
    headers = make.bearer(account)
    browser = visitor()
    browser.sign_in("staff", PASSWORD)
    services.disable_account(administrator, account.id, "離職")
    assert browser.get("/").status_code == 302
    assert app.test_client().get("/office/help", headers=headers).status_code == 302
    refused = browser.sign_in("staff", PASSWORD)
    assert (refused.status_code, "已停用" in refused.text) == (422, True)
    services.enable_account(administrator, account.id)
    assert browser.sign_in("staff", PASSWORD).status_code == 303


def test_a_disabled_account_tells_so_only_to_who_knows_the_password(
    administrator: Actor, visitor: Callable[..., Visitor]
) -> None:
    account = make.account(Role.STAFF, login="staff", password=PASSWORD)
    services.disable_account(administrator, account.id, "離職")
    assert "已停用" not in visitor().sign_in("staff", "wrong").text
    assert "已停用" in visitor().sign_in("staff", PASSWORD).text


def test_an_expired_account_works_through_its_last_day(
    administrator: Actor, visitor: Callable[..., Visitor], clock: Any
) -> None:
    make.account(Role.INSPECTOR, login="guest", password=PASSWORD, expires_on=MONDAY + timedelta(days=1))
    clock.advance(days=1)
    browser = visitor()
    assert browser.sign_in("guest", PASSWORD).status_code == 303
    clock.advance(hours=15, minutes=5)  # Taipei's midnight has passed, UTC's has not
    assert browser.get("/").status_code == 302
    assert browser.sign_in("guest", PASSWORD).status_code == 422


def test_idle_accounts_are_disabled_after_ninety_days(administrator: Actor, clock: Any, db: Any) -> None:
    idle, busy = new(administrator), new(administrator, login="busy")
    clock.advance(days=89)
    assert services.disable_idle_accounts() == 0
    services.review_account(administrator, busy.id)
    clock.advance(days=2)
    assert services.disable_idle_accounts() == 2  # the newcomer and the administrator who never signed in
    rows, _ = directory.lines(directory.Filter(state="disabled"), "login", False, 0, 50)
    assert [row.account.login for row in rows] == [idle.login, administrator.login]


def test_enabling_an_idle_account_counts_anew(administrator: Actor, clock: Any, db: Any) -> None:
    account = new(administrator)
    clock.advance(days=91)
    services.disable_idle_accounts()
    services.enable_account(administrator, account.id)
    assert services.disable_idle_accounts() == 0


def test_half_yearly_review_is_a_to_do_of_the_administrator(administrator: Actor, clock: Any) -> None:
    account = new(administrator)
    assert directory.todos(administrator, MONDAY) == []
    clock.advance(days=181)
    (todo,) = directory.todos(administrator, MONDAY)
    assert todo.button == "審核"
    for reviewed in (account.id, administrator.id):
        services.review_account(administrator, reviewed)
    assert directory.todos(administrator, MONDAY) == []


def test_a_deputy_has_the_roles_from_the_first_to_the_last_day(db: Any, clock: Any) -> None:
    principal, deputy = make.actor(Role.CONVENER), make.actor(Role.STAFF)
    deputies.appoint_deputy(principal, deputy.id, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))
    seen = []
    for _ in range(4):
        now = again(deputy.id)
        seen.append(
            (now.may(Permission.APPROVE_VISITS), now.is_me(principal.id), now.may(Permission.INSPECT))
        )
        clock.advance(days=1)
    assert [may for may, _, _ in seen] == [False, True, True, False]
    assert [me for _, me, _ in seen] == [False, True, True, False]
    assert all(own for _, _, own in seen)


def test_a_deputy_of_a_disabled_or_expired_person_has_nothing(administrator: Actor, clock: Any) -> None:
    principal = make.actor(Role.CONVENER, expires_on=MONDAY + timedelta(days=1))
    deputy = make.actor(Role.STAFF)
    deputies.appoint_deputy(principal, deputy.id, MONDAY, MONDAY + timedelta(days=5))
    assert again(deputy.id).may(Permission.APPROVE_VISITS)
    clock.advance(days=2)
    assert not again(deputy.id).may(Permission.APPROVE_VISITS)


def test_a_cancelled_deputy_has_nothing_at_once(db: Any, clock: Any) -> None:
    principal, deputy = make.actor(Role.CONVENER), make.actor(Role.STAFF)
    row = deputies.appoint_deputy(principal, deputy.id, MONDAY, MONDAY)
    assert refusal(deputies.cancel_deputy, make.actor(Role.STAFF), row.id)[0] == "not_found"
    deputies.cancel_deputy(principal, row.id)
    assert not again(deputy.id).may(Permission.APPROVE_VISITS)


def test_a_deputy_is_of_the_same_house(db: Any, clock: Any) -> None:
    water, roads = make.agency("水利局"), make.agency("新工處")
    mine = make.actor(Role.AGENCY_APPROVER, agency_id=water.id)
    same = make.actor(Role.AGENCY_HANDLER, agency_id=water.id)
    for stranger in (make.actor(Role.AGENCY_HANDLER, agency_id=roads.id), make.actor(Role.COORDINATOR), mine):
        assert refusal(deputies.appoint_deputy, mine, stranger.id, MONDAY, MONDAY)[1] == "deputy_id"
    deputies.appoint_deputy(mine, same.id, MONDAY, MONDAY)
    assert again(same.id).may(Permission.SEND_REPLIES)


@pytest.mark.parametrize("moved", ["deputy", "principal"])
def test_who_leaves_the_house_stands_in_for_nobody_there(db: Any, clock: Any, moved: str) -> None:
    """A deputyship outlasts a change of the account: whoever goes to an agency must not keep the commission's sight."""
    planner, deputy = make.actor(Role.COORDINATOR), make.actor(Role.STAFF)
    deputies.appoint_deputy(planner, deputy.id, MONDAY, MONDAY + timedelta(days=5))
    assert again(deputy.id).may(Permission.PLAN_VISITS)
    services.change_account(
        make.actor(Role.ADMINISTRATOR), deputy.id if moved == "deputy" else planner.id, name="改派", email="a@example.test",
        roles=frozenset({Role.AGENCY_HANDLER}), agency_id=make.agency().id,
    )  # fmt: skip
    now = again(deputy.id)
    assert not now.may(Permission.PLAN_VISITS)
    assert now.principals == ()
    assert now.of_agency == (moved == "deputy")


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [(-1, 3, "starts_on"), (3, 2, "ends_on"), (0, 93, "ends_on"), (1, 1, "starts_on")],
)
def test_days_of_a_deputy_have_to_make_sense(db: Any, clock: Any, starts: int, ends: int, field: str) -> None:
    principal, deputy = make.actor(Role.CONVENER), make.actor(Role.STAFF)
    deputies.appoint_deputy(principal, deputy.id, MONDAY + timedelta(days=1), MONDAY + timedelta(days=1))
    first, last = MONDAY + timedelta(days=starts), MONDAY + timedelta(days=ends)
    assert refusal(deputies.appoint_deputy, principal, deputy.id, first, last)[1] == field


def test_the_administrators_pages_from_creation_to_disabling(
    administrator: Actor, visitor: Callable[..., Visitor], db: Any
) -> None:
    make.account(Role.ADMINISTRATOR, login="admin", password=PASSWORD)
    browser = visitor()
    browser.sign_in("admin", PASSWORD)
    half = browser.post(
        "/accounts/new", login="kim", name="金小姐", roles=["staff", "inspector"], email="not an address"
    )
    assert half.status_code == 422
    assert 'value="not an address"' in half.text
    assert 'value="kim"' in half.text
    assert half.text.count(" checked") == 2
    made = browser.post(
        "/accounts/new", login="kim", name="金小姐", roles=["staff"], email="kim@example.test"
    )
    page = browser.client.get(made.location)
    assert "邀請信寄到 kim@example.test" in page.text
    path = made.location.removeprefix("/office")
    refused = browser.post(f"{path}/disable", page=path, reason="")
    assert (refused.status_code, 'id="e-reason"' in refused.text) == (422, True)
    browser.post(f"{path}/disable", page=path, reason="調任")
    assert "已停用" in browser.get("/accounts?state=disabled&q=KIM").text
    browser.post(f"{path}/enable", page=path)
    assert "未設密碼" in browser.get(path).text
    edited = browser.post(f"{path}/edit", name="金姐", email="kim@example.test", roles=["auditor"])
    assert "金姐" in browser.client.get(edited.location).text


def test_a_login_that_exists_is_told_at_the_field(
    administrator: Actor, visitor: Callable[..., Visitor]
) -> None:
    make.account(Role.ADMINISTRATOR, login="admin", password=PASSWORD)
    browser = visitor()
    browser.sign_in("admin", PASSWORD)
    page = browser.post("/accounts/new", login="ADMIN", name="甲", roles=["staff"], email="a@example.test")
    assert (page.status_code, 'id="e-login"' in page.text) == (422, True)


def test_the_list_narrows_sorts_and_turns_its_pages(
    administrator: Actor, visitor: Callable[..., Visitor]
) -> None:
    for n in range(55):
        make.account(Role.INSPECTOR, login=f"member{n:02}", name=f"委員{n:02}")
    make.account(Role.ADMINISTRATOR, login="admin", password=PASSWORD)
    browser = visitor()
    browser.sign_in("admin", PASSWORD)
    first, second = (
        browser.get("/accounts?role=inspector&sort=-login"),
        browser.get("/accounts?role=inspector&sort=-login&page=2"),
    )
    assert first.text.index("委員54") < first.text.index("委員53")
    assert "委員04" not in first.text
    assert "委員04" in second.text
    assert "role=inspector" in first.text.split('rel="next"')[1][:120]
    assert "共 55 筆" in first.text
    assert browser.get("/accounts?sort=password_hash&page=-3&state=nonsense").status_code == 200


def test_sessions_that_are_over_are_dropped(administrator: Actor, db: Any, clock: Any) -> None:
    make.account(Role.STAFF, login="staff", password=PASSWORD)
    sessions.sign_in("staff", PASSWORD, device=None, address="", hours=12)
    clock.advance(hours=11)
    sessions.forget_ended()
    assert db.session.query(SignIn).count() == 1
    clock.advance(hours=1)
    sessions.forget_ended()
    assert db.session.query(SignIn).count() == 0
