"""Operations at the edge: the fast text is the canonical one, and nothing that cannot be read is guessed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.canonical import canonical
from inspect_app.domain.operations import Operation, Team, as_dict, content_hash, validate
from inspect_app.inspections.incoming import read
from inspect_app.inspections.state import operation_of
from tests.support.tablet import Tablet

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts, st.lists(st.integers(0, 99), max_size=3)
)
fields = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=8), values, max_size=5
)


TEAM = Team(leader="01900000-0000-7000-8000-000000000001")


class Somebody:
    id = "01900000-0000-7000-8000-000000000001"


def an_operation(set_: dict[str, object]) -> dict[str, object]:
    tablet = Tablet(None, Somebody(), "01900000-0000-7000-8000-000000000002", {"Authorization": "none"})
    return tablet.operation("finding", tablet.device, set_)


@given(fields)
def test_kept_text_and_hash_are_the_domains_own(set_: dict[str, object]) -> None:
    sent = an_operation(set_)
    item = read(json.dumps(sent).encode())
    assert item is not None
    assert item.body == canonical(as_dict(Operation.from_dict(sent)))
    assert (
        item.content_hash == content_hash(Operation.from_dict(sent)) == content_hash(operation_of(item.body))
    )


@pytest.mark.parametrize("number", ["1.5", "18446744073709551616", "-1180591620717411303424", "1e400"])
def test_numbers_without_a_canonical_form_are_kept_and_never_taken_for_others(number: str) -> None:
    raw = json.dumps(an_operation({"text": "x"})).replace('"x"', number).encode()
    item = read(raw)
    assert item is not None
    assert item.operation is None or validate(item.operation, TEAM) == "bad_value"
    assert number in item.body or item.operation is not None


@given(st.binary(max_size=60))
def test_noise_is_never_an_operation(noise: bytes) -> None:
    assert read(noise) is None
