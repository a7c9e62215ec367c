"""Points and money."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.case_text import CaseError
from inspect_app.domain.cases import answer
from inspect_app.domain.catalogue import demo_edition
from inspect_app.domain.editions import by_id
from inspect_app.domain.penalties import PARTY_LABELS, Charge, Contract, Party, cap, penalties, points_of
from tests.support.vectors import vectors

RULES = by_id("2023-08-09")


@pytest.mark.parametrize(("given_", "expected"), vectors("penalties"))
def test_penalties(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    if expected == {"error": True}:
        with pytest.raises(CaseError):
            answer("penalty", given_)
        return
    found = answer("penalty", given_)
    for party in Party:
        assert {name: found[party][name] for name in expected[party]} == expected[party], party
    assert [warning["figures"]["code"] for warning in found["warnings"]] == expected["warnings"]


@pytest.mark.parametrize(("given_", "expected"), vectors("lines"))
def test_lines(given_: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert answer("penalty", given_)["contractor"]["lines"] == expected


CHARGES = st.builds(
    Charge,
    code=st.sampled_from(["5.01.01", "4.03.04", "9.99"]),
    party=st.sampled_from(Party),
    points=st.integers(0, 20),
    also_supervision=st.booleans(),
    also_pcm=st.booleans(),
    supervision_points=st.none() | st.integers(0, 20),
    pcm_points=st.none() | st.integers(0, 20),
)
CONTRACTS = st.builds(
    Contract,
    procurement_amount=st.integers(0, 10**9),
    amounts=st.dictionaries(st.sampled_from(Party), st.integers(0, 10**6)),
    cap_ratio=st.none() | st.fractions(0, 1),
    multipliers=st.dictionaries(st.sampled_from(["5.01.01", "4.03.04"]), st.integers(1, 3)),
    rates=st.dictionaries(st.sampled_from(Party), st.integers(0, 10**4)),
)


@given(st.lists(CHARGES, max_size=8), CONTRACTS)
def test_statements_sum_to_their_lines(charges: list[Charge], contract: Contract) -> None:
    found = penalties(charges, contract, RULES)
    for party, statement in found.statements.items():
        charged = [line for line in statement.lines if line.code is not None]
        assert statement.points == sum(line.points for line in statement.lines)
        assert statement.amount == sum(line.amount for line in statement.lines)
        assert all(line.points == line.base_points * line.multiplier for line in charged)
        assert all(line.amount == line.points * statement.rate for line in charged)
        limit = cap(party, contract)
        assert limit is None or statement.amount <= limit
        assert statement.capped == (len(charged) < len(statement.lines))
        assert 0 <= statement.amount <= statement.points * statement.rate
        assert len(charged) == sum(points_of(charge, party) is not None for charge in charges)
    assert found.statements[Party.OWNER].amount == 0


@given(st.lists(CHARGES, max_size=6), CONTRACTS, st.randoms(use_true_random=False))
def test_the_order_of_findings_changes_no_sum(charges: list[Charge], contract: Contract, chance: Any) -> None:
    found = penalties(charges, contract, RULES).statements
    again = penalties(chance.sample(charges, len(charges)), contract, RULES).statements
    assert [(each.points, each.amount) for each in found.values()] == [
        (each.points, each.amount) for each in again.values()
    ]


def rules_told(charges: list[Charge], contract: Contract) -> list[tuple[str, str]]:
    return [(reason.rule, reason.text) for reason in penalties(charges, contract, RULES).reasons]


def test_every_step_is_explained() -> None:
    charge = Charge("5.01.01", Party.CONTRACTOR, 3, also_supervision=True, also_pcm=True, pcm_points=1)
    contract = Contract(
        120_000_000,
        {Party.CONTRACTOR: 100_000},
        Fraction(1, 8),
        {"5.01.01": 2, "4.03.04": 2, "5.02.05": 1},
        {Party.PCM: 900},
    )
    assert rules_told([charge], contract) == [
        (
            "penalty.rate",
            "採購金額 NT$ 120,000,000 屬查核金額以上未達巨額：承攬廠商每點 NT$ 4,000，監造單位 NT$ 1,000，專案管理廠商 NT$ 1,000",
        ),
        ("penalty.contract_rate", "契約約定專案管理廠商每點 NT$ 900"),
        ("penalty.multiplier", "契約約定缺失 5.01.01 對承攬廠商以 2 倍計點"),
        ("penalty.also", "5.01.01 併扣監造單位 3 點，依該對象每點金額計"),
        ("penalty.also", "5.01.01 併扣專案管理廠商 1 點，依該對象每點金額計"),
        ("penalty.cap", "承攬廠商以契約金額 NT$ 100,000 的 12.5%為上限，計 NT$ 12,500"),
        ("penalty.owner", "主辦機關的扣點只列示，不計金額"),
    ]
    reason = penalties([charge], contract, RULES).reasons[0]
    assert reason.figures == {"procurement_amount": 120_000_000, "band_from": 50_000_000}
    assert (reason.source.edition, reason.source.evidence.value) == ("2012-05-17", "SEC")
    sources = {each.rule: each.source for each in penalties([charge], contract, RULES).reasons}
    own = {"penalty.contract_rate", "penalty.multiplier", "penalty.cap"}
    assert {(sources[rule].article, sources[rule].edition) for rule in own} == {("契約約定", "")}
    assert (sources["penalty.also"].article, sources["penalty.also"].edition) == ("缺失紀錄表的併扣欄位", "")


def test_a_round_share_is_written_without_decimals() -> None:
    contract = Contract(60_000_000, {Party.CONTRACTOR: 100}, Fraction(1, 5))
    reason = penalties([Charge("5.01.01", Party.CONTRACTOR, 3)], contract, RULES).reasons[1]
    assert reason.text == "承攬廠商以契約金額 NT$ 100 的 20%為上限，計 NT$ 20"


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(Fraction(1, 10), "10%"), (Fraction(1), "100%"), (Fraction(1, 80), "1.25%"), (Fraction(1, 200), "0.5%")],
)
def test_shares_are_written_without_needless_zeros(ratio: Fraction, told: str) -> None:
    contract = Contract(60_000_000, {Party.CONTRACTOR: 100}, ratio)
    text = penalties([Charge("5.01.01", Party.CONTRACTOR, 3)], contract, RULES).reasons[1].text
    assert f"NT$ 100 的 {told}為上限" in text


def test_the_lines_read_as_a_sum() -> None:
    charges = [Charge("5.01.01", Party.CONTRACTOR, 3), Charge("5.02.05", Party.CONTRACTOR, 2)]
    contract = Contract(60_000_000, {Party.CONTRACTOR: 100_000}, Fraction(1, 5), {"5.01.01": 2})
    lines = penalties(charges, contract, RULES).statements[Party.CONTRACTOR].lines
    assert [
        (line.code, line.text, line.base_points, line.multiplier, line.points, line.amount) for line in lines
    ] == [
        ("5.01.01", "5.01.01：3 點 × 2 倍 × NT$ 4,000 = NT$ 24,000", 3, 2, 6, 24_000),
        ("5.02.05", "5.02.05：2 點 × NT$ 4,000 = NT$ 8,000", 2, 1, 2, 8_000),
        (None, "超過上限 NT$ 20,000 的部分不計", 0, 1, 0, -12_000),
    ]


def test_also_charged_to_the_party_itself_is_not_explained_twice() -> None:
    told = rules_told([Charge("4.02.01", Party.SUPERVISION, 2, also_supervision=True)], Contract(1))
    assert [rule for rule, _ in told] == ["penalty.rate", "penalty.owner"]
    multiplied = rules_told(
        [Charge("5.01.01", Party.SUPERVISION, 2)], Contract(1, multipliers={"5.01.01": 2})
    )
    assert [rule for rule, _ in multiplied] == ["penalty.rate", "penalty.owner"]


def test_warnings_name_code_and_range() -> None:
    charges = [Charge("5.01.01", Party.CONTRACTOR, 9), Charge("5.77", Party.CONTRACTOR, 1)]
    outside, unknown = penalties(charges, Contract(1), RULES, demo_edition()).warnings
    assert (
        outside.text
        == f"5.01.01 扣 9 點，不在印出的範圍 {demo_edition().by_code['5.01.01'].range} 內，請確認"
    )
    assert outside.figures == {"code": "5.01.01", "points": 9}
    assert unknown.text == "缺失編號 5.77 不在所用的目錄中，請查對"
    assert (outside.rule, outside.source.article, outside.source.edition) == (
        "penalty.range",
        "缺失編號表的扣點範圍，只作提示",
        "",
    )
    assert penalties(charges, Contract(1), RULES).warnings == ()


@pytest.mark.parametrize(
    "charge",
    [
        Charge("5.01.01", Party.CONTRACTOR, -1),
        Charge("5.01.01", Party.CONTRACTOR, 1, supervision_points=-1),
        Charge("5.01.01", Party.CONTRACTOR, 1, pcm_points=-1),
    ],
)
def test_negative_points_are_refused(charge: Charge) -> None:
    with pytest.raises(ValueError, match=r"^5\.01\.01 的扣點 -1 是負數，扣點不可為負$"):
        penalties([charge], Contract(1), RULES)


def test_a_negative_procurement_amount_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^採購金額不可為負$"):
        penalties([], Contract(-1), RULES)


def test_every_party_has_a_name() -> None:
    assert list(PARTY_LABELS.items()) == [
        (Party.OWNER, "主辦機關"),
        (Party.CONTRACTOR, "承攬廠商"),
        (Party.SUPERVISION, "監造單位"),
        (Party.PCM, "專案管理廠商"),
    ]
