"""Score, grade and money of a record: withheld and told, forced 丙等, and equal to an independent count."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from inspect_app import clock as now
from inspect_app.accounts.actor import SYSTEM
from inspect_app.catalogue.services import set_setting
from inspect_app.errors import Problem
from inspect_app.inspections import queries, services
from inspect_app.inspections.models import OperationRow, Record
from inspect_app.inspections.todos import todos
from inspect_app.notices import queries as cases
from inspect_app.notices import services as notices
from inspect_app.projects.services import Terms, set_contract_terms
from inspect_app.reports import odt
from inspect_app.reports.record import _defect
from inspect_app.reports.statement import statement_document
from tests.support.inspected import DEFECTS, Inspected, Told, inspection_with_log

CORE = Told(scores=(84, 84, 84), test="concrete_core")


def judge(one: Inspected, result: str) -> None:
    services.enter_test_result(one.staff, one.id, services.Judgement(one.test, result, now.today(), "R-1"))


def told(one: Inspected) -> dict[str, Any]:
    return queries.content_of(one.id)["result"]


@pytest.mark.parametrize(("result", "score", "grade"), [("fail", 69, "丙等"), ("pass", 84, "甲等")])
def test_a_withheld_score_is_told_by_its_own_letter(
    db: Any, clock: Any, result: str, score: int, grade: str
) -> None:
    one = inspection_with_log(CORE)
    one.issued()
    assert told(one)["withheld"] is True
    assert queries.rollups([one.id])[0].score is None
    with pytest.raises(Problem):
        notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today())
    clock.advance(days=20)
    judge(one, result)
    notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today())
    with pytest.raises(Problem, match="不需要另發成績函"):
        notices.issue_score_letter(one.coordinator, one.id, "府研查字第10號", now.today())
    content = queries.content_of(one.id)
    assert (content["result"]["score"], content["result"]["grade"]) == (score, grade)
    assert content["tests"][0]["result"] == result
    sums = queries.rollups([one.id])[0]
    assert (sums.score, sums.grade) == (score, grade)
    case = cases.by_inspection(one.id)
    assert case is not None
    assert bool(cases.sanctions(case.id)) == (grade == "丙等")


def test_a_raw_score_under_70_is_told_at_once_and_stays(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(65, 65, 65), test="asphalt_core"))
    one.issued()
    assert (told(one)["score"], told(one)["withheld"]) == (65, False)
    judge(one, "fail")
    assert told(one)["score"] == 65
    with pytest.raises(Problem) as found:
        judge(one, "pass")
    assert found.value.code == "wrong_state", "a judgement that was told stays"


def test_a_failure_before_approval_decides_at_once(db: Any, clock: Any) -> None:
    one = inspection_with_log(CORE)
    judge(one, "fail")
    one.issued()
    assert (told(one)["score"], told(one)["grade"], told(one)["withheld"]) == (69, "丙等", False)


def test_a_judgement_of_the_team_is_a_forced_grade(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(88, 88, 88), judgement="main_structure"))
    one.issued()
    assert told(one)["grade"] == "丙等"


def test_sheets_that_come_after_approval_do_not_change_a_withheld_score(db: Any, clock: Any) -> None:
    one = inspection_with_log(CORE)
    one.issued()
    key = one.log.own(f"score_sheet:{one.members[0].id}")
    one.write(one.members[0], "score_sheet", key, p=0)
    assert one.send() == ["late"]
    operation = one.log.operations[-1].id
    one.write(
        one.leader,
        "late_decision",
        one.log.own(f"late_decision:{operation}"),
        operation=operation,
        decision="accept",
    )
    one.send()
    assert queries.draft(one.id)["result"]["raw_mean"] != "84.00"
    judge(one, "pass")
    notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today())
    assert told(one)["score"] == 84


def test_a_judgement_on_which_a_score_was_approved_stays(db: Any, clock: Any) -> None:
    one = inspection_with_log(CORE)
    judge(one, "fail")
    one.approved()
    with pytest.raises(Problem) as found:
        judge(one, "pass")
    assert found.value.code == "wrong_state", "69 beside a test that passed"
    assert (told(one)["score"], queries.results_of(one.id)[one.test].result) == (69, "fail")


def test_a_test_of_the_approved_record_is_judged_though_the_log_took_it_away(db: Any, clock: Any) -> None:
    one = inspection_with_log(CORE)
    one.issued()
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.write(one.staff, "test", one.test, deleted=True)
    one.send()
    assert queries.draft(one.id)["tests"] == []
    judge(one, "fail")
    assert "office.score_letter" in {line.endpoint for line in todos(one.coordinator, now.today())}
    notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today())
    assert told(one)["score"] == 69


@pytest.mark.parametrize("offset", [-1, 1])
def test_a_judgement_has_a_possible_day(db: Any, clock: Any, offset: int) -> None:
    one = inspection_with_log(CORE)
    wrong = services.Judgement(one.test, "pass", now.today() + timedelta(days=offset), "")
    with pytest.raises(Problem) as found:
        services.enter_test_result(one.staff, one.id, wrong)
    assert found.value.field == "judged_on"


def test_a_score_letter_is_not_older_than_the_record(db: Any, clock: Any) -> None:
    one = inspection_with_log(CORE)
    one.approved()
    clock.advance(days=2)
    notices.issue(one.coordinator, one.id, services.Dispatch("府研查字第2號", now.today()))
    judge(one, "pass")
    with pytest.raises(Problem) as found:
        notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today() - timedelta(days=1))
    assert found.value.field == "letter_on"


def raw_values(one: Inspected, db: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """{(entity, id): values}: the operations one after another, without the fold of the product."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    rows = db.session.scalars(select(OperationRow).where(OperationRow.inspection_id == one.id)).all()
    for body in sorted((json.loads(row.body) for row in rows), key=lambda body: body["hlc"]):
        found.setdefault((body["entity"], body["entity_id"]), {}).update(body["set"])
    return found


