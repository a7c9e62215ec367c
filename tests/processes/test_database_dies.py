"""PostgreSQL is killed under a running server: nothing is lost or doubled, and it goes on by itself; the long form is a verb."""

from __future__ import annotations

import pytest

from tests.processes.database import campaign, reachable_folder

KILLS = 2


@pytest.mark.pure
@pytest.mark.timeout(600)
def test_a_database_that_dies_loses_nothing_and_is_found_again() -> None:
    with reachable_folder() as folder:
        outcome = campaign(folder, KILLS, seed=3)
    assert outcome.faults == []
    assert outcome.kills["database"] == KILLS
