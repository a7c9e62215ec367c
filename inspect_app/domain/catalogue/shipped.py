"""The tables that come with the program: a mix of editions for the demo, and the inspectors' phrases."""

from __future__ import annotations

import csv
import json
from datetime import date
from functools import cache
from importlib.resources import files

from .rows import Edition
from .search import Phrase
from .validation import check_rows

_DATA = files("inspect_app.domain") / "data"
_COLUMNS = {
    "code": "code",
    "parent": "parent",
    "kind": "kind",
    "text": "name_zh",
    "range": "point_range",
    "note": "note",
}


@cache
def demo_edition() -> Edition:
    """779 rows of several editions (2018-2023), called 示範混合版: never official, outside the demo ask for PCC's form."""
    lines = (_DATA / "defect-codes.csv").read_text(encoding="utf-8").splitlines()
    raw = [{name: line[column] for name, column in _COLUMNS.items()} for line in csv.DictReader(lines)]
    checked = check_rows(raw)
    if checked.faults:
        raise ValueError(checked.faults[0].message)
    source = "各機關系統印出的缺失編號，2018 至 2023 年各版混合"
    return Edition("demo-mixed", "示範混合版", date(2018, 1, 1), checked.rows, source, demo=True)


@cache
def phrases() -> tuple[Phrase, ...]:
    """The phrases that inspectors use, with 注音 and codes."""
    data = json.loads((_DATA / "phrases.json").read_text(encoding="utf-8"))
    return tuple(Phrase(item["text"], tuple(item["zhuyin"].split()), tuple(item["codes"])) for item in data)
