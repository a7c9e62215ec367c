"""An operator finds every setting explained, and no setting that is not there."""

from __future__ import annotations

import os
import pwd
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


def test_the_table_of_settings_names_each() -> None:
    """Those of tests stand in the sentence below it; BIND and PUBLIC_URL, WORKERS and THREADS share a line."""
    chapter = (ROOT / "docs/operations.md").read_text().split("## ")[1]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", chapter)) - {PREFIX, "SSL_CERT_FILE"}
    assert named == {field.name.upper() for field in fields(Settings)}


def test_a_command_runs_with_the_services_settings_as_they_stand(tmp_path: Path) -> None:
    """An address holds what a shell would take for its own."""
    kept = tmp_path / "inspect-app.env"
    url = "s3://b?endpoint=http://h:1&key=k&secret=a$HOME+*`"
    kept.write_text(
        f'# INSPECT_APP_BIND=no\nINSPECT_APP_STORAGE_URL={url}\nINSPECT_APP_MAIL_FROM="a b <x@y>"\nPATH=/'
    )
    command = ["sh", str(ROOT / "deploy/as-service.sh"), "sh", "-c", "env | grep ^INSPECT_APP_ | sort; pwd"]
    user = pwd.getpwuid(os.getuid()).pw_name
    env = {"PATH": os.environ["PATH"], "SETTINGS": str(kept), "RUN_AS": user}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    told = ["INSPECT_APP_MAIL_FROM=a b <x@y>", f"INSPECT_APP_STORAGE_URL={url}", str(ROOT)]
    assert done.stdout.splitlines() == told


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy/README.md",
                                         *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/decisions").glob("*.md")]),
                         ids=lambda page: page.stem)  # fmt: skip
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_example_can_be_read_back() -> None:
    lines = (ROOT / "deploy/inspect-app.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line.startswith(PREFIX))
    settings = Settings.from_env(given)
    assert settings.secure_cookies
    assert settings.bind == "127.0.0.1:8000"


def test_compose_sets_only_settings_that_exist() -> None:
    named = set(re.findall(r"INSPECT_APP_([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text()))
    assert named <= {field.name.upper() for field in fields(Settings)}


UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))


def test_every_timer_is_enabled_where_a_newcomer_reads_and_starts_a_unit() -> None:
    """系統狀況 misses a backup and a check of the log after two days: something must run them."""
    timers = {path.stem for path in (ROOT / "deploy/systemd").glob("*.timer")}
    (line,) = re.findall(
        r"^systemctl enable --now (.*)$", (ROOT / "deploy/README.md").read_text(), re.MULTILINE
    )
    assert timers == {name.removesuffix(".timer") for name in line.split() if name.endswith(".timer")}
    assert timers <= {unit.stem for unit in UNITS}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_unit_keeps_the_data_folder_shut_and_may_write_the_folder_that_the_example_names(
    unit: Path,
) -> None:
    """systemd sets the folder's mode at every start, to 0755 where a unit names none: the nightly backup opened it so."""
    given = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line)
    assert (given["StateDirectory"], given["StateDirectoryMode"]) == ("inspect-app", "0700")
    example = (ROOT / "deploy/inspect-app.env.example").read_text()
    named = re.findall(r"INSPECT_APP_STORAGE_URL=file://(\S+)", example)
    assert {f"-{folder}" for folder in named} <= set(given["ReadWritePaths"].split())


@pytest.mark.parametrize(
    ("place", "says"), [("/api/v1/packages", "gzip off;"), ("/office/password/", "access_log off;")]
)
def test_nginx_neither_shortens_sealed_packages_nor_writes_down_letters_links(place: str, says: str) -> None:
    """Compressed, packages of one size are as long as what they tell; a link in a log sets a password."""
    server = (ROOT / "deploy/nginx/inspect-app.conf").read_text()
    block = re.search(rf"location {place} \{{(.*?)\}}", server, re.DOTALL)
    assert block is not None
    assert says in block[1]
    assert "proxy_pass http://inspect_app;" in block[1]


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
