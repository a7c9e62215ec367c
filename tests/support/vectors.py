"""The cases that Python and TypeScript share: tests/vectors/*.json, one pytest parameter each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "vectors"


def load(name: str) -> list[dict[str, Any]]:
    """The cases {name, input, expected} of one file."""
    cases: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return cases


def vectors(name: str) -> list[Any]:
    """(input, expected) parameters with the case's name as id."""
    return [pytest.param(case["input"], case["expected"], id=case["name"]) for case in load(name)]
