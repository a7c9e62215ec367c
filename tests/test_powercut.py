"""The power-cut trial says in one sentence why it cannot be tried."""

from __future__ import annotations

import os

import pytest

from tests.processes import powercut as server
from tests.support import loopdisk, powercut

pytestmark = pytest.mark.pure


def test_without_root_it_says_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for trial in (powercut, server):
        assert trial.main(["--count", "1"]) == 1
        assert capsys.readouterr().err.strip() == "A power-cut trial mounts file systems: run it as root."


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(loopdisk, "NEEDED", ("losetup-of-nowhere",))
    assert "losetup-of-nowhere" in (loopdisk.obstacle() or "")
