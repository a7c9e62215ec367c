"""The year's numbers through the office: live, with the head's own numbers, the tenders without a band, the quarterly returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from inspect_app import clock as product_clock
from inspect_app.accounts.permissions import Role
from inspect_app.demo import returns
from inspect_app.errors import Problem
from inspect_app.meetings.figures import Scope, figures
from inspect_app.scheduling import quotas, services
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.office import Visitor

TODAY = date(2026, 11, 23)


def numbers() -> list[tuple[int, int, int]]:
    """(available, required, done) of the ratio (available: 0) and the bands."""
    found = quotas.year(2026, TODAY).quota
    ratio = (0, found.ratio_required, found.ratio_done)
    return [ratio, *((band.available, band.required, band.done) for band in found.bands)]


@pytest.fixture
def city(db: Any, clock: Any) -> list[Any]:
    """12 big tenders, one of them commissioned to others; one without a budget."""
    make.edition()
    office = make.agency()
    tenders = [make.tender(office) for _ in range(11)]
    return [
        *tenders,
        make.tender(office, commissioned_out=True),
        make.tender(office, budget=None, name="沒有預算的工程"),
    ]


def test_the_numbers_live_through_the_year(city: list[Any], clock: Any) -> None:
    leader = make.account(Role.LEADER)
    assert numbers() == [(0, 2, 0), (12, 12, 0), (0, 0, 0), (0, 0, 0)]
    make.released_visit(city[0], leader)
    make.released_visit(city[-2], leader)  # commissioned to others: counts in its band, not in the ratio
    make.released_visit(city[1], leader, kind="supervision")
    make.released_visit(city[2], leader, inspected_on=date(2025, 12, 31))
    cancelled = make.released_visit(city[3], leader)
    with transaction():
        cancelled.state = "cancelled"
    assert numbers() == [(0, 2, 1), (12, 12, 2), (0, 0, 0), (0, 0, 0)]
    make.released_visit(city[-1], leader)
    found = quotas.year(2026, TODAY)
    assert [row.name for row in found.unknown] == ["沒有預算的工程"]
    assert (found.quota.unknown_tenders, found.quota.unknown_done) == (1, 1)


def test_the_head_s_number_counts_everywhere_and_gives_its_reason(
    city: list[Any], signed_in: Callable[..., Visitor]
) -> None:
    coordinator = signed_in(Role.COORDINATOR)
    path, typed = "/quotas/2026/adjust", {"band_from": "50000000", "required": "8", "reason": "人力不足"}
    assert coordinator.post(path, "/quotas?year=2026", **{**typed, "reason": " "}).status_code == 422
    assert coordinator.post(path, "/quotas?year=2026", **{**typed, "band_from": "7"}).status_code == 422
    assert coordinator.post(path, "/quotas?year=2026", **{**typed, "required": "-1"}).status_code == 422
    assert numbers()[1] == (12, 12, 0)
    assert coordinator.post(path, "/quotas?year=2026", **typed, letter="研查字第1號").status_code == 303
    assert (
        coordinator.post(
            path, "/quotas?year=2026", band_from="0", required="1", reason="年度中成立"
        ).status_code
        == 303
    )
    assert numbers()[:2] == [(0, 1, 0), (12, 8, 0)]
    page = coordinator.get("/quotas?year=2026").text
    assert "由 12 件調整為 8 件，理由：人力不足（研查字第1號）" in page
    assert "依據：工程施工查核小組作業辦法第4條" in page
    meeting = figures(Scope(date(2026, 10, 1), TODAY, TODAY))["quota"]
    assert (meeting["required"], meeting["bands"][0]["required"]) == (1, 8)
    one = figures(Scope(date(2026, 10, 1), TODAY, TODAY, agency_id=city[0].agency_id))["quota"]
    assert one["bands"][0]["required"] == 12, "the head's number is the city's, not one agency's"
    assert coordinator.post("/quotas/2026/adjust/50000000/remove", "/quotas?year=2026").status_code == 303
    assert numbers()[1] == (12, 12, 0)


def test_the_quarterly_return_is_due_told_and_filed(
    city: list[Any], clock: Any, signed_in: Callable[..., Visitor]
) -> None:
    coordinator = signed_in(Role.COORDINATOR)
    clock.set(datetime(2026, 9, 30, 2, tzinfo=UTC))
    make.released_visit(city[0], make.account(Role.LEADER))
    assert [line.inspections for line in quotas.year(2026, TODAY).returns] == [0, 0, 1, 0]
    assert [(line.first, line.last) for line in quotas.year(2026, TODAY).returns] == [
        (date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30)),
        (date(2026, 7, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 12, 31)),
    ]  # fmt: skip
    what = "115年第3季的查核結果要函送工程會"
    actor = make.actor(Role.COORDINATOR)
    assert quotas.todos(actor, date(2026, 10, 10)) == []
    told = quotas.todos(actor, date(2026, 10, 11))
    assert [(line.what, line.until, line.overdue) for line in told] == [(what, date(2026, 10, 31), False)]
    assert quotas.todos(actor, date(2026, 11, 1))[0].overdue
    assert quotas.todos(make.actor(Role.INSPECTOR), date(2026, 11, 1)) == []
    clock.advance(days=40)
    sign_in_again = signed_in(Role.COORDINATOR)
    assert what in sign_in_again.get("/").text
    path, typed = "/quotas/2026/returns", {"quarter": "3", "sent_on": "2026-11-01", "letter": "研查字第9號"}
    for bad in ({"sent_on": "2026-06-30"}, {"sent_on": "2027-01-01"}, {"letter": ""}, {"quarter": "5"}):
        assert sign_in_again.post(path, "/quotas", **{**typed, **bad}).status_code == 422
    assert sign_in_again.post(path, "/quotas", **typed).status_code == 303
    assert quotas.todos(actor, date(2026, 11, 1)) == []
    page = sign_in_again.get("/quotas").text
    assert "研查字第9號" in page
    assert "民國115年第 3 季查核結果，於 10 月底前送工程會備查" in page
    assert coordinator is not sign_in_again


def test_a_return_in_january_belongs_to_the_year_before(city: list[Any], clock: Any) -> None:
    make.released_visit(city[0], make.account(Role.LEADER))
    told = quotas.todos(make.actor(Role.COORDINATOR), date(2027, 1, 20))
    assert [(line.what, line.until, line.args) for line in told] == [
        ("115年第4季的查核結果要函送工程會", date(2027, 1, 31), {"year": "2026"})
    ]


def test_a_return_that_was_never_sent_stays_when_the_next_quarter_ends(city: list[Any], clock: Any) -> None:
    leader = make.account(Role.LEADER)
    for place, day in enumerate((date(2026, 5, 4), date(2026, 8, 3))):
        make.released_visit(city[place], leader, inspected_on=day)
    told = quotas.todos(make.actor(Role.COORDINATOR), date(2026, 11, 2))
    assert [(line.what[:7], line.overdue) for line in told] == [("115年第2季", True), ("115年第3季", True)]


def test_a_year_holds_no_tender_that_began_after_it(city: list[Any]) -> None:
    make.tender(started_on=date(2026, 3, 2))
    make.tender(started_on=None, awarded_on=date(2027, 1, 4))
    sizes = {year: quotas.year(year, TODAY).quota.bands[0].available for year in (2025, 2026, 2027)}
    assert sizes == {2025: 12, 2026: 13, 2027: 14}


def test_who_may_see_and_change_the_numbers(city: list[Any], signed_in: Callable[..., Visitor]) -> None:
    auditor = signed_in(Role.AUDITOR)
    assert "沒有預算的工程" in auditor.get("/quotas").text
    assert "登錄首長調整" not in auditor.get("/quotas").text
    assert (
        auditor.post("/quotas/2026/adjust", "/", band_from="0", required="1", reason="x").status_code == 403
    )
    assert signed_in(Role.AGENCY_HANDLER).get("/quotas").status_code == 403
    for year in ("2015", "2028", "x", "２０２６"):
        assert auditor.get(f"/quotas?year={year}").status_code == 404


def test_the_verbs_refuse_on_their_own(city: list[Any]) -> None:
    coordinator = make.actor(Role.COORDINATOR)
    with pytest.raises(Problem, match="不在了"):
        services.remove_adjustment(coordinator, 2026, 0)
    with pytest.raises(Problem):
        services.adjust_quota(make.actor(Role.AUDITOR), 2026, 0, 1, reason="x", letter="")
    with pytest.raises(Problem):
        services.file_return(
            make.actor(Role.AUDITOR), 2026, 3, on=product_clock.today() - timedelta(1), letter="x"
        )


def test_the_demo_city_has_sent_what_was_due(db: Any, clock: Any) -> None:
    returns.send(make.actor(Role.COORDINATOR), TODAY)
    filed = [line.filed for year in range(2023, 2027) for line in quotas.year(year, TODAY).returns]
    assert [row is not None for row in filed] == [True] * 15 + [False], "the fourth quarter is still to come"
    assert filed[0] is not None
    assert (filed[0].sent_on, filed[0].letter) == (date(2023, 4, 24), "研查字第 1001 號")
    assert product_clock.today() == TODAY
