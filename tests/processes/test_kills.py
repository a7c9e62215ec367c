"""The server's processes are killed at named places and at random while tablets pour through a bad line (fault 30)."""

from __future__ import annotations

import json

import pytest

from inspect_app.audit import chaining
from inspect_app.failpoints import NAMES
from tests.processes.city import Ground

KILLS = 50


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_over_fifty_kills(field: Ground) -> None:
    outcome = field.campaign().run(KILLS)
    assert outcome.faults == []
    assert sum(outcome.kills.values()) == KILLS
    assert set(NAMES) <= set(outcome.kills), "a named place was not reached"
    assert min(field.ledger.figures.values()) > 0
    chain_verifies(field)


def chain_verifies(field: Ground) -> None:
    """What the killed processes left of the audit log takes its place in the chain and verifies to the last line."""
    chained = chaining.chain_waiting()
    verified = field.server.command("audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    report = json.loads(verified.stdout)
    assert (report["ok"], report["waiting"]) == (True, 0)
    assert report["lines"] >= chained > 0
    assert report["photos"] > 0
