"""Nobody's and each role's token over all of /api/v1: no 5xx, no answer of another shape (by hand: `dev.py fuzz`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.strangers.fuzzing import ROLES, stranger


@pytest.mark.parametrize("role", ROLES)
def test_no_address_breaks_its_own_specification(app: Any, db: Any, role: str) -> None:
    one = stranger(app, role)
    addresses = one.addresses()
    assert len(addresses) >= 12
    for method, path in addresses:
        for wrong in (False, True):
            one.tries(method, path, count=3, number=1, wrong=wrong)


def test_a_query_that_holds_what_no_address_may_hold_is_answered_as_specified(client: Any) -> None:
    """`%00` reaches no view: every operation with a query says that this is a 400."""
    paths = client.get("/api/v1/openapi.json").json["paths"]
    asked = [one for path in paths.values() for one in path.values() if isinstance(one, dict)]
    queries = [one for one in asked if any(each["in"] == "query" for each in one.get("parameters", []))]
    assert queries
    assert [one["summary"] for one in queries if "400" not in one["responses"]] == []
