"""A real installation, founded as docs/operations.md says: `inspect-app run` in a new HOME."""

from __future__ import annotations

from typing import Any

from inspect_app import cli_serve, clock
from inspect_app.catalogue import queries


def test_the_first_start_brings_the_shipped_defect_table(app: Any, db: Any) -> None:
    for _ in range(2):  # every later start, too
        cli_serve.found(app)
    assert queries.edition_in_force(clock.today()).demo_mix
    assert len(queries.editions()) == 1
