"""Every figure of the meeting page, recomputed from raw operations and rows by independent code."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.meetings.behind import behind_number
from inspect_app.meetings.figures import Scope, figures
from inspect_app.scheduling import services as quotas
from tests.meetings.recompute import Recount
from tests.support import small_city

pytestmark = pytest.mark.timeout(300)


ADJUSTED = {0: 41, 10_000_000: 23}  # the ratio (band 0) and the middle band, by the head's own decision


@pytest.fixture
def city(db: Any) -> small_city.City:
    city = small_city.build(60)
    small_city.scatter(city, seed=11, count=14)
    coordinator, year = city.actor("coordinator1"), app_clock.today().year
    for band, required in ADJUSTED.items():
        quotas.adjust_quota(coordinator, year, band, required, reason="首長核定調整", letter="府研查字第1號")
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
    compare_blocks(found, recount, ids)
    compare_districts(found, recount, ids)
    compare_quota(found, recount, scope)
    compare_overdue(found, recount, scope)
    compare_behind(found, recount, scope)


def compare_overdue(found: dict[str, Any], recount: Recount, scope: Scope) -> None:
    late = recount.overdue(scope.as_of, scope.agency_id, scope.programme)
    assert {line["case_id"]: (line["days"], line["open_items"]) for line in found["overdue"]} == late
    cases = {row["id"]: row for row in recount.cases}
    for line in found["overdue"]:
        case = cases[line["case_id"]]
        assert line["due_on"] == str(case["due_on"])[:10]
        assert line["tender"] == recount.tenders[case["tender_id"]]["name"]
        assert line["agency"] == recount.agencies[case["agency_id"]]


def compare_behind(found: dict[str, Any], recount: Recount, scope: Scope) -> None:
    """How far, and in the agency's own words why, what is done, until when and who should help."""
    behind = recount.behind(scope.agency_id, scope.programme)
    assert {line["tender_id"]: line["gap_bp"] for line in found["behind"]} == behind
    gaps = [line["gap_bp"] for line in found["behind"]]
    assert gaps == sorted(gaps, reverse=True)
    for line in found["behind"]:
        tender, said = (
            recount.tenders[line["tender_id"]],
            recount.newest_delay(line["tender_id"], scope.as_of),
        )
        for name in ("name", "number", "programme", "agency_id"):
            assert line[name] == tender[name]
        assert (line["planned_bp"], line["actual_bp"]) == (
            tender["progress_planned_bp"],
            tender["progress_actual_bp"],
        )
        for name in ("factor", "cause", "remedy", "help_needed"):
            assert line[name] == said.get(name, "")
        caught = said.get("catch_up_on")
        assert line["catch_up_on"] == (str(caught)[:10] if caught else None)


def compare_blocks(found: dict[str, Any], recount: Recount, ids: list[str]) -> None:
    wanted = recount.blocks(ids)
    assert [line["block"] for line in found["blocks"]] == sorted(wanted)
    for line in found["blocks"]:
        assert line["agencies"] == dict(wanted[line["block"]])
        assert line["count"] == sum(wanted[line["block"]].values())


def compare_districts(found: dict[str, Any], recount: Recount, ids: list[str]) -> None:
    inspected = Counter(recount.district(recount.inspections[key]["tender_id"]) for key in ids)
    late = Counter(recount.district(line["tender_id"]) for line in found["behind"])
    lines = {line["district"]: (line["inspections"], line["behind"]) for line in found["districts"]}
    assert lines == {name: (inspected[name], late[name]) for name in {*inspected, *late}}


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
        assert line["name"] == recount.agencies[line["agency_id"]]
        for grade, count in line["grades"].items():
            assert count == sum(recount.grade(key) == grade for key in own), grade
        for party, points in line["points"].items():
            assert points == sum(recount.points(key)[party] for key in own), party


def compare_quota(found: dict[str, Any], recount: Recount, scope: Scope) -> None:
    year = scope.period_to.year
    done = recount.issued(date(year, 1, 1), scope.period_to, scope.as_of, scope.agency_id, scope.programme)
    given = (year, done, scope.agency_id, scope.programme)
    bands = [
        (line["available"], line["required"], set(line["inspection_ids"])) for line in found["quota"]["bands"]
    ]
    assert bands == recount.bands(*given)
    assert [line["done"] for line in found["quota"]["bands"]] == [len(ids) for _, _, ids in bands]
    required, counted = recount.ratio(*given)
    assert (found["quota"]["required"], found["quota"]["done"]) == (required, len(counted))
    assert set(found["quota"]["ratio_ids"]) == counted
    unknown = sum(row["budget"] is None for row in recount.of_year(year, scope.agency_id, scope.programme))
    assert found["quota"]["unknown"] == unknown
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


def test_the_head_s_own_numbers_count_for_the_whole_city_alone(city: small_city.City, db: Any) -> None:
    today, recount = app_clock.today(), Recount(db.session)
    start = date(today.year, 1, 1)
    assert recount.own_numbers == {(today.year, band): number for band, number in ADJUSTED.items()}
    whole = figures(Scope(start, today, today))["quota"]
    assert (whole["required"], [line["required"] for line in whole["bands"]][1]) == (41, 23)
    assert sum("首長" in reason["text"] for reason in whole["reasons"]) == 2
    agency = next(iter(recount.inspections.values()))["agency_id"]
    scope = Scope(start, today, today, agency)
    compare_quota(figures(scope), recount, scope)
    assert figures(scope)["quota"]["required"] < 41


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
    asked = [("inspections", ""), ("year", ""), ("ratio", "")]
    asked += [("band", str(line["low"])) for line in found["quota"]["bands"]]
    asked += [("grade", line["grade"]) for line in found["grades"]]
    asked += [("agency", line["agency_id"]) for line in found["by_agency"]]
    for line in found["by_agency"]:
        own = line["agency_id"]
        asked += [("agency_grade", f"{own}|{grade}") for grade in line["grades"]] + [("agency_findings", own)]
        asked += [("agency_points", f"{own}|{party}") for party in line["points"]]
    for line in found["blocks"]:
        asked += [("block", line["block"])] + [
            ("block", f"{line['block']}|{one}") for one in line["agencies"]
        ]
    asked += [("district", line["district"]) for line in found["districts"]]
    asked += [("money", party) for party in ("contractor", "supervision", "pcm")]
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
    for line in found["districts"]:
        number = behind_number(found, "district_behind", line["district"])
        assert number is not None
        assert {one["tender_id"] for one in number.tenders} == set(line["tender_ids"])
        assert number.value == len(number.tenders)
    assert behind_number(found, "nothing", "") is None
    for what in ("band", "agency", "agency_grade", "agency_findings", "agency_points", "block", "district"):
        assert behind_number(found, what, "nothing|nobody") is None
    assert behind_number(found, "grade", "丁等") is None
