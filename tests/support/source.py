"""The repository as text and syntax, for the tests about the code."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    ".py", ".md", ".toml", ".txt", ".in", ".ini", ".cfg", ".json", ".csv", ".ts", ".vue", ".css", ".html", ".typ",
    ".yml", ".yaml", ".sh", ".conf", ".service", ".mako", ".env", "",
}  # fmt: skip


@cache
def kept_files() -> list[Path]:
    """What is, or is about to be, in the repository."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in names if (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every kept file that people or programs read as text."""
    for path in kept_files():
        if path.suffix in TEXTS:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="replace")


@cache
def modules(folder: str) -> dict[str, ast.Module]:
    """Syntax trees of all Python files below a folder, by name."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
