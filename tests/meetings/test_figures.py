"""Every figure of the meeting page, recomputed from raw operations and rows by independent code."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.meetings.behind import behind_number
from inspect_app.meetings.figures import Scope, figures
from tests.meetings.recompute import Recount
from tests.support import small_city

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def city(db: Any) -> small_city.City:
    city = small_city.build(60)
    small_city.scatter(city, seed=11, count=14)
    return city


def compare(found: dict[str, Any], recount: Recount, scope: Scope) -> None:
    """Each figure against the recount; the message names the figure."""
    given = (scope.agency_id, scope.programme)
    ids = recount.issued(scope.period_from, scope.period_to, scope.as_of, *given)
    assert found["inspections"] == len(ids)
    assert set(found["inspection_ids"]) == set(ids)
    grades = Counter(recount.grade(key) or "未評分或保留" for key in ids)
    assert {line["grade"]: line["count"] for line in found["grades"] if line["count"]} == dict(grades)
    for line in found["grades"]:
        assert sorted(line["inspection_ids"]) == sorted(
            k for k in ids if (recount.grade(k) or "未評分或保留") == line["grade"]
        )
    compare_points(found, recount, ids)
    compare_defects(found, recount, ids)
    compare_agencies(found, recount, ids)
    compare_quota(found, recount, scope)
    late = recount.overdue(scope.as_of, *given)
    assert {line["case_id"]: (line["days"], line["open_items"]) for line in found["overdue"]} == late
    assert {line["tender_id"]: line["gap_bp"] for line in found["behind"]} == recount.behind(*given)
    gaps = [line["gap_bp"] for line in found["behind"]]
    assert gaps == sorted(gaps, reverse=True)


def compare_points(found: dict[str, Any], recount: Recount, ids: list[str]) -> None:
    points: Counter[str] = Counter()
    money: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    for key in ids:
        points.update(recount.points(key))
        money.update(recount.money(key))
        severities.update((row.get("agreed_severity") or row["severity"]) for row in recount.findings(key))
    for party in ("contractor", "supervision", "pcm", "owner"):
        assert found["points"][party]["points"] == points[party], party
        assert found["points"][party]["amount"] == money[party], party
    assert found["severities"] == {level: severities[level] for level in "LMS"}


def compare_defects(found: dict[str, Any], recount: Recount, ids: list[str]) -> None:
    codes = Counter(row["code"] for key in ids for row in recount.findings(key) if row.get("code"))
    ranked = sorted(codes.items(), key=lambda item: (-item[1], item[0]))[:10]
    assert [(line["code"], line["count"]) for line in found["top_defects"]] == ranked
    for line in found["top_defects"]:
        assert abs(line["ratio_bp"] - 10_000 * codes[line["code"]] / len(ids)) <= 0.5


def compare_agencies(found: dict[str, Any], recount: Recount, ids: list[str]) -> None:
    by_agency = Counter(recount.inspections[key]["agency_id"] for key in ids)
    assert {line["agency_id"]: line["inspections"] for line in found["by_agency"]} == dict(by_agency)
    for line in found["by_agency"]:
        own = [key for key in ids if recount.inspections[key]["agency_id"] == line["agency_id"]]
        scores = [score for key in own if (score := recount.score(key)) is not None]
        assert (line["scored"], line["score_sum"]) == (len(scores), sum(scores))
        assert (line["lowest"], line["highest"]) == (min(scores, default=None), max(scores, default=None))
        assert line["findings"] == sum(len(recount.findings(key)) for key in own)


def compare_quota(found: dict[str, Any], recount: Recount, scope: Scope) -> None:
    year = scope.period_to.year
    done = recount.issued(date(year, 1, 1), scope.period_to, scope.as_of, scope.agency_id, scope.programme)
    bands = [(line["available"], line["required"], line["done"]) for line in found["quota"]["bands"]]
    assert bands == recount.bands(year, done, scope.agency_id, scope.programme)
    assert set(found["quota"]["inspection_ids"]) == set(done)


def test_every_figure_is_what_raw_rows_say(city: small_city.City, db: Any) -> None:
    today, recount = app_clock.today(), Recount(db.session)
    agencies = [row["agency_id"] for row in recount.inspections.values()]
    programmes = [recount.tenders[row["tender_id"]]["programme"] for row in recount.inspections.values()]
    spans = ((today - timedelta(days=365), today), (today - timedelta(days=200), today - timedelta(days=60)))
    slices = (
        ("", ""),
        (agencies[0], ""),
        (agencies[-1], ""),
        ("", programmes[0]),
        (agencies[0], programmes[0]),
    )
    for start, end in spans:
        for agency, programme in slices:
            scope = Scope(start, end, today, agency, programme)
            compare(figures(scope), recount, scope)


def test_a_record_counts_from_its_letter_on(city: small_city.City, db: Any) -> None:
    recount, today = Recount(db.session), app_clock.today()
    letters = sorted(str(row["letter_on"])[:10] for row in recount.records.values() if row["letter_on"])
    middle = date.fromisoformat(letters[len(letters) // 2])
    scope = Scope(today - timedelta(days=365), today, middle - timedelta(days=1))
    compare(figures(scope), recount, scope)
    assert figures(scope)["inspections"] < figures(Scope(scope.period_from, today, today))["inspections"]


def test_agencies_add_up_to_the_whole(city: small_city.City, db: Any) -> None:
    today = app_clock.today()
    start = today - timedelta(days=365)
    whole = figures(Scope(start, today, today))
    parts = [figures(Scope(start, today, today, agency_id=line["agency_id"])) for line in whole["by_agency"]]
    assert sum(part["inspections"] for part in parts) == whole["inspections"] > 0
    for party in ("contractor", "supervision", "owner"):
        assert sum(part["points"][party]["points"] for part in parts) == whole["points"][party]["points"]


def test_behind_each_number_stand_rows_that_add_up_to_it(city: small_city.City, db: Any) -> None:
    from inspect_app.inspections import queries as inspections

    today = app_clock.today()
    found = figures(Scope(today - timedelta(days=365), today, today))
    asked = [("inspections", ""), ("year", "")]
    asked += [("grade", line["grade"]) for line in found["grades"]]
    asked += [("agency", line["agency_id"]) for line in found["by_agency"]]
    asked += [("points", party) for party in found["points"]] + [("severity", level) for level in "LMS"]
    asked += [("defect", line["code"]) for line in found["top_defects"]]
    for what, key in asked:
        number = behind_number(found, what, key)
        assert number is not None, what
        shares = 0
        for row in inspections.rollups(number.inspection_ids):
            codes = [
                line.code for line in inspections.findings_of(row.inspection_id) if line.kind == "defect"
            ]
            shares += number.share(row, codes)
        assert shares == number.value, (what, key)
    assert behind_number(found, "nothing", "") is None
    assert behind_number(found, "grade", "丁等") is None
