"""`inspect-app accounts`: list, create, token."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inspect_app.accounts import queries
from inspect_app.accounts.permissions import Role
from inspect_app.cli import main
from tests.support import factories as make
from tests.support.office import Visitor

Run = Callable[..., Result]


@pytest.fixture
def run(db: Any, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in {"HOME": str(home), "DATABASE_URL": database_url, "TESTING": "1"}.items():
        monkeypatch.setenv(f"INSPECT_APP_{name}", value)
    return lambda *words, stdin="": CliRunner().invoke(main, ["accounts", *words], input=stdin)


def test_create_then_list(run: Run, db: Any) -> None:
    make.agency("水利局", code="WRB")
    for words in (
        ["create", "kim", "--name", "金小姐", "--role", "staff", "--role", "inspector"],
        ["create", "water", "--name", "水先生", "--role", "agency_handler", "--agency", "WRB"],
    ):
        assert run(*words).exit_code == 0
    assert json.loads(run("list", "--json").output) == [
        {"login": "kim", "name": "金小姐", "roles": ["inspector", "staff"], "agency": None},
        {"login": "water", "name": "水先生", "roles": ["agency_handler"], "agency": "水利局"},
    ]


def test_the_printed_link_sets_the_first_password(run: Run, app: Any) -> None:
    made = json.loads(run("create", "first", "--name", "首位", "--role", "administrator", "--json").output)
    browser = Visitor(app)
    path = made["link"].split("/office")[1]
    browser.post(path, password="river stone 77", repeat="river stone 77")
    assert browser.sign_in("first", "river stone 77").location == "/office/"
    assert browser.get("/accounts").status_code == 200


def test_a_password_given_on_the_command_line_must_be_changed(run: Run, app: Any) -> None:
    words = ["create", "first", "--name", "首位", "--role", "administrator", "--password-stdin"]
    assert run(*words, stdin="given word 55\n").exit_code == 0
    browser = Visitor(app)
    browser.sign_in("first", "given word 55")
    assert browser.get("/accounts").location == "/office/me/password"


def test_the_tokens_last_word_signs_a_program_in(run: Run, app: Any, db: Any) -> None:
    make.account(Role.STAFF, login="kim")
    token = run("token", "kim").output.split()[-1]
    account = queries.asking_by_bearer(token)
    assert account is not None
    assert account.login == "kim"


@pytest.mark.parametrize(
    "words",
    [
        ["token", "nobody"],
        ["create", "x y", "--name", "甲", "--role", "staff"],
        ["create", "kim", "--name", "甲", "--role", "agency_handler"],
        ["create", "kim", "--name", "甲", "--role", "agency_handler", "--agency", "沒有這個機關"],
    ],
)
def test_a_mistake_is_one_sentence_and_exit_1(run: Run, words: list[str]) -> None:
    answer = run(*words)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr.count("\n") == 1


def test_the_command_knows_every_role(run: Run) -> None:
    told = run("create", "--help").stdout
    assert [role.value for role in Role if role.value not in told] == []
