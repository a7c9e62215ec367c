"""What is logged: one line per event that nothing in it can break, and whoever guesses, forges or sends hostile files (16, 38, 39)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from inspect_app import logs
from inspect_app.intake.files import check_archive
from inspect_app.office.forms import Form
from inspect_app.photos import uploads
from tests.support import factories, pictures
from tests.support.office import Visitor
from tests.support.tus import Sender

EVIL = 'x\n{"event": "forged"}\r\x1b[31m\u2028\x9b鋼筋\x00'
Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(app: Any, capsys: pytest.CaptureFixture[str]) -> Read:
    """The lines since the last look, each of them JSON."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_no_value_breaks_its_line(logged: Read) -> None:
    structlog.get_logger().warning("test.said", text=EVIL, of={"deep": [EVIL]}, thing=ValueError(EVIL))
    (line,) = logged()
    assert (line["event"], line["level"], line["text"], line["of"]) == (
        "test.said",
        "warning",
        EVIL,
        {"deep": [EVIL]},
    )


def test_what_has_no_json_is_logged_in_words_and_never_fails_the_request(logged: Read) -> None:
    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError

    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in ("half \ud800", 2**70, {1: 2}, deep, Mute(), 10**5000):
        structlog.get_logger().warning("test.said", value=value, name="鋼筋")
    lines = logged()
    assert [(line["event"], line["name"]) for line in lines] == [("test.said", "鋼筋")] * 6
    assert [line["value"] for line in lines] == [
        "half \\ud800", str(2**70), "{1: 2}", "list", "Mute", "int",
    ]  # fmt: skip


def test_an_error_that_nobody_expected_is_one_line(
    client: Any, db: Any, logged: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError(EVIL)

    monkeypatch.setattr(uploads, "begin", fail)
    assert (
        Sender(client, factories.bearer(factories.account("inspector"))).create(pictures.photo()).status_code
        == 500
    )
    (line,) = logged()
    assert line["event"] == "request.failed"
    assert "ValueError" in line["exception"]


def test_a_log_that_cannot_be_written_holds_nobody_up(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

        flush = write

    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Full())
        structlog.get_logger().error("test.said")
        logs.Line().msg("x")


def test_guesses_forgeries_and_hostile_files_are_logged_without_what_was_guessed(
    app: Any, client: Any, db: Any, logged: Read
) -> None:
    account = factories.account("inspector", password=factories.PASSWORD)
    sender = Sender(client, factories.bearer(account))
    place = sender.create(b"<svg/>", name=EVIL).headers["Location"]
    assert sender.patch(place, 0, b"<svg/>").status_code == 415
    assert client.get(f"/api/v1/photos/{'0' * 64}/320", headers=sender.headers).status_code == 404
    assert client.get("/office/audit", headers=sender.headers).status_code == 403
    visitor = Visitor(app)
    visitor.sign_in(account.login, factories.PASSWORD)
    assert visitor.client.post("/office/sign-out", data={}).status_code == 400
    found = [line for line in logged() if line["event"] == "request.refused"]
    assert [(line["code"], line["rule"], line["account"]) for line in found] == [
        ("unsupported_type", "/api/v1/uploads/<upload_id>", account.id),
        ("not_found", "/api/v1/photos/<sha256>/<size>", account.id),
        ("forbidden", "/office/audit", account.id),
        ("csrf", "/office/sign-out", account.id),
    ]
    assert "0" * 64 not in json.dumps(found)


def test_a_hostile_file_in_a_form_of_the_office_is_logged_too(app: Any, db: Any, logged: Read) -> None:
    form = Form(typed={})
    with app.test_request_context("/office/imports", method="POST"), form.problems():
        check_archive(b"PK\x03\x04 broken")
    (line,) = logged()
    assert (line["event"], line["code"]) == ("request.refused", "bad_file")
    assert form.error("file")
