"""A call that does not arrive: the planners telephone, and nobody else learns that there was one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inspect_app import clock as product_clock
from inspect_app.notifications.services import MAX_ATTEMPTS, deliver_due
from inspect_app.scheduling import queries, services
from inspect_app.scheduling.models import CALL
from tests.scheduling.conftest import DAY, City, at


def refuse(_: Any) -> None:
    raise OSError("451")


def test_planners_are_told_of_a_call_that_did_not_arrive(city: City, clock: Any) -> None:
    city.sealed()
    clock.set(at(DAY - timedelta(days=1), 13))
    assert services.call_due(product_clock.now())
    today = product_clock.today()
    for _ in range(MAX_ATTEMPTS):
        deliver_due({CALL: refuse})
        clock.advance(hours=1)

    def told(who: Any) -> list[str]:
        return [line.what for line in queries.todos(who, today) if "沒有寄達" in line.what]

    assert [len(told(who)) for who in (city.planner, city.other_planner)] == [1, 1]
    assert [told(who) for who in (city.convener, city.stranger, city.leader)] == [[], [], []]
    assert not any(word in told(city.planner)[0] for word in (city.tender.name, city.leader.name))
