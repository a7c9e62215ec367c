"""Two people of one case in the same instant: nobody's words are lost, nothing is decided twice.

What both read is taken out of its row before they begin: a row belongs to the session of one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.errors import Problem
from inspect_app.notices import queries, services
from inspect_app.notices.models import Extension, Reply
from inspect_app.notices.services import replying, reviewing
from inspect_app.transaction import end_read
from tests.notices.conftest import Scene
from tests.notices.test_cases import answer_all, write
from tests.support.at_once import two_at_once

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def both(app: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`both(module, name, first, second)`: what became of two that passed `module.name` together, sorted."""

    def run(module: Any, name: str, *verbs: Callable[[], Any]) -> list[str]:
        def work(n: int) -> str:
            with app.app_context():
                try:
                    verbs[n]()
                except Problem as problem:
                    return problem.code
                return "done"

        with monkeypatch.context() as patch:
            found = sorted(two_at_once(patch, module, name, work))
        end_read()
        return found

    return run


def test_the_agencys_people(scene: Scene, both: Any) -> None:
    """Of two drafts one is kept and the other is told; an item has one reply; what is taken back is not sent."""
    (first, second), key = (item.id for item in scene.case.items[:2]), scene.case.id
    version = services.begin_reply(scene.handler, first).version

    def save(text: str) -> Callable[[], Reply]:
        return lambda: services.save_draft(scene.handler, first, services.Draft(version, measure=text))

    def begin() -> Reply:
        return services.begin_reply(scene.handler, second)

    assert both(replying, "_writable", save("甲寫的"), save("乙寫的")) == ["done", "stale"]
    assert both(replying, "_writable", begin, begin) == ["done", "done"]
    assert len(scene.fresh().items[1].replies) == 1
    write(scene, scene.fresh().items[0])
    services.mark_ready(scene.handler, first)
    outcomes = both(
        replying,
        "reply_of",
        lambda: services.send_replies(scene.approver, key),
        lambda: services.return_inside(scene.approver, first, "還要改"),
    )
    assert outcomes == ["done", "wrong_state"]


def test_agency_and_commission(scene: Scene, both: Any) -> None:
    """One extension waits at a time; an item is agreed to or returned; a case is closed once."""

    def ask() -> Extension:
        return services.ask_extension(scene.approver, key, until, "缺料")

    def close() -> None:
        services.close_case(scene.coordinator, key, number="府1", on=app_clock.today())

    key, until = scene.case.id, scene.case.due_on + timedelta(days=10)
    assert both(replying, "_check_extension", ask, ask) == ["conflict", "done"]
    asked = queries.extensions(scene.case.id)
    assert len(asked) == 1
    services.decide_extension(scene.coordinator, asked[0].id, granted=True, until=until, reason="")
    answer_all(scene)
    item = scene.fresh().items[0].id
    outcomes = both(
        reviewing,
        "_sent_item",
        lambda: services.accept_item(scene.coordinator, item),
        lambda: services.return_item(scene.coordinator, item, "角度不同"),
    )
    assert outcomes == ["done", "wrong_state"]
    if scene.fresh().items[0].state == "returned":
        answer_all(scene)
    for item in scene.fresh().items:
        if item.state == "sent":
            services.accept_item(scene.coordinator, item.id)
    assert both(reviewing, "ledger", close, close) == ["done", "wrong_state"]
    assert [line.kind for line in queries.letters(scene.case.id)].count("closing") == 1
