"""The second copy of a tablet's key (fault 18): a forgotten PIN loses nothing, a lost tablet learns nothing."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.credentials import issue_token
from inspect_app.accounts.models import DeviceKey
from inspect_app.accounts.sessions import revoke_device
from inspect_app.audit.models import AuditLine
from inspect_app.ids import new_id
from tests.support import factories, pictures
from tests.support.tus import Sender

APP = {"X-Inspect-App": "1"}
KEY, OTHER = "0f" * 32, "a7" * 32


@pytest.fixture
def person(db: Any, clock: Any) -> Any:
    return factories.account("inspector", login="wu", password=factories.PASSWORD)


class Tablet:
    """A browser with its device's session."""

    def __init__(self, app: Any, login: str = "wu", device: str | None = None) -> None:
        self.client, self.device = app.test_client(), device or new_id()
        named = {"id": self.device, "name": "平板"}
        body = {"login": login, "password": factories.PASSWORD, "device": named}
        self.opened = self.client.post("/api/v1/session", json=body)

    def keep(self, key: Any = KEY) -> Any:
        return self.client.put("/api/v1/device-key", json={"key": key}, headers=APP)

    def release(self, password: str = factories.PASSWORD) -> Any:
        return self.client.post("/api/v1/device-key/release", json={"password": password}, headers=APP)


def acts(db: Any) -> list[str]:
    lines = db.session.scalars(select(AuditLine).order_by(AuditLine.n)).all()
    return [line.action for line in lines if line.action.startswith("accounts.device_key")]


def test_is_kept_once_and_given_back_for_the_password_to_the_same_device(
    app: Any, db: Any, person: Any, clock: Any
) -> None:
    tablet = Tablet(app)
    kept = tablet.keep()
    assert (kept.status_code, kept.json) == (
        200,
        {"fingerprint": hashlib.sha256(bytes.fromhex(KEY)).hexdigest()},
    )
    assert tablet.keep().json == kept.json
    clock.advance(minutes=1)
    assert tablet.keep(OTHER).status_code == 200
    again = Tablet(app, device=tablet.device)
    assert again.release().json == {"keys": [OTHER, KEY]}
    assert acts(db) == ["accounts.device_key_kept"] * 2 + ["accounts.device_key_released"]


def test_a_session_alone_gets_nothing_and_wrong_passwords_lock_as_at_the_door(app: Any, person: Any) -> None:
    tablet = Tablet(app)
    tablet.keep()
    for _ in range(5):
        assert tablet.release("wrong").status_code in (401, 429)
    refused = tablet.release()
    assert (refused.status_code, refused.json["code"]) == (429, "sign_in_locked")
    assert KEY not in refused.text
    bare = tablet.client.post("/api/v1/device-key/release", json={}, headers=APP)
    assert (bare.status_code, bare.json["field"]) == (422, "password")


def test_another_device_and_another_person_get_none_of_it(app: Any, person: Any) -> None:
    factories.account("inspector", login="lin", password=factories.PASSWORD)
    tablet = Tablet(app)
    tablet.keep()
    assert Tablet(app).release().json == {"keys": []}
    assert Tablet(app, "lin").release().json == {"keys": []}
    assert Tablet(app, "lin", tablet.device).opened.json["code"] == "device_revoked"


def test_a_revoked_device_never_gets_it_not_even_under_another_name(app: Any, person: Any) -> None:
    tablet = Tablet(app)
    tablet.keep()
    revoke_device(SYSTEM, tablet.device)
    assert tablet.release().json["code"] == "signed_out"
    assert tablet.keep().json["code"] == "signed_out"
    assert Tablet(app, device=tablet.device).opened.json["code"] == "device_revoked"
    assert Tablet(app).release().json == {"keys": []}


def test_office_sessions_programs_and_other_roles_have_no_key(
    app: Any, client: Any, person: Any, db: Any
) -> None:
    client.post("/api/v1/session", json={"login": "wu", "password": factories.PASSWORD})
    assert client.put("/api/v1/device-key", json={"key": KEY}, headers=APP).status_code == 403
    token = issue_token(SYSTEM, person.login, "a program", days=1)
    bearer = {"Authorization": f"Bearer {token}"}
    asked = {"password": factories.PASSWORD}
    assert app.test_client().post("/api/v1/device-key/release", json=asked, headers=bearer).status_code == 403
    factories.account("agency_handler", login="handler", password=factories.PASSWORD)
    assert Tablet(app, "handler").keep().status_code == 403
    assert db.session.scalars(select(DeviceKey)).all() == []


@pytest.mark.parametrize("key", ["", "0f", "0F" * 32, "0f" * 33, "0f" * 32 + "\n", "zz" * 32, 5, None])
def test_what_is_no_key_is_refused(app: Any, person: Any, key: Any) -> None:
    answer = Tablet(app).keep(key)
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "bad_value", "key")


def test_stands_sealed_in_the_database_and_twenty_are_enough(app: Any, db: Any, person: Any) -> None:
    tablet = Tablet(app)
    for number in range(20):
        assert tablet.keep(f"{number:064x}").status_code == 200
    assert tablet.keep(KEY).json["code"] == "too_many"
    assert tablet.keep(f"{3:064x}").status_code == 200
    rows = db.session.scalars(select(DeviceKey)).all()
    assert len({row.sealed for row in rows}) == 20
    assert not any((3).to_bytes(32, "big") in row.sealed for row in rows)


def test_a_tablets_browser_keeps_no_photo_that_the_server_gave(app: Any, client: Any, person: Any) -> None:
    tablet, photo = Tablet(app), pictures.photo(400, 300)
    Sender(tablet.client, APP).send(photo)
    where = f"/api/v1/photos/{pictures.sha256(photo)}/original"
    assert tablet.client.get(where).headers["Cache-Control"] == "no-store"
    client.post("/api/v1/session", json={"login": "wu", "password": factories.PASSWORD})
    assert client.get(where).headers["Cache-Control"] == "private, max-age=600"
