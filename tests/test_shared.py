"""The line before the writers: nobody is left standing, nobody is written twice, and whoever waits leads before others answer."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from inspect_app.transaction import Shared

PATIENCE = 60.0


class Crossed(Exception):
    """What PostgreSQL says to one of two that wait for each other."""

    sqlstate = "40P01"


@pytest.fixture
def in_app(app: Any) -> Callable[[Callable[[], Any]], Any]:
    def run(work: Callable[[], Any]) -> Any:
        with app.app_context():
            return work()

    return run


@pytest.mark.parametrize("writers", [1, 2, 3])
@pytest.mark.parametrize("most", [1, 3, 16])
def test_each_is_written_once_and_gets_its_own_answer(in_app: Any, writers: int, most: int) -> None:
    written: list[int] = []
    at_work, highest, lock = [0], [0], threading.Lock()

    def work(items: list[int]) -> list[int]:
        assert 0 < len(items) <= most
        with lock:
            at_work[0] += 1
            highest[0] = max(highest[0], at_work[0])
            written.extend(items)
        time.sleep(random.random() / 500)  # so that others come meanwhile
        with lock:
            at_work[0] -= 1
        return [item * 2 for item in items]

    line = Shared(work, most, PATIENCE, writers)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda item: in_app(lambda: line.run(item)), range(150)))
    assert answers == [item * 2 for item in range(150)]
    assert sorted(written) == list(range(150))
    assert highest[0] <= writers


@pytest.mark.parametrize("writers", [1, 2])
def test_who_fails_fails_alone(in_app: Any, writers: int) -> None:
    def work(items: list[int]) -> list[int]:
        if any(item % 7 == 0 for item in items):
            raise ZeroDivisionError
        return items

    line = Shared(work, 16, PATIENCE, writers)

    def tried(item: int) -> Any:
        try:
            return in_app(lambda: line.run(item))
        except ZeroDivisionError:
            return "failed"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(tried, range(70)))
    assert answers == ["failed" if item % 7 == 0 else item for item in range(70)]


def test_the_next_leads_before_the_first_are_answered(in_app: Any) -> None:
    """The second group is begun although the threads of the first have not taken their answers yet."""
    first_runs, go_on, order = threading.Event(), threading.Event(), []

    def work(items: list[str]) -> list[str]:
        order.append(items)
        if items == ["first"]:
            first_runs.set()
            assert go_on.wait(PATIENCE)
        return items

    line = Shared(work, 16, PATIENCE)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(in_app, lambda: line.run("first"))
        assert first_runs.wait(PATIENCE)
        later = [pool.submit(in_app, lambda name=name: line.run(name)) for name in ("second", "third")]  # type: ignore[misc]
        while len(line._waiting) < 2:
            time.sleep(0.01)
        go_on.set()
        assert first.result(PATIENCE) == "first"
        assert sorted(one.result(PATIENCE) for one in later) == ["second", "third"]
    assert [sorted(group) for group in order] == [["first"], ["second", "third"]]


def test_who_waits_too_long_is_not_written(in_app: Any) -> None:
    runs, go_on, written = threading.Event(), threading.Event(), []

    def work(items: list[str]) -> list[str]:
        written.extend(items)
        runs.set()
        assert go_on.wait(PATIENCE)
        return items

    line = Shared(work, 16, 0.05)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(in_app, lambda: line.run("first"))
        assert runs.wait(PATIENCE)
        with pytest.raises(TimeoutError):
            in_app(lambda: line.run("second"))
        go_on.set()
        assert first.result(PATIENCE) == "first"
    assert in_app(lambda: line.run("third")) == "third"
    assert written == ["first", "third"]


def test_one_of_two_that_waited_for_each_other_is_tried_again(in_app: Any) -> None:
    tries = []

    def work(items: list[str]) -> list[str]:
        tries.append(items)
        if len(tries) == 1:
            raise OperationalError("INSERT", {}, Crossed())
        return items

    assert in_app(lambda: Shared(work, 16, PATIENCE, 2).run("one")) == "one"
    assert len(tries) == 2


def test_trouble_of_the_database_is_told_to_all_and_the_line_goes_on(in_app: Any) -> None:
    trouble = [True]

    def work(items: list[str]) -> list[str]:
        if trouble[0]:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return items

    line = Shared(work, 16, PATIENCE, 2)
    for _ in range(3):
        with pytest.raises(OperationalError):
            in_app(lambda: line.run("one"))
    trouble[0] = False
    assert in_app(lambda: line.run("one")) == "one"


def test_a_leader_that_dies_leaves_nobody_standing(in_app: Any) -> None:
    """KeyboardInterrupt and the like are told to the whole group; the line goes on."""
    dies = [True]

    def work(items: list[str]) -> list[str]:
        if dies.pop():
            raise KeyboardInterrupt
        return items

    line = Shared(work, 16, PATIENCE)
    with pytest.raises(KeyboardInterrupt):
        in_app(lambda: line.run("one"))
    dies.append(False)
    assert in_app(lambda: line.run("two")) == "two"
