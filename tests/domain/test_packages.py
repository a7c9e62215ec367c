"""Deltas of packages: the shared cases, and for any two packages that the change leads from one to the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain import packages
from inspect_app.domain.canonical import exact
from tests.support.vectors import vectors

NAMES = st.sampled_from("abc") | st.text(alphabet="ab/é𠮷", max_size=3)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
PACKAGES = st.dictionaries(st.sampled_from(("version", "visit", "tender", "history", "filling")), VALUES)


@pytest.mark.parametrize(("given_", "expected"), vectors("packages"))
def test_the_shared_cases(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    held, package = given_["held"], given_["package"]
    delta = packages.changes(packages.marks(held), package)
    assert {"marks": packages.marks(held), **delta} == expected
    assert exact(packages.applied(held, delta)) == exact(package)


@given(PACKAGES, PACKAGES)
def test_the_change_between_any_two_leads_from_one_to_the_other(
    held: dict[str, Any], package: dict[str, Any]
) -> None:
    before = json.dumps(held)
    sent = json.loads(json.dumps(packages.changes(packages.marks(held), package)))
    assert exact(packages.applied(held, sent)) == exact(package)
    assert json.dumps(held) == before


@given(PACKAGES, PACKAGES)
def test_only_what_differs_travels_and_nothing_held_brings_the_whole(
    held: dict[str, Any], package: dict[str, Any]
) -> None:
    delta = packages.changes(packages.marks(held), package)
    same = packages.parts(held)
    assert all(name not in same or exact(same[name]) != exact(value) for name, value in delta["set"].items())
    assert packages.changes(packages.marks(package), package)["set"] == {}
    assert packages.changes({}, package)["set"] == packages.parts(package)
    assert exact(packages.package_of(packages.parts(package))) == exact(package)


@given(PACKAGES, PACKAGES, PACKAGES)
def test_a_change_that_is_put_on_another_package_is_noticed(
    held: dict[str, Any], package: dict[str, Any], other: dict[str, Any]
) -> None:
    delta = packages.changes(packages.marks(held), package)
    try:
        result = packages.applied(other, delta)
    except ValueError:
        return
    assert exact(result) == exact(package)


def test_a_change_that_lost_a_part_or_asks_for_one_place_twice_is_refused() -> None:
    held, package = {"a": 1, "tender": {}}, {"a": 2, "tender": {"name": "橋"}}
    delta = packages.changes(packages.marks(held), package)
    for broken in ({**delta, "set": {"a": 2}}, {**delta, "drop": []}, {**delta, "hash": "0" * 64}):
        with pytest.raises(ValueError):
            packages.applied(held, broken)