def counted(one: Inspected, db: Any) -> tuple[int, str, dict[str, int]]:
    """Score, grade and points per party from raw operations, by code of the test's own."""
    values = raw_values(one, db)
    parts = ("q_owner", "q_supervision", "q_contractor", "w_structure", "w_materials", "w_safety", "p")
    totals = [
        sum(sheet[part] for part in parts) for (kind, _), sheet in values.items() if kind == "score_sheet"
    ]
    score = math.floor(Fraction(sum(totals), len(totals)) + Fraction(1, 2))
    grade = "優等" if score >= 90 else "甲等" if score >= 80 else "乙等" if score >= 70 else "丙等"
    points = dict.fromkeys(("owner", "contractor", "supervision", "pcm"), 0)
    for (kind, _), finding in values.items():
        if kind == "finding" and finding["kind"] == "defect":
            points[finding["agreed_party"]] += finding["points"]
            for party in {"supervision", "pcm"} - {finding["agreed_party"]}:
                own = finding.get(f"{party}_points")
                if finding.get(f"also_{party}"):
                    points[party] += finding["points"] if own is None else own
    return score, grade, points


DEFECT = st.fixed_dictionaries({
    "code": st.sampled_from(["5.01.01", "4.03.04", "4.02.03", ""]), "text": st.text("蜂窩露筋 x", min_size=1, max_size=9),
    "severity": st.sampled_from("LMS"), "party": st.sampled_from(["owner", "contractor", "supervision", "pcm"]),
    "points": st.integers(0, 9), "also_supervision": st.booleans(), "also_pcm": st.booleans(),
    "supervision_points": st.none() | st.integers(0, 9), "pcm_points": st.none() | st.integers(0, 9),
    "location": st.just("A1"),
})  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores=st.lists(st.integers(0, 100), min_size=1, max_size=7), defects=st.lists(DEFECT, max_size=6))
def test_record_and_rollup_equal_a_count_of_the_raw_operations(
    db: Any, clock: Any, scores: list[int], defects: list[Any]
) -> None:
    one = inspection_with_log(Told(scores=scores, defects=defects))
    one.issued()
    score, grade, points = counted(one, db)
    sums = queries.rollups([one.id])[0]
    content = queries.content_of(one.id)
    assert (
        (sums.score, sums.grade) == (score, grade) == (content["result"]["score"], content["result"]["grade"])
    )
    assert {party: getattr(sums, f"points_{party}") for party in points} == points
    assert {party: content["penalty"]["statements"][party]["points"] for party in points} == points
    assert sums.findings == len(defects) == sums.minor + sums.medium + sums.serious
    assert sums.spread == max(scores) - min(scores)
    assert len(queries.findings_of(one.id)) == len(defects) + 2


