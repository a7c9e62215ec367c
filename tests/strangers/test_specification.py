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
