"""One thing has one name: the tablet, the office and the record call the log's codes alike (`tests/vectors/words.json`)."""

from __future__ import annotations

import pytest

from inspect_app.domain.editions import by_id
from inspect_app.domain.operations.fields import ENTITIES
from inspect_app.office.record_words import FIELDS, KINDS, UNSAID
from inspect_app.reports import words
from tests.support.vectors import vectors

TABLES = {
    "severity": words.SEVERITY, "party": words.PARTY, "kind": words.KIND_OF_FINDING, "aspect": words.ASPECT, "use": words.USE,
    "test": words.TEST, "judgement": words.JUDGEMENT, "attendance": words.ATTENDANCE, "entity": KINDS, "field": FIELDS,
}  # fmt: skip
REFERENCES = {"photo", "operation"}  # ids of other rows: shown as what they are of


@pytest.mark.parametrize(("codes", "names"), vectors("words"))
def test_a_code_is_called_as_on_the_tablet(
    codes: list[str], names: list[str], request: pytest.FixtureRequest
) -> None:
    assert TABLES[request.node.callspec.id] == dict(zip(codes, names, strict=True))


def test_every_field_that_is_shown_has_a_word() -> None:
    shown = {name for kind in ENTITIES.values() for name in kind} - set(UNSAID) - REFERENCES
    assert shown <= set(FIELDS)
    assert set(KINDS) == set(ENTITIES)


def test_a_judgement_is_called_as_in_the_rule_that_makes_a_c_of_it() -> None:
    assert by_id("2023-08-09").value("forced_judgements")["kinds"] == words.JUDGEMENT
