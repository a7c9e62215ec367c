"""The defect table: alternatives, search as inspectors speak, codes, ranges, imported rows, comparison."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.catalogue import (
    Block,
    Edition,
    Kind,
    PointRange,
    alternatives,
    block_of,
    check_rows,
    compare,
    demo_edition,
    normalise_code,
    parse_range,
    phrases,
    search,
    sentence,
    short,
)
from tests.support.vectors import load, vectors

BOXED = [row for row in demo_edition().rows if "□" in row.text]


def outcome(run: Callable[[], Any]) -> Any:
    """What a call gives, in the form of the vectors; a ValueError is {"error": true}."""
    try:
        return run()
    except ValueError:
        return {"error": True}


@pytest.mark.parametrize(("given_", "expected"), vectors("alternatives"))
def test_alternatives(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    parts = alternatives(given_["text"])
    assert parts.lead == expected["lead"]
    assert [option.text for option in parts.options] == expected["options"]
    assert sentence(given_["text"], given_["ticks"]) == expected["sentence"]
    assert short(given_["text"]) == expected["short"]
    assert parts.rebuild() == given_["text"]


def test_the_shipped_table_has_252_rows_with_alternatives() -> None:
    assert len(BOXED) == 252


@pytest.mark.parametrize("row", BOXED, ids=lambda row: row.code)
def test_every_row_with_alternatives_parses_and_rebuilds(row: Any) -> None:
    parts = alternatives(row.text)
    assert parts.rebuild() == row.text
    assert all(option.text for option in parts.options)
    for index, option in enumerate(parts.options):
        assert option.text in sentence(row.text, {index})
        assert "□" not in sentence(row.text, {index})
    whole = sentence(row.text, range(len(parts.options)))
    assert all(option.text in whole for option in parts.options)
    assert len(short(row.text)) <= 24 + len("等12項")


@given(st.text("□，或；未乙丙 、。", max_size=30))
def test_any_text_rebuilds(text: str) -> None:
    assert alternatives(text).rebuild() == text


@pytest.mark.parametrize(("given_", "expected"), vectors("search"))
def test_search(given_: dict[str, Any], expected: str) -> None:
    assert expected in [row.code for row in search(demo_edition(), given_["query"], phrases(), limit=5)]


@pytest.mark.parametrize(("given_", "expected"), vectors("table"))
def test_every_row_of_the_printed_table(given_: dict[str, str], expected: dict[str, Any]) -> None:
    row = demo_edition().by_code[given_["code"]]
    found = [row.range.low, row.range.high, row.range.either] if row.range else None
    parts = alternatives(row.text)
    assert {"kind": row.kind, "parent": row.parent, "range": found, "ticks": len(parts.options)} == expected
    assert parts.rebuild() == row.text


@pytest.mark.parametrize(("given_", "expected"), vectors("search_order"))
def test_search_order(given_: dict[str, str], expected: list[str]) -> None:
    found = [row.code for row in search(demo_edition(), given_["query"], phrases())]
    assert found[: len(expected)] == expected
    assert expected or not found


def test_forty_phrases_stand_in_the_vectors() -> None:
    assert sum(case["name"].startswith("phrase ") for case in load("search")) == 40


def test_a_typed_code_stands_first_and_its_children_follow() -> None:
    found = [row.code for row in search(demo_edition(), "4.03.04")]
    assert found[:3] == ["4.03.04", "4.03.04.01", "4.03.04.02"]
    assert search(demo_edition(), "5.01", limit=3)[0].code == "5.01"
    assert [row.code for row in search(demo_edition(), "5011")] == []
    assert [row.code for row in search(demo_edition(), "50110")] == []
    assert [row.code for row in search(demo_edition(), "501 0")][:2] == ["5.01.01", "5.01.02"]


def test_nothing_typed_finds_nothing() -> None:
    for query in ("", "  ", "ㄅㄆㄇㄈ", "zzz", "龘龘"):
        assert search(demo_edition(), query, phrases()) == []


def test_leaves_stand_before_headings() -> None:
    found = search(demo_edition(), "混凝土施工", (), limit=50)
    kinds = [row.kind for row in found if row.text in ("混凝土施工", "其他混凝土施工缺失：")]
    assert kinds == [Kind.LEAF, Kind.HEADING]


def test_every_phrase_finds_its_codes_and_reads_as_many_syllables_as_it_has_characters() -> None:
    table = demo_edition()
    for phrase in phrases():
        assert len(phrase.zhuyin) == len(phrase.text), phrase.text
        assert all(code in table.by_code for code in phrase.codes), phrase.text
        assert phrase.codes[0] in [row.code for row in search(table, phrase.text, phrases(), 5)], phrase.text


@pytest.mark.parametrize(("given_", "expected"), vectors("codes"))
def test_codes(given_: dict[str, Any], expected: str | None) -> None:
    assert normalise_code(given_["typed"]) == expected


def test_every_code_is_found_however_it_is_typed() -> None:
    for code in demo_edition().by_code:
        first, *pairs = code.split(".")
        spaced = " ".join([first, *(str(int(pair)) for pair in pairs)])
        assert normalise_code(code) == normalise_code(code.replace(".", "")) == normalise_code(spaced) == code


@pytest.mark.parametrize(("given_", "expected"), vectors("ranges"))
def test_ranges(given_: dict[str, Any], expected: Any) -> None:
    def parsed() -> Any:
        found = parse_range(given_["text"])
        return None if found is None else [found.low, found.high, found.either]

    assert outcome(parsed) == expected


def test_a_range_holds_its_ends_and_reads_back() -> None:
    two_to_four = PointRange(2, 4)
    assert [points in two_to_four for points in (1, 2, 3, 4, 5)] == [False, True, True, True, False]
    for value in (two_to_four, PointRange(1, 2, either=True)):
        assert parse_range(str(value)) == value
    assert str(PointRange(2, 4, either=True)) == "[±2,±4]"


@pytest.mark.parametrize(("given_", "expected"), vectors("catalogue"))
def test_imported_rows(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    checked = check_rows(given_["rows"])
    assert [[fault.row, fault.field] for fault in checked.faults] == expected["faults"]
    assert [row.code for row in checked.rows] == expected["codes"]
    assert all(fault.message for fault in checked.faults)


def test_kinds_parents_and_ranges_are_taken() -> None:
    rows = [
        {"code": "5", "text": "施工品質"},
        {"code": "501", "text": "混凝土", "range": "[-1,-2]", "note": "n"},
    ]
    heading, leaf = check_rows(rows).rows
    assert (heading.kind, heading.parent, heading.range) == (Kind.HEADING, "", None)
    assert (leaf.kind, leaf.parent, leaf.range, leaf.note) == (Kind.LEAF, "5", PointRange(1, 2), "n")
    assert leaf.as_dict() == {
        "code": "5.01",
        "parent": "5",
        "kind": "leaf",
        "text": "混凝土",
        "range": "[-1,-2]",
    }
    assert check_rows([{"code": "5", "text": "x", "kind": "heading"}]).rows[0].kind is Kind.HEADING


def edition(rows: list[dict[str, str]]) -> Edition:
    return Edition("t", "t", date(2024, 1, 1), check_rows(rows).rows)


@pytest.mark.parametrize(("given_", "expected"), vectors("comparison"))
def test_comparison(given_: dict[str, Any], expected: dict[str, list[str]]) -> None:
    difference = compare(edition(given_["old"]), edition(given_["new"]))
    assert [row.code for row in difference.added] == expected["added"]
    assert [row.code for row in difference.removed] == expected["removed"]
    assert [new.code for _, new in difference.reworded] == expected["reworded"]
    assert [new.code for _, new in difference.other_range] == expected["other_range"]


def test_the_shipped_table_is_whole_and_never_called_official() -> None:
    table = demo_edition()
    kinds = [row.kind for row in table.rows]
    assert (len(table.rows), kinds.count(Kind.LEAF), kinds.count(Kind.HEADING)) == (779, 665, 114)
    assert (table.label, table.demo) == ("示範混合版", True)
    assert [row.code for row in table.children("5.01")] == [f"5.01.0{n}" for n in range(1, 9)] + ["5.01.99"]
    assert [row.code for row in table.children("")] == ["0", "4", "5", "6", "7", "8"]


def test_the_hash_of_an_edition_is_its_content() -> None:
    rows = [{"code": "5", "text": "a"}, {"code": "6", "text": "b"}]
    assert edition(rows).hash == edition(rows[::-1]).hash
    assert edition(rows).hash != edition([{"code": "5", "text": "a"}, {"code": "6", "text": "c"}]).hash
    assert (
        edition(rows).hash
        != edition([{"code": "5", "text": "a"}, {"code": "6", "text": "b", "range": "-1"}]).hash
    )


@pytest.mark.parametrize(("given_", "expected"), vectors("blocks"))
def test_blocks(given_: dict[str, str], expected: str | None) -> None:
    assert block_of(given_["code"]) == (Block(expected) if expected else None)


def test_every_row_has_a_block() -> None:
    assert all(row.block is not None for row in demo_edition().rows)
