"""An operator finds every setting explained, and no setting that is not there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from inspect_app.config import PREFIX, Settings
from tests.support.source import ROOT


def test_the_example_explains_every_setting() -> None:
    example = (ROOT / "deploy/inspect-app.env.example").read_text()
    explained = set(re.findall(r"^#?INSPECT_APP_([A-Z_]+)=", example, re.MULTILINE))
    assert explained == {field.name.upper() for field in fields(Settings)}


def test_the_example_can_be_read_back() -> None:
    lines = (ROOT / "deploy/inspect-app.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line.startswith(PREFIX))
    settings = Settings.from_env(given)
    assert settings.secure_cookies
    assert settings.bind == "127.0.0.1:8000"


def test_compose_sets_only_settings_that_exist() -> None:
    named = set(re.findall(r"INSPECT_APP_([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text()))
    assert named <= {field.name.upper() for field in fields(Settings)}


@pytest.fixture
def nightly(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """deploy/backup.sh over a stand-in for the command, which does what it is told by a line of shell ($1 is the folder)."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "deploy/backup.sh", tmp_path / "deploy/backup.sh")
    command = tmp_path / ".venv/bin/inspect-app"

    def run(does: str) -> subprocess.CompletedProcess[str]:
        command.write_text(f'#!/bin/sh\nset -e\nshift\nmkdir "$1"\n{does}\n')
        command.chmod(0o755)
        env = {"PATH": os.environ["PATH"], "BACKUPS": str(tmp_path / "kept"), "KEEP": "2"}
        script = ["sh", str(tmp_path / "deploy/backup.sh")]
        return subprocess.run(script, env=env, capture_output=True, text=True, check=False)

    return run


def test_a_night_without_room_leaves_nothing_that_takes_the_next_nights(nightly: Any, tmp_path: Path) -> None:
    assert nightly('dd if=/dev/zero of="$1/half" bs=1024 count=1; exit 1').returncode == 1
    assert list((tmp_path / "kept").iterdir()) == []


def test_one_that_tablets_may_have_been_told_of_stays(nightly: Any, tmp_path: Path) -> None:
    assert nightly('touch "$1/manifest.json"; exit 1').returncode == 1
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_older_ones_go_and_what_a_kill_left_of_them_too(nightly: Any, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name in (
        "20200101T000000Z.unfinished",
        "20200102T000000Z",
        "20200103T000000Z",
        "20200104T000000Z.unfinished",
        "notes",
    ):
        (kept / name).mkdir(parents=True)
    assert nightly('touch "$1/manifest.json"').returncode == 0
    assert len(names := sorted(path.name for path in kept.iterdir())) == 4
    assert {"20200103T000000Z", "20200104T000000Z.unfinished", "notes"} <= set(names)
