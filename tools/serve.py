"""`dev.py run`: the whole product on the embedded default (SQLite, local folder), web and jobs together."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.install import set_up
from tools.machine import ROOT, environment, must, tool


def main(arguments: list[str]) -> int:
    """INSPECT_APP_BIND (host:port) and INSPECT_APP_HOME (data folder, default `instance`) are respected."""
    set_up("runtime")
    os.chdir(ROOT)
    prepare(Path(os.environ.get("INSPECT_APP_HOME") or "instance"))
    command = [tool("inspect-app"), "run", *arguments]
    if os.name == "posix":
        os.execve(command[0], command, environment())
    must(command, "The server stopped with an error.")
    return 0


def prepare(home: Path) -> None:
    """A new data folder gets the demo city; one that is in use gets the newest schema and nothing else."""
    unfinished = home / "demo.unfinished"
    if home.is_dir() and any(home.iterdir()) and not unfinished.exists():
        must([tool("inspect-app"), "migrate"], "The database could not be brought to the newest schema.")
        return
    if unfinished.exists():
        shutil.rmtree(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished.touch()
    print("Loading the demo city (once) ...", flush=True)
    must([tool("inspect-app"), "demo"], "The demo city could not be loaded.")
    unfinished.unlink()
