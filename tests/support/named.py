"""Tests that a document names as `path::name`, and whether there is such a test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:static/)?(?:tests|inspect_app)/[^`:]+?)::([^`]+)`")
FILES = re.compile(r"`((?:static/)?tests/[^`:]+\.(?:py|ts|json))`")


def gone(document: str) -> list[str]:
    """What a text names and there is not: tests by name, and whole files."""
    tests = [f"{file}::{name}" for file, name in NAMED.findall(document) if not stands_in(ROOT / file, name)]
    return tests + [file for file in FILES.findall(document) if not list(ROOT.glob(file))]


def stands_in(file: Path, name: str) -> bool:
    """A function of Python; a test or a group of tests of TypeScript, `test.each` included."""
    if not file.exists():
        return False
    pattern = rf"def {name}\(" if file.suffix == ".py" else rf"\(\s*'{re.escape(name)}'"
    return re.search(pattern, file.read_text("utf-8")) is not None
