"""`inspect-app import`: the public contract of the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from inspect_app.cli import main
from tests.support.tender_files import csv_file, row, tender_xml, xml_file


@pytest.fixture
def run(home: Path, database_url: str, storage_url: str) -> Callable[..., Any]:
    env = {"HOME": str(home), "DATABASE_URL": database_url, "STORAGE_URL": storage_url, "TESTING": "1"}
    names = {f"INSPECT_APP_{name}": value for name, value in env.items()}
    return lambda *words: CliRunner().invoke(main, ["import", *map(str, words)], env=names)


def test_the_answer_has_the_public_shape(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "標案.xml"
    file.write_bytes(xml_file(tender_xml(), tender_xml(number="C2", name="")))
    checked = run("tenders", file, "--check", "--json")
    first, second = run("tenders", file, "--json"), run("tenders", file, "--json")
    assert [answer.exit_code for answer in (checked, first, second)] == [0, 0, 0]
    assert json.loads(checked.stdout) == json.loads(first.stdout)
    told = json.loads(second.stdout)
    assert set(told) == {"created", "updated", "unchanged", "rejected"}
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 1)
    assert [(bad["row"], bad["field"]) for bad in told["rejected"]] == [(2, "標案名稱")]


def test_words_for_people(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv_file([row(), row(編號="")]))
    answer = run("tenders", file)
    assert answer.exit_code == 0
    assert "新增 1 筆" in answer.stdout
    assert "第 3 列 編號" in answer.stdout


@pytest.mark.parametrize("content", [b"", b"x", b"<!DOCTYPE x><x/>", b"PK\x03\x04"])
@pytest.mark.parametrize("kind", ["tenders", "experts", "catalogue"])
def test_nothing_readable_is_one_sentence_and_exit_1(
    run: Callable[..., Any], tmp_path: Path, kind: str, content: bytes
) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    answer = run(kind, file, "--json")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert len(answer.stderr.strip().splitlines()) == 1


def test_only_bad_rows_is_exit_1_and_tells_them(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv_file([row(編號="")]))
    answer = run("tenders", file, "--json")
    assert answer.exit_code == 1
    assert len(json.loads(answer.stdout)["rejected"]) == 1


def test_the_roster_and_the_defect_table(run: Callable[..., Any], tmp_path: Path) -> None:
    roster, table = tmp_path / "名單.csv", tmp_path / "工程會表單.csv"
    roster.write_bytes(csv_file([{"姓名": "林示範", "專家編號": "E1"}], header=("姓名", "專家編號")))
    table.write_bytes(
        csv_file([{"缺失編號": "5.01.01", "缺失內容": "蜂窩"}], header=("缺失編號", "缺失內容"))
    )
    for kind, file in (("experts", roster), ("catalogue", table)):
        assert json.loads(run(kind, file, "--json").stdout)["created"] == 1
        assert json.loads(run(kind, file, "--json").stdout)["unchanged"] == 1
