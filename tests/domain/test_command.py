"""`inspect-app rules`: the examples of the public contract, literally, as a program that finds nothing on its machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from inspect_app.cli import main

EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "grade": (
        '{"edition": "2023-08-09", "members": [79, 80, 80], "tests": [{"kind": "concrete_core", "result": "pass"}]}',
        {"score": 80, "grade": "甲等", "withheld": False, "raw_mean": "79.67"},
    ),
    "penalty": (
        '{"procurement_amount": 120000000, "contract_amount": 98000000, "findings": [{"code": "5.01.01", "party": "contractor",'
        ' "points": 3, "also_supervision": true, "also_pcm": false}], "cap_ratio": 0.2, "multipliers": {"5.01.01": 2}}',
        {
            "owner": {"points": 0, "rate": 0, "amount": 0, "capped": False},
            "contractor": {"points": 6, "rate": 4000, "amount": 24000, "capped": False},
            "supervision": {"points": 3, "rate": 1000, "amount": 3000, "capped": False},
            "pcm": {"points": 0, "rate": 1000, "amount": 0, "capped": False},
        },
    ),
    "deadline": (
        '{"start": "2024-02-07", "working_days": 7, "count_first_day": false, "closures": []}',
        {"due": "2024-02-22", "days": [f"2024-02-{day}" for day in (15, 16, 17, 19, 20, 21, 22)]},
    ),
    "quota": (
        json.dumps({"edition": "2023-08-09", "tenders": [{"budget": 60000000, "excluded": False}] * 12, "done": [60000000]}),
        {
            "ratio": {"required": 2, "done": 1},
            "bands": [
                {"from": 50000000, "to": None, "available": 12, "required": 12, "done": 1},
                {"from": 10000000, "to": 50000000, "available": 0, "required": 0, "done": 0},
                {"from": 1500000, "to": 10000000, "available": 0, "required": 0, "done": 0},
            ],
        },
    ),
}  # fmt: skip


def without_lines(value: Any) -> Any:
    """The answer without the lines of the statements, which the contract leaves open."""
    if not isinstance(value, dict):
        return value
    return {name: without_lines(part) for name, part in value.items() if name != "lines"}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_examples_of_the_contract(kind: str) -> None:
    case, expected = EXAMPLES[kind]
    done = CliRunner().invoke(main, ["rules", kind], input=case)
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {name: without_lines(found[name]) for name in expected} == expected
    assert found["reasons"]


@pytest.mark.parametrize(
    ("kind", "case", "field"),
    [
        ("grade", "", "case"),
        ("grade", "[]", "case"),
        ("grade", '{"members": [NaN]}', "members[0]"),
        ("grade", '{"members": ["80"]}', "members[0]"),
        ("penalty", '{"procurement_amount": -1, "findings": []}', "procurement_amount"),
        ("deadline", '{"start": "2024-02-30", "working_days": 7}', "start"),
        ("quota", '{"tenders": [{"budget": 1e30}]}', "tenders[0].budget"),
        ("score", "{}", "kind"),
    ],
)
def test_a_malformed_case_exits_1_with_one_sentence_that_names_the_field(
    kind: str, case: str, field: str
) -> None:
    done = CliRunner().invoke(main, ["rules", kind], input=case)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{field}：")


def test_it_needs_no_database_no_settings_and_no_locale(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = "import sys; from inspect_app.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "rules", "grade"], input=EXAMPLES["grade"][0].encode(), capture_output=True, timeout=300,
        check=False, cwd=Path(__file__).parents[2], env={"HOME": str(home), "PATH": "", "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["grade"] == "甲等"
    assert list(home.iterdir()) == []