def test_points_charged_to_another_party_too_can_be_another_number(db: Any, clock: Any) -> None:
    defect = {
        "code": "5.01.01",
        "text": "蜂窩",
        "severity": "M",
        "party": "contractor",
        "location": "",
        "points": 3,
    }
    also = {"also_supervision": True, "supervision_points": 1, "also_pcm": True}
    one = inspection_with_log(Told(defects=[defect | also]))
    one.issued()
    statements = queries.content_of(one.id)["penalty"]["statements"]
    assert {party: statements[party]["points"] for party in statements} == {
        "owner": 0, "contractor": 3, "supervision": 1, "pcm": 3,
    }  # fmt: skip
    row = _defect(queries.content_of(one.id)["defects"][0])
    assert "監造單位（1 點）、專案管理廠商" in "、".join(row)


def test_another_party_is_charged_also_where_the_first_one_owes_nothing(db: Any, clock: Any) -> None:
    """The meeting gives the owner no points and the project manager three: those three are not lost."""
    defect = {
        "code": "5.01.01",
        "text": "蜂窩",
        "severity": "M",
        "party": "owner",
        "location": "",
        "points": 0,
    }
    one = inspection_with_log(Told(defects=[defect | {"also_pcm": True, "pcm_points": 3}]))
    one.issued()
    assert queries.content_of(one.id)["penalty"]["statements"]["pcm"]["points"] == 3
    assert queries.rollups([one.id])[0].points_pcm == 3


NO_CAP, OWN_CAP = (
    Terms(procurement_amount=None, rates={}, cap_ratio_bp=cap, multipliers={}) for cap in (None, 2)
)


@pytest.mark.parametrize(("entered", "owed"), [(None, 9_800), (NO_CAP, 20_000), (OWN_CAP, 19_600)])
def test_the_city_s_own_cap_counts_where_nobody_entered_the_contract(
    db: Any, clock: Any, entered: Terms | None, owed: int
) -> None:
    """Five points at 4,000 on a contract of 98 million, of which a basis point is 9,800."""
    set_setting(SYSTEM, "cap_ratio", now.today(), "1", source="府工字第1號", verified=True)
    one = inspection_with_log(Told(defects=[{**DEFECTS[0], "points": 5}]))
    if entered:
        set_contract_terms(SYSTEM, one.tender.id, entered)
    one.issued()
    penalty = queries.content_of(one.id)["penalty"]
    assert penalty["statements"]["contractor"]["amount"] == owed
    assert queries.rollups([one.id])[0].amount_contractor == owed
    told_by = [line["source"] for line in penalty["reasons"] if line["rule"] == "penalty.cap"]
    assert told_by == {9_800: ["府工字第1號"], 19_600: ["契約約定"], 20_000: []}[owed]
    printed = odt_of(queries.content_of(one.id))
    assert f"NT$ {owed:,}" in printed
    assert (f"NT$ {owed - 20_000:,}" in printed) == bool(told_by), "the line that the cap takes off"


def odt_of(content: dict[str, Any]) -> str:
    document = statement_document(content, {}, government="示範市政府", demo=False, frozen=True)
    return zipfile.ZipFile(io.BytesIO(odt.render(document))).read("content.xml").decode()


def test_money_follows_the_procurement_amount(db: Any, clock: Any) -> None:
    """120 million: 4,000 a point for the contractor, 1,000 for supervision. What the contract itself says goes before the budget."""
    small = inspection_with_log()
    set_contract_terms(SYSTEM, small.tender.id, replace(NO_CAP, procurement_amount=20_000_000))
    small.issued()
    assert db.session.get(Record, small.id).content["penalty"]["statements"]["contractor"]["rate"] == 2_000
    one = inspection_with_log()
    one.issued()
    sums = queries.rollups([one.id])[0]
    assert (sums.amount_contractor, sums.amount_supervision, sums.amount_pcm) == (8_000, 1_000, 0)
    assert db.session.get(Record, one.id).content["penalty"]["statements"]["contractor"]["rate"] == 4_000
