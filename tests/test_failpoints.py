"""What tests can do to a running product is out of reach where TESTING is off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from inspect_app import clock, create_app, failpoints
from inspect_app.errors import Problem


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")
    clock.move(0)


def test_without_testing_neither_fail_point_nor_clock_is_touched(settings: Any) -> None:
    create_app(replace(settings, testing=False, failpoint="commit.before:1", clock_offset=-86_400))
    failpoints.reached("commit.before")
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 3600


def test_with_testing_both_are_as_the_settings_say(settings: Any) -> None:
    app = create_app(replace(settings, failpoint="commit.after:2", clock_offset=-86_400))
    assert (clock.now() - datetime.now(UTC)).total_seconds() < -80_000
    assert app.config["TESTING"]
    child = os.fork()
    if child == 0:
        failpoints.reached("commit.after")
        failpoints.reached("commit.before")
        failpoints.reached("commit.after")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9


@pytest.mark.parametrize("text", ["nowhere:1", "commit.before", "commit.before:0", "commit.before:x"])
def test_a_fail_point_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        failpoints.arm(text)
