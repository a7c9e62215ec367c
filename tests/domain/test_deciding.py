"""What waits for a decision, against the cases that TypeScript shares."""

from __future__ import annotations

from typing import Any

import pytest

from inspect_app.domain.operations import Withdrawn, fold, undecided, withdrawn
from tests.domain.test_fold import log_of, team_of
from tests.support.vectors import vectors


def told(item: Withdrawn) -> dict[str, Any]:
    return {
        "entity": item.kind, "id": item.entity_id, "by": item.by, "stamp": item.stamp, "unseen": list(item.unseen),
    }  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), vectors("deciding"))
def test_what_waits_for_a_decision(given: dict[str, Any], expected: dict[str, Any]) -> None:
    for log in (given["log"], given["log"][::-1]):
        state = fold(log_of(log), team_of(given["team"]))
        found = {
            "undecided": [list(item) for item in undecided(state)],
            "withdrawn": [told(item) for item in withdrawn(state)],
        }
        assert found == expected
