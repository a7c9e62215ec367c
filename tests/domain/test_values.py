"""Dates, money, exact rounding, canonical JSON, reasons, editions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain import editions, money, roc
from inspect_app.domain.canonical import canonical, exact, sha256
from inspect_app.domain.reasons import Evidence, Source, because
from inspect_app.domain.rounding import decimal_text, half_up, mean
from tests.support.vectors import vectors


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except ValueError:
        return {"error": True}


def as_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("given_", "expected"), vectors("dates"))
def test_dates(given_: dict[str, str], expected: Any) -> None:
    if "parse" in given_:
        assert outcome(lambda: roc.parse_roc(given_["parse"]).isoformat()) == expected
    elif "date" in given_:
        day = date.fromisoformat(given_["date"])
        written = {"long": roc.format_date(day), "short": roc.short_date(day), "compact": roc.compact(day)}
        assert written == expected
    else:
        moment = as_moment(given_["moment"])
        assert {"date": roc.local_date(moment).isoformat(), "time": roc.format_time(moment)} == expected


@given(st.dates(date(1912, 1, 1), date(2111, 12, 31)))
def test_every_way_of_writing_a_date_reads_back(day: date) -> None:
    for text in (roc.format_date(day), roc.short_date(day)):
        assert roc.parse_roc(text) == day
    if day.year >= 1921:
        assert roc.parse_roc(roc.compact(day)) == day


def test_a_naive_moment_has_no_legal_date() -> None:
    with pytest.raises(ValueError):
        roc.local_date(datetime(2026, 1, 1))


def test_a_year_of_our_era_is_named_as_such() -> None:
    with pytest.raises(ValueError, match="西元年"):
        roc.parse_roc("2021/3/10")


@pytest.mark.parametrize(("given_", "expected"), vectors("money"))
def test_money(given_: dict[str, Any], expected: Any) -> None:
    if "thousands" in given_:
        assert outcome(lambda: money.from_thousands(given_["thousands"])) == expected
    else:
        amount = given_["amount"]
        assert {"money": money.format_money(amount), "thousands": money.to_thousands(amount)} == expected


@given(st.integers(0, 10**13))
def test_thousands_read_back_exactly(amount: int) -> None:
    assert money.from_thousands(money.to_thousands(amount)) == amount


@given(st.fractions(0, 1000))
def test_half_up_is_the_nearest_and_the_higher_of_two(value: Fraction) -> None:
    assert Fraction(-1, 2) < value - half_up(value) + 0 < Fraction(1, 2) or half_up(
        value
    ) - value == Fraction(1, 2)


def test_exact_texts() -> None:
    assert [decimal_text(Fraction(n, 3)) for n in (1, 2, 3, 4)] == ["0.33", "0.67", "1.00", "1.33"]
    assert [decimal_text(Fraction(n, 200)) for n in (1, 199)] == ["0.01", "1.00"]
    assert decimal_text(Fraction(1, 3), 1) == "0.3"
    assert mean([1, 2]) == Fraction(3, 2)
    with pytest.raises(ValueError):
        mean([])


def test_canonical_json() -> None:
    assert (
        canonical({"b": [1, True, None], "a": "蜂窩\n\u0001/", "": {}})
        == '{"":{},"a":"蜂窩\\n\\u0001/","b":[1,true,null]}'
    )
    assert canonical(("x", -0, 2**53)) == '["x",0,9007199254740992]'
    assert (
        exact([True, 1, 1.5, False, 0]) == "[true,1,1.5,false,0]"
    )  # true is not one: two contents, two hashes
    # RFC 8785 sorts by UTF-16 code units: U+1F6A7 (surrogates d83d ...) stands before U+FF10
    assert canonical({"\uff10": 1, "\U0001f6a7": 2}) == '{"\U0001f6a7":2,"\uff10":1}'
    assert sha256({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [1.0, 2**53 + 1, -(2**53) - 1, {1}, b"x", float("nan")])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical([value])


def test_a_reason_says_where_it_stands() -> None:
    law = because("x", "文字", Source("第7條", "2023-08-09"), n=1)
    assert law.as_dict() == {
        "rule": "x",
        "text": "文字",
        "source": "第7條",
        "edition": "2023-08-09",
        "evidence": "LAW",
        "figures": {"n": 1},
    }
    notes = {mark: because("x", "文字", Source("第7條", "2023-08-09", mark)).text for mark in Evidence}
    assert notes[Evidence.LAW] == notes[Evidence.SEC] == "文字"
    assert notes[Evidence.NV] == "文字（此項未經查證，為可調整的設定，自 112.08.09 起適用）"
    assert notes[Evidence.SYS] == "文字（此項依機關系統所見，為可調整的設定，自 112.08.09 起適用）"


@pytest.mark.parametrize(
    ("on", "edition", "degree"),
    [
        (date(2016, 1, 1), "2016", 3),
        (date(2019, 5, 23), "2016", 3),
        (date(2019, 5, 24), "2016", 2),
        (date(2023, 8, 8), "2016", 2),
        (date(2023, 8, 9), "2023-08-09", 2),
        (date(2030, 1, 1), "2023-08-09", 2),
    ],
)
def test_the_rules_in_force_on_a_day(on: date, edition: str, degree: int) -> None:
    rules = editions.in_force(on)
    assert (rules.id, rules.value("recusal_degree")) == (edition, degree)


def test_before_the_first_edition_there_are_no_rules() -> None:
    with pytest.raises(ValueError, match="2015-12-31"):
        editions.in_force(date(2015, 12, 31))


def test_editions_by_id() -> None:
    assert editions.ids() == ("2016", "2023-08-09")
    assert [editions.by_id(each).effective for each in editions.ids()] == [date(2016, 1, 1), date(2023, 8, 9)]
    assert editions.by_id("2016").source.evidence is Evidence.NV
    assert editions.by_id("2016").value("recusal_degree") == 3
    with pytest.raises(ValueError, match="2023-08-09"):
        editions.by_id("2099")


def test_rules_of_the_regulation_name_its_edition() -> None:
    rules = editions.by_id("2023-08-09")
    assert {
        name: rules.source_of(name).edition
        for name in ("grades", "forced_tests", "record_days", "quotas", "rates")
    } == {
        "grades": "2023-08-09",
        "forced_tests": "2023-08-09",
        "record_days": "2023-08-09",
        "quotas": "2023-08-09",
        "rates": "2012-05-17",
    }
    assert editions.by_id("2016").source_of("quotas").evidence is Evidence.NV


def test_a_city_s_own_value_leaves_the_shipped_rules_as_they_are() -> None:
    rules, own = editions.by_id("2016"), Source("本市補充規定", "2025-01-01", Evidence.SEC)
    city = rules.with_setting("record_days", 5, own)
    assert (city.value("record_days"), city.source_of("record_days")) == (5, own)
    assert (rules.value("record_days"), city.id) == (7, "2016")
    with pytest.raises(KeyError):
        rules.value("nonsense")
