"""A device that is lost, or whose data was evicted (fault 5): the next sign-in names it and what it had still to send."""

from __future__ import annotations

from typing import Any

import pytest

from inspect_app import clock as product_clock
from inspect_app.accounts.passwords import hash_password
from inspect_app.accounts.sessions import revoke_device
from inspect_app.ids import new_id
from inspect_app.inspections.services_open import open_released
from inspect_app.sync import left_behind
from inspect_app.sync.models import Preview
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.tablet import Tablet
from tests.sync.conftest import Site

APP = {"X-Inspect-App": "1"}


@pytest.fixture(autouse=True)
def opened(site: Site) -> None:
    """As the job does soon after the release."""
    open_released()


class Signed(Tablet):
    """A tablet whose session was opened with its device, as the app does."""

    def __init__(self, app: Any, account: Any, inspection: str, name: str = "平板一") -> None:
        super().__init__(app.test_client(), account, inspection, APP)
        named = {"id": self.device, "name": name}
        body = {"login": account.login, "password": factories.PASSWORD, "device": named}
        assert self.client.post("/api/v1/session", json=body).status_code == 200

    def holds(self, operations: int, photos: int, *sent: Any, inspection: str = "") -> None:
        """One exchange that says what is still to be sent."""
        told = {
            "inspection": inspection or self.inspection,
            "operations": operations,
            "photos": photos,
        }
        self.push(*sent, holds=[told])

    def left(self) -> Any:
        answer = self.client.get("/api/v1/left-behind")
        assert answer.status_code == 200, answer.text
        return answer.json["devices"]


def person(site: Site) -> Any:
    """The member with a password."""
    account = site.member.account
    with transaction():
        account.password_hash = hash_password(factories.PASSWORD)
    return account


def test_the_next_sign_in_names_the_device_and_what_never_came(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    lost = Signed(app, account, site.inspection)
    lost.holds(3, 2, lost.finding())
    small = pictures.photo(320, 240)
    lost.client.put(
        f"/api/v1/previews/{'a' * 64}?inspection={site.inspection}", data=small, headers={**APP, "Content-Type": "image/jpeg"}
    )  # fmt: skip
    assert lost.left() == []
    [device] = Signed(app, account, site.inspection, "平板二").left()
    assert (device["id"], device["name"], device["revoked"]) == (lost.device, "平板一", False)
    [left] = device["inspections"]
    assert (left["inspection"], left["operations"], left["photos"], left["gaps"]) == (
        site.inspection,
        3,
        2,
        0,
    )
    shown = site.leader.client.get(f"/api/v1/previews/{left['previews'][0]}", headers=site.leader.headers)
    assert shown.status_code == 200


def test_numbers_that_never_came_count_although_the_device_said_nothing(
    app: Any, site: Site, db: Any
) -> None:
    account = person(site)
    old = Signed(app, account, site.inspection)
    old.finding()  # never sent
    old.push(old.finding())
    [device] = Signed(app, account, site.inspection).left()
    assert [one["gaps"] for one in device["inspections"]] == [1]


def test_never_all_sent_while_the_visit_is_open(app: Any, site: Site, db: Any, clock: Any) -> None:
    """All has come as far as anybody knows; what was written after that is known to nobody, so the device is named."""
    account = person(site)
    lost = Signed(app, account, site.inspection)
    lost.holds(0, 0, lost.finding())
    clock.advance(minutes=30)
    [device] = Signed(app, account, site.inspection).left()
    assert device["heard_at"] == "2026-11-23T01:00:00.000Z"
    [left] = device["inspections"]
    assert (left["operations"], left["photos"], left["gaps"], left["previews"]) == (0, 0, 0, [])


def test_what_arrives_after_all_is_told_no_more(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    slow, other = Signed(app, account, site.inspection), Signed(app, account, site.inspection)
    second = factories.released_visit(
        factories.tender(), factories.account("leader"), (account,), edition_id="test-edition"
    )
    open_released()
    slow.holds(2, 1, inspection=second.id)
    slow.holds(1, 0)
    assert left_behind.todos(factories.account_queries.actor_for(account), product_clock.today()) != []
    slow.holds(0, 0, slow.finding())
    [device] = other.left()
    held = {one["inspection"]: (one["operations"], one["photos"]) for one in device["inspections"]}
    assert held == {site.inspection: (0, 0), second.id: (2, 1)}
    slow.holds(0, 0, inspection=second.id)
    assert left_behind.todos(factories.account_queries.actor_for(account), product_clock.today()) == []


def test_settled_is_told_no_more_until_the_device_is_heard_again(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    lost, new = Signed(app, account, site.inspection), Signed(app, account, site.inspection)
    lost.holds(2, 1)
    answer = new.client.post(f"/api/v1/left-behind/{lost.device}/settled", headers=APP)
    assert answer.status_code == 204
    assert new.left() == []
    lost.holds(1, 1)
    assert [one["id"] for one in new.left()] == [lost.device]


def test_nobody_hears_of_anothers_devices_and_nobody_settles_them(app: Any, site: Site, db: Any) -> None:
    lost = Signed(app, person(site), site.inspection)
    lost.holds(2, 1)
    leader = site.leader
    assert leader.client.get("/api/v1/left-behind", headers=leader.headers).json == {"devices": []}
    answer = leader.client.post(f"/api/v1/left-behind/{lost.device}/settled", headers=leader.headers)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_what_is_said_of_others_inspections_is_left_out(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    device = Signed(app, account, site.inspection)
    device.holds(5, 5, inspection=new_id())
    assert Signed(app, account, site.inspection).left() == []


def test_a_revoked_device_sends_no_small_picture(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    lost = Signed(app, account, site.inspection)
    revoke_device(factories.account_queries.actor_for(account), lost.device)
    answer = lost.client.put(
        f"/api/v1/previews/{'a' * 64}?inspection={site.inspection}", data=pictures.photo(32, 24), headers=APP
    )
    assert (answer.status_code, answer.json["code"]) == (401, "signed_out")
    assert db.session.query(Preview).count() == 0


def test_a_revoked_device_is_still_told_of(app: Any, site: Site, db: Any) -> None:
    account = person(site)
    lost = Signed(app, account, site.inspection)
    lost.holds(2, 1)
    revoke_device(factories.account_queries.actor_for(account), lost.device)
    [device] = Signed(app, account, site.inspection).left()
    assert device["revoked"] is True
