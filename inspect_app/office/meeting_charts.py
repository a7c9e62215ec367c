"""The meeting page's pictures: the same figures as its tables, in the shape that the chart macro draws.

Every mark carries the address of what is behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for

TONES = {"優等": "good", "甲等": "accent", "乙等": "M", "丙等": "S", "未評分或保留": "muted"}
_CITY = re.compile(r"^.{2}[市縣](政府)?(?=.)")
MOST = 12  # marks that can be read side by side; the table beneath has them all

Opener = Callable[[str, str], str]
"""(what, key) -> the address of the rows behind a number."""


def charts(figures: Mapping[str, Any], opens: Opener) -> dict[str, dict[str, Any]]:
    """{name: specification}: grades, agencies (stacked by grade), defects, blocks by agency, districts, behind."""
    return {
        "grades": _grades(figures, opens),
        "agencies": _agencies(figures, opens),
        "defects": _defects(figures, opens),
        "blocks": _blocks(figures, opens),
        "districts": _districts(figures, opens),
        "behind": _behind(figures),
    }


def _grades(figures: Mapping[str, Any], opens: Opener) -> dict[str, Any]:
    lines = figures["grades"]
    urls = [opens("grade", line["grade"]) if line["count"] else None for line in lines]
    series = [{"name": "件數", "values": [line["count"] for line in lines], "tone": "accent", "urls": urls}]
    return {"type": "bar", "categories": [line["grade"] for line in lines], "series": series, "unit": "件"}


def _agencies(figures: Mapping[str, Any], opens: Opener) -> dict[str, Any]:
    lines = figures["by_agency"][:MOST]
    series = [
        {
            "name": grade,
            "values": [line["grades"][grade] for line in lines],
            "urls": [opens("agency_grade", f"{line['agency_id']}|{grade}") for line in lines],
            "tone": TONES[grade],
        }
        for grade in ("優等", "甲等", "乙等", "丙等")
    ]
    return {
        "type": "stack",
        "across": True,
        "categories": [short(line["name"]) for line in lines],
        "series": series,
        "unit": "件",
    }


def short(name: str) -> str:
    """Without the city before it: 示範市政府水利局 -> 水利局, 示範市中正區 -> 中正區."""
    return _CITY.sub("", name) or name


def _defects(figures: Mapping[str, Any], opens: Opener) -> dict[str, Any]:
    lines = figures["top_defects"]
    urls = [opens("defect", line["code"]) for line in lines]
    series = [{"name": "次數", "values": [line["count"] for line in lines], "tone": "accent", "urls": urls}]
    names = [f"{line['code']} {_first_words(line['text'])}" for line in lines]
    return {"type": "bar", "across": True, "categories": names, "series": series, "unit": "次"}


def _first_words(text: str, width: int = 14) -> str:
    plain = text.replace("□", "")
    return plain if len(plain) <= width else f"{plain[:width]}…"


def _blocks(figures: Mapping[str, Any], opens: Opener) -> dict[str, Any]:
    """A row per block of the table, a column per agency; what never occurs is left empty."""
    agencies = figures["by_agency"]
    series = [
        {
            "name": f"{line['block']} {_first_words(line['name'], 10)}",
            "values": [line["agencies"].get(one["agency_id"]) for one in agencies],
            "urls": [opens("block", f"{line['block']}|{one['agency_id']}") for one in agencies],
        }
        for line in figures["blocks"]
    ]
    return {
        "type": "heat",
        "categories": [short(one["name"]) for one in agencies],
        "series": series,
        "unit": "項",
    }


def _districts(figures: Mapping[str, Any], opens: Opener) -> dict[str, Any]:
    points = [
        {
            "name": short(line["district"]),
            "at": [line["lon"], line["lat"]],
            "value": line["inspections"],
            "note": f"查核 {line['inspections']} 件，落後 {line['behind']} 件",
            "url": opens("district" if line["inspections"] else "district_behind", line["district"]),
        }
        for line in figures["districts"]
        if line["lat"] is not None
    ]
    return {"type": "map", "categories": [], "series": [], "points": points, "unit": "件"}


def _behind(figures: Mapping[str, Any]) -> dict[str, Any]:
    lines = figures["behind"][:MOST]
    urls = [url_for("office.tender", tender_id=line["tender_id"]) for line in lines]
    series = [
        {
            "name": "預定",
            "values": [line["planned_bp"] / 100 for line in lines],
            "tone": "muted",
            "urls": urls,
        },
        {
            "name": "實際",
            "values": [line["actual_bp"] / 100 for line in lines],
            "tone": "accent",
            "urls": urls,
        },
    ]
    names = [_first_words(line["name"]) for line in lines]
    return {"type": "bar", "across": True, "categories": names, "series": series, "unit": "%"}
