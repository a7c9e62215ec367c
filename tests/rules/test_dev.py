"""The one script: its verbs, what it does about a missing browser, what a second start does, its closing lines."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dev
from tests.e2e import screens
from tests.support.source import ROOT
from tools import browser, install, lint, serve, testing
from tools.machine import Failed

NAMED = ("install", "run", "test", "lint", "build", "e2e", "bench", "lock")
JUNIT = '<testsuites><testsuite tests="5" failures="1" errors="0" skipped="{}"/></testsuites>'


def test_it_explains_each_verb(capsys: Any) -> None:
    assert dev.main([]) == 0
    told = capsys.readouterr().out
    for verb in NAMED:
        assert f"python3 dev.py {verb:<8} " in told
    assert all(text.strip() for _, text in dev.VERBS.values())
    assert dev.main(["dance"]) == 2
    assert "Unknown verb 'dance'" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(set(dev.VERBS) - dev.PARSES))
def test_asking_what_a_verb_does_does_nothing(
    verb: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begins(arguments: list[str]) -> int:
        raise AssertionError

    monkeypatch.setitem(dev.VERBS, verb, (begins, dev.VERBS[verb][1]))
    assert dev.main([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"python3 dev.py {verb}: {dev.VERBS[verb][1]}")


def test_a_submission_passes_lint_and_test() -> None:
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert lines[-2:] == ["python3 dev.py lint", "python3 dev.py test"]


def test_lint_calls_every_checker() -> None:
    called = {**lint.python_checks(False), **lint.web_checks(False)}
    assert set(called) == {
        "ruff check", "ruff format", "mypy", "import-linter", "bandit", "biome", "vue-tsc",
    }  # fmt: skip
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    assert all(one["exhaustive"] for one in settings["importlinter"]["contracts"])
    assert settings["mypy"]["strict"]


def test_pictures_are_made_in_the_sizes_of_the_look() -> None:
    assert set(screens.SIZES.values()) == {(768, 1024), (1024, 768), (1366, 768), (390, 844), (1440, 900)}


def test_colours_stand_in_the_one_file_of_tokens() -> None:
    styles = {path for path in (ROOT / "static/src").rglob("*") if path.suffix in (".css", ".vue")}
    tokens = ROOT / "static/src/tokens.css"
    colour = re.compile(r"[:\s(,](#[0-9a-f]{3,8}\b|(?:rgb|hsl|oklch)a?\()", re.IGNORECASE)
    loose = {
        f"{path.relative_to(ROOT)}: {found[1]}"
        for path in styles - {tokens}
        for found in colour.finditer(path.read_text("utf-8"))
    }
    assert loose == set()
    assert '@import "../tokens.css"' in (ROOT / "static/src/office/office.css").read_text("utf-8")
    assert "import './tokens.css'" in (ROOT / "static/src/main.ts").read_text("utf-8")


def test_a_run_closes_with_a_line_for_each_real_part_then_the_total(capsys: Any) -> None:
    names = ["interface", *(part.name for part in testing.PARTS)]
    assert testing.close({name: testing.Count(2, 0) for name in names}) == 0
    assert capsys.readouterr().out.split("\n")[-7:-1] == [
        "sqlite: 2 passed", "postgres: 2 passed", "s3: 2 passed", "mail: 2 passed", "browser: 2 passed", "14 passed, 0 failed",
    ]  # fmt: skip
    assert testing.close({"sqlite": testing.Count(2, 1)}) == 1
    assert testing.close({}) == 1, "nothing at all is no success"


def test_what_is_skipped_or_never_ran_is_a_failure(tmp_path: Path) -> None:
    told = tmp_path / "result.xml"
    told.write_text(JUNIT.format(2))
    assert testing.read_junit(told, 1) == testing.Count(2, 3)
    told.write_text('<testsuites><testsuite tests="3" failures="0" errors="0" skipped="0"/></testsuites>')
    assert testing.read_junit(told, 0) == testing.Count(3, 0)
    assert testing.read_junit(tmp_path / "none.xml", 0) == testing.Count(0, 1)


class Machine:
    """A machine that has some programs; what is asked of its package manager is written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *programs: str, works: bool = True) -> None:
        self.programs, self.works, self.asked = set(programs), works, list[list[str]]()
        monkeypatch.setattr(
            shutil, "which", lambda name: f"/usr/bin/{name}" if name in self.programs else None
        )
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if command[0] == "fc-list":
            return subprocess.CompletedProcess(command, 0, stdout="Noto Sans CJK TC\n")
        self.asked.append(command)
        if self.works and "install" in command:
            self.programs |= {"chromium", "fc-list"}
        return subprocess.CompletedProcess(command, 0 if self.works else 1, stdout="")


def test_a_missing_browser_is_installed_where_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, "apt-get")
    monkeypatch.setattr(browser, "as_root", list)
    browser.ensure_browser()
    assert machine.asked[-1][-2:] == ["chromium", "fonts-noto-cjk"]
    machine.asked.clear()
    browser.ensure_browser()
    assert machine.asked == [], "what is there is not installed again"


@pytest.mark.parametrize("case", ["not root", "no package manager", "no network"])
def test_where_it_cannot_be_installed_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, case: str
) -> None:
    Machine(monkeypatch, *([] if case == "no package manager" else ["apt-get"]), works=case != "no network")
    monkeypatch.setattr(browser, "as_root", lambda: None if case == "not root" else [])
    with pytest.raises(Failed) as failed:
        browser.ensure_browser()
    assert failed.value.code == 1
    assert capsys.readouterr().err.strip() == browser.SENTENCE


def test_a_new_folder_gets_the_city_and_one_in_use_the_newest_schema(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[str] = []
    monkeypatch.setattr(serve, "must", lambda command, sentence: done.append(command[-1]))
    home = tmp_path / "instance"
    serve.prepare(home)
    assert done == ["demo"]
    (home / "inspect.sqlite3").touch()
    serve.prepare(home)
    assert done == ["demo", "migrate"]
    (home / "demo.unfinished").touch()
    serve.prepare(home)
    assert done == ["demo", "migrate", "demo"], "a city that was cut off is loaded anew"


def test_a_second_start_installs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the stamps stand for the locks and the source, no installer and no build is called."""
    called: list[Any] = []
    monkeypatch.setattr(install, "must", lambda command, *_, **__: called.append(command))
    monkeypatch.setattr(install, "is_stamped", lambda *_: True)
    install.install_locked("runtime")
    install.install_node_packages()
    install.build(False)
    assert called == []
