"""The public face: a case as JSON in, an answer with reasons out, malformed cases named by their field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.case_text import CaseError, parse
from inspect_app.domain.cases import answer
from tests.support.vectors import load, vectors

GRADE = {
    "edition": "2023-08-09",
    "members": [79, 80, 80],
    "tests": [{"kind": "concrete_core", "result": "pass"}],
}
PENALTY = {
    "procurement_amount": 120000000,
    "contract_amount": 98000000,
    "findings": [
        {"code": "5.01.01", "party": "contractor", "points": 3, "also_supervision": True, "also_pcm": False}
    ],
    "cap_ratio": 0.2,
    "multipliers": {"5.01.01": 2},
}
DEADLINE = {"start": "2024-02-07", "working_days": 7, "count_first_day": False, "closures": []}
QUOTA = {
    "edition": "2023-08-09",
    "tenders": [{"budget": 60000000, "excluded": False}] * 12,
    "done": [60000000],
}
CASES: dict[str, dict[str, Any]] = {"grade": GRADE, "penalty": PENALTY, "deadline": DEADLINE, "quota": QUOTA}


@pytest.mark.parametrize(("given_", "expected"), vectors("scoring"))
def test_grades_through_the_public_face(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected == {"error": True}:
        with pytest.raises(CaseError):
            answer("grade", given_)
        return
    found = answer("grade", given_)
    assert {name: found[name] for name in expected} == expected
    assert found["reasons"]


def test_the_documented_answers() -> None:
    graded = answer("grade", GRADE)
    assert {name: graded[name] for name in ("score", "grade", "withheld", "raw_mean")} == {
        "score": 80,
        "grade": "甲等",
        "withheld": False,
        "raw_mean": "79.67",
    }
    contractor = answer("penalty", PENALTY)["contractor"]
    lines = contractor.pop("lines")
    assert contractor == {"points": 6, "rate": 4000, "amount": 24000, "capped": False}
    assert [(line["code"], line["points"], line["amount"]) for line in lines] == [("5.01.01", 6, 24000)]
    assert answer("deadline", DEADLINE)["days"] == [f"2024-02-{day}" for day in (15, 16, 17, 19, 20, 21, 22)]
    found = answer("quota", QUOTA)
    assert found["ratio"] == {"required": 2, "done": 1}
    assert found["bands"][0] == {"from": 50000000, "to": None, "available": 12, "required": 12, "done": 1}
    assert [(band["from"], band["to"]) for band in found["bands"][1:]] == [
        (10000000, 50000000),
        (1500000, 10000000),
    ]


@pytest.mark.parametrize("kind", CASES)
def test_answers_are_json_and_carry_reasons(kind: str) -> None:
    found = json.loads(json.dumps(answer(kind, CASES[kind])))
    for reason in found["reasons"]:
        assert reason.keys() == {"rule", "text", "source", "edition", "evidence", "figures"}
        assert reason["text"]


@pytest.mark.parametrize("kind", CASES)
def test_the_edition_in_force_now_is_the_default(kind: str) -> None:
    plain = {name: value for name, value in CASES[kind].items() if name != "edition"}
    assert answer(kind, plain) == answer(kind, {**plain, "edition": "2023-08-09"})


def test_what_may_be_left_out() -> None:
    assert answer("grade", {"members": [80]})["score"] == 80
    assert answer("deadline", {"start": "2024-02-07", "working_days": 7})["due"] == "2024-02-22"
    assert answer("penalty", {"procurement_amount": 1, "findings": []})["contractor"]["amount"] == 0
    assert answer("quota", {"tenders": [{}]})["unknown"] == {"available": 1, "done": 0}
    plain = {**PENALTY, "cap_ratio": None, "contract_amount": None, "multipliers": None}
    assert answer("penalty", plain)["contractor"]["amount"] == 12000


def broken(kind: str, path: list[Any], value: Any) -> Any:
    case = json.loads(json.dumps(CASES[kind]))
    place = case
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return case


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[list[Any]]:
    """The way to every part of a case, the whole first."""
    yield list(here)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from paths(part, (*here, step))


WORDS = (
    "edition",
    "members",
    "tests",
    "kind",
    "result",
    "findings",
    "code",
    "points",
    "budget",
    "from",
    "reason",
)
MALFORMED = [
    ("grade", ["members"], ..., "members"),
    ("grade", ["members"], [], "members"),
    ("grade", ["members"], 80, "members"),
    ("grade", ["members", 1], 101, "members[1]"),
    ("grade", ["members", 1], -1, "members[1]"),
    ("grade", ["members", 2], 79.5, "members[2]"),
    ("grade", ["members", 0], "79", "members[0]"),
    ("grade", ["members", 0], True, "members[0]"),
    ("grade", ["members", 0], None, "members[0]"),
    ("grade", ["tests"], None, "tests"),
    ("grade", ["tests", 0], "pass", "tests[0]"),
    ("grade", ["tests", 0, "kind"], "rebar", "tests[0].kind"),
    ("grade", ["tests", 0, "kind"], ..., "tests[0].kind"),
    ("grade", ["tests", 0, "result"], "ok", "tests[0].result"),
    ("grade", ["tests", 0, "result"], 1, "tests[0].result"),
    ("grade", ["tests", 0, "place"], "2F", "tests[0].place"),
    ("grade", ["edition"], "2019", "edition"),
    ("grade", ["edition"], 2023, "edition"),
    ("grade", ["edition"], [], "edition"),
    ("grade", ["extra"], 1, "extra"),
    ("penalty", ["procurement_amount"], ..., "procurement_amount"),
    ("penalty", ["procurement_amount"], -1, "procurement_amount"),
    ("penalty", ["procurement_amount"], 1.5, "procurement_amount"),
    ("penalty", ["contract_amount"], "98", "contract_amount"),
    ("penalty", ["contract_amount"], ..., "contract_amount"),
    ("penalty", ["cap_ratio"], 1.5, "cap_ratio"),
    ("penalty", ["cap_ratio"], -0.1, "cap_ratio"),
    ("penalty", ["cap_ratio"], "20%", "cap_ratio"),
    ("penalty", ["cap_ratio"], True, "cap_ratio"),
    ("penalty", ["cap_ratio"], float("nan"), "cap_ratio"),
    ("penalty", ["findings"], ..., "findings"),
    ("penalty", ["findings"], {}, "findings"),
    ("penalty", ["findings", 0], [], "findings[0]"),
    ("penalty", ["findings", 0, "points"], -1, "findings[0].points"),
    ("penalty", ["findings", 0, "points"], 1.5, "findings[0].points"),
    ("penalty", ["findings", 0, "points"], ..., "findings[0].points"),
    ("penalty", ["findings", 0, "party"], "designer", "findings[0].party"),
    ("penalty", ["findings", 0, "party"], ..., "findings[0].party"),
    ("penalty", ["findings", 0, "code"], "", "findings[0].code"),
    ("penalty", ["findings", 0, "code"], 5, "findings[0].code"),
    ("penalty", ["findings", 0, "also_pcm"], 1, "findings[0].also_pcm"),
    ("penalty", ["findings", 0, "also_supervision"], "yes", "findings[0].also_supervision"),
    ("penalty", ["findings", 0, "supervision_points"], -1, "findings[0].supervision_points"),
    ("penalty", ["findings", 0, "pcm_points"], "1", "findings[0].pcm_points"),
    ("penalty", ["findings", 0, "severity"], "L", "findings[0].severity"),
    ("penalty", ["multipliers"], [], "multipliers"),
    ("penalty", ["multipliers"], [2], "multipliers"),
    ("penalty", ["multipliers", "5.01.01"], 0, "multipliers.5.01.01"),
    ("penalty", ["multipliers", "5.01.01"], 1.5, "multipliers.5.01.01"),
    ("penalty", ["multipliers", " "], 2, "multipliers"),
    ("penalty", ["multipliers", "50101"], 2, "multipliers.50101"),
    ("penalty", ["findings", 0, "code"], "\ud800", "findings[0].code"),
    ("penalty", ["findings", 0, "code"], "5\x00", "findings[0].code"),
    ("penalty", ["findings", 0, "points"], 2**53 + 1, "findings[0].points"),
    ("penalty", ["cap_ratio"], float("inf"), "cap_ratio"),
    ("penalty", ["cap_ratio"], Decimal("NaN"), "cap_ratio"),
    ("penalty", ["cap_ratio"], Decimal("1e-999999"), "cap_ratio"),
    ("penalty", ["cap_ratio"], Decimal("1e999999"), "cap_ratio"),
    ("penalty", ["rates"], {"designer": 1}, "rates"),
    ("penalty", ["rates"], {"pcm": -1}, "rates.pcm"),
    ("penalty", ["multiplier"], {}, "multiplier"),
    ("deadline", ["start"], ..., "start"),
    ("deadline", ["start"], "2024-02-30", "start"),
    ("deadline", ["start"], "113.02.07", "start"),
    ("deadline", ["start"], "20240207", "start"),
    ("deadline", ["start"], "2024-W06-3", "start"),
    ("deadline", ["start"], 20240207, "start"),
    ("deadline", ["start"], "9001-01-01", "start"),
    ("deadline", ["working_days"], ..., "working_days"),
    ("deadline", ["working_days"], -1, "working_days"),
    ("deadline", ["working_days"], 2001, "working_days"),
    ("deadline", ["working_days"], 7.5, "working_days"),
    ("deadline", ["working_days"], True, "working_days"),
    ("deadline", ["count_first_day"], 0, "count_first_day"),
    ("deadline", ["closures"], "2024-02-15", "closures"),
    ("deadline", ["closures"], ["x"], "closures[0]"),
    ("deadline", ["closure"], [], "closure"),
    ("quota", ["tenders"], ..., "tenders"),
    ("quota", ["tenders", 3], 60000000, "tenders[3]"),
    ("quota", ["tenders", 3, "budget"], -1, "tenders[3].budget"),
    ("quota", ["tenders", 3, "budget"], "6000", "tenders[3].budget"),
    ("quota", ["tenders", 3, "excluded"], None, "tenders[3].excluded"),
    ("quota", ["tenders", 3, "name"], "x", "tenders[3].name"),
    ("quota", ["done"], 1, "done"),
    ("quota", ["done", 0], -1, "done[0]"),
    ("quota", ["done", 0], "x", "done[0]"),
    ("quota", ["adjustments"], [{"from": None, "required": 1}], "adjustments[0].reason"),
    ("quota", ["adjustments"], [{"from": None, "required": 1, "reason": " "}], "adjustments[0].reason"),
    ("quota", ["adjustments"], [{"from": None, "required": -1, "reason": "x"}], "adjustments[0].required"),
    ("quota", ["adjustments"], [{"from": 7, "required": 1, "reason": "x"}], "adjustments[0].from"),
    ("quota", ["adjustments"], [{"from": None, "required": 1, "reason": "\ud800"}], "adjustments[0].reason"),
    ("quota", ["adjustments"], [{"from": "x", "required": 1, "reason": "x"}], "adjustments[0].from"),
]


@pytest.mark.parametrize(("kind", "path", "value", "field"), MALFORMED)
def test_malformed_cases_name_the_field(kind: str, path: list[Any], value: Any, field: str) -> None:
    case = broken(kind, path, value)
    with pytest.raises(CaseError) as caught:
        answer(kind, case)
    assert caught.value.field == field
    assert str(caught.value) == f"{field}：{caught.value.message}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", [None, [], "x", 1])
def test_a_case_must_be_an_object(case: Any) -> None:
    for kind in CASES:
        with pytest.raises(CaseError, match="物件"):
            answer(kind, case)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "case"),
        (b"{", "case"),
        (b'{"members": [80]} x', "case"),
        (b"\xff\xfe", "case"),
        (b"[" * 100_000, "case"),
        (b'{"members": [80], "members": [90]}', "members"),
        (b'{"tests": [{"kind": "safety", "kind": "safety"}]}', "kind"),
    ],
)
def test_a_text_that_is_no_case_is_told_in_one_line(content: bytes, field: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse(content)
    assert caught.value.field == field
    assert str(caught.value).isprintable()


def test_a_text_is_read_exactly() -> None:
    assert parse(b'\xef\xbb\xbf{"cap_ratio": 0.1}') == {"cap_ratio": Decimal("0.1")}
    assert parse(b"[1, -2, null, true]") == [1, -2, None, True]
    huge = b'{"members": [' + b"9" * 6000 + b"]}"
    with pytest.raises(CaseError) as caught:
        answer("grade", parse(huge))
    assert caught.value.field == "members[0]"


def test_a_name_that_is_no_line_is_told_in_one() -> None:
    for name in ("a\nb", "\ud800", "\x00"):
        with pytest.raises(CaseError) as caught:
            answer("grade", {name: 1})
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(("name", "field"), [("", "case"), (".", "."), (" ", " "), ("..x", "..x")])
def test_a_name_that_is_hardly_one_is_told_all_the_same(name: str, field: str) -> None:
    with pytest.raises(CaseError) as caught:
        answer("grade", {name: 1})
    assert caught.value.field == field
    with pytest.raises(CaseError) as caught:
        answer("grade", {"members": [80], "tests": [{name: 1}]})
    assert caught.value.field == f"tests[0].{name}"


def test_a_ratio_is_exact_to_the_dollar() -> None:
    """A tenth as a float is a little more than a tenth; nobody shall pay for that."""
    case = {**PENALTY, "contract_amount": 10, "cap_ratio": 0.1}
    assert answer("penalty", case)["contractor"]["amount"] == 1
    assert answer("penalty", {**case, "cap_ratio": Decimal("0.3")})["contractor"]["amount"] == 3
    assert answer("penalty", {**case, "cap_ratio": 0})["contractor"]["amount"] == 0
    assert answer("penalty", {**case, "cap_ratio": 1})["contractor"]["amount"] == 10


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.sampled_from(sorted(CASES)), st.data())
def test_anything_at_all_is_answered_or_refused_by_name(kind: str, data: st.DataObject) -> None:
    """A good case with any one part replaced by anything: an answer that is JSON, or one sentence with a field."""
    path = data.draw(st.sampled_from(list(paths(CASES[kind]))))
    case = broken(kind, path, data.draw(JSONS)) if path else data.draw(JSONS)
    told = ""
    try:
        json.dumps(answer(kind, case)).encode()
    except CaseError as error:
        told = str(error)
        named = error.field
    assert not told or (named and told.isprintable())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(CaseError, match="grade、penalty、deadline、quota"):
        answer("score", {})


def test_every_vector_of_a_case_is_a_case() -> None:
    for kind, name in (("penalty", "penalties"), ("deadline", "deadlines"), ("quota", "quotas")):
        for case in load(name):
            if case["expected"] != {"error": True}:
                assert answer(kind, case["input"])["reasons"], case["name"]
