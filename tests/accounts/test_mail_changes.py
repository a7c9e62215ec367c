"""Nobody takes a planner over by another mail address, and no planner appears unseen (decision 0055)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.accounts import credentials, mail_changes, queries, services
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.audit.queries import Filter, lines
from inspect_app.errors import Problem
from inspect_app.notifications.models import OutboxRow
from tests.accounts.conftest import Postbox
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

ELSEWHERE = "elsewhere@example.test"


@pytest.fixture
def planner(db: Any, clock: Any) -> Account:
    return make.account(Role.COORDINATOR, login="planner", name="陳柏翰", password=PASSWORD)


@pytest.fixture
def convener(db: Any, clock: Any) -> Account:
    return make.account(Role.CONVENER, login="convener", name="王召集", password=PASSWORD)


def change(actor: Actor, account: Account, email: str = ELSEWHERE, *roles: Role) -> None:
    services.change_account(
        actor,
        account.id,
        name=account.name,
        email=email,
        roles=frozenset(roles) or queries.own_roles(account),
    )


def told(db: Any) -> list[str]:
    """Who got a letter so far."""
    rows = db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail"))
    return sorted(row.payload["to"] for row in rows)


def acting(account: Account) -> Actor:
    return queries.actor_for(account)


def test_a_new_address_is_told_to_the_old_one_and_to_the_planners_and_written_down(
    administrator: Actor, planner: Account, convener: Account, db: Any
) -> None:
    old = planner.email
    link = credentials.new_one_time_token(planner.id, "reset")
    change(administrator, planner, old)
    assert told(db) == []
    change(administrator, planner)
    assert told(db) == sorted([old, convener.email])
    assert "accounts.mail_changed" in [line.action for line in lines(Filter(), 0, 20)[0]]
    with pytest.raises(Problem, match="連結"):
        credentials.account_of_token(link)


def test_no_link_goes_to_a_planners_new_address_before_a_second_person_confirmed_it(
    administrator: Actor, planner: Account, convener: Account, postbox: Postbox, clock: Any
) -> None:
    change(administrator, planner)
    credentials.ask_for_reset("planner", "")
    services.invite(administrator, planner.id)
    assert postbox.deliver() == []
    for who in (administrator, make.actor(Role.ADMINISTRATOR), make.actor(Role.STAFF)):
        assert mail_changes.waiting_for(who) == []
        with pytest.raises(Problem):
            mail_changes.confirm(who, planner.id)
    assert [one.login for one in mail_changes.waiting_for(acting(convener))] == ["planner"]
    mail_changes.confirm(acting(convener), planner.id)
    clock.advance(minutes=10)
    credentials.ask_for_reset("planner", "")
    assert [mail.to for mail in postbox.deliver()] == [ELSEWHERE]


def test_who_planned_and_changed_it_cannot_confirm_it(
    planner: Account, convener: Account, db: Any, clock: Any
) -> None:
    both = make.actor(Role.ADMINISTRATOR, Role.COORDINATOR)
    change(both, planner)
    assert mail_changes.waiting_for(both) == []
    with pytest.raises(Problem):
        mail_changes.confirm(both, planner.id)


def test_the_person_confirms_by_the_page(
    administrator: Actor, planner: Account, visitor: Callable[..., Visitor], db: Any
) -> None:
    change(administrator, planner)
    browser = visitor()
    browser.sign_in("planner", PASSWORD)
    assert "新電子郵件等您確認" in browser.get("/").text
    assert ELSEWHERE in browser.get("/me/mail-changes").text
    address = f"/me/mail-changes/{planner.id}/confirm"
    assert browser.post(address, page="/me/mail-changes").status_code == 303
    assert "沒有等您確認" in browser.get("/me/mail-changes").text
    assert mail_changes.takes_links(db.session.get(Account, planner.id))


def test_others_get_their_links_at_once(administrator: Actor, postbox: Postbox, db: Any) -> None:
    clerk = make.account(Role.STAFF, login="clerk", password=PASSWORD)
    invited = make.account(Role.COORDINATOR, login="invited")
    for account in (clerk, invited):  # nobody has ever signed in as the second
        change(administrator, account)
        services.invite(administrator, account.id)
    assert [mail.to for mail in postbox.deliver()] == [ELSEWHERE, ELSEWHERE]


def test_no_planner_appears_unseen(administrator: Actor, planner: Account, db: Any) -> None:
    values = {"name": "吳新", "email": ELSEWHERE, "roles": frozenset({Role.COORDINATOR})}
    services.create_account(SYSTEM, login="first", **values)
    assert told(db) == []
    services.create_account(administrator, login="second", **values)
    assert told(db) == sorted([planner.email, ELSEWHERE])  # the first one, too
    clerk = make.account(Role.STAFF, login="clerk")
    change(administrator, clerk, clerk.email, Role.STAFF, Role.LEADER)
    assert len(told(db)) == 2
    change(administrator, clerk, clerk.email, Role.STAFF, Role.CONVENER)
    assert len(told(db)) == 5
