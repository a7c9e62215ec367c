"""The meeting page's pictures: the same figures as its tables, in the shape that the chart macro draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TONES = {"優等": "good", "甲等": "accent", "乙等": "M", "丙等": "S", "未評分或保留": "muted"}


def charts(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{name: specification}: grades, agencies (stacked by grade), defects, behind."""
    return {
        "grades": _grades(figures),
        "agencies": _agencies(figures),
        "defects": _defects(figures),
        "behind": _behind(figures),
    }


def _grades(figures: Mapping[str, Any]) -> dict[str, Any]:
    lines = figures["grades"]
    series = [{"name": "件數", "values": [line["count"] for line in lines], "tone": "accent"}]
    return {"type": "bar", "categories": [line["grade"] for line in lines], "series": series, "unit": "件"}


def _agencies(figures: Mapping[str, Any]) -> dict[str, Any]:
    lines = figures["by_agency"][:12]
    series = [
        {"name": grade, "values": [line["grades"][grade] for line in lines], "tone": TONES[grade]}
        for grade in ("優等", "甲等", "乙等", "丙等")
    ]
    return {
        "type": "stack",
        "categories": [line["name"].removeprefix("示範市政府") for line in lines],
        "series": series,
        "unit": "件",
    }


def _defects(figures: Mapping[str, Any]) -> dict[str, Any]:
    lines = figures["top_defects"]
    series = [{"name": "次數", "values": [line["count"] for line in lines], "tone": "accent"}]
    return {"type": "bar", "categories": [line["code"] for line in lines], "series": series, "unit": "次"}


def _behind(figures: Mapping[str, Any]) -> dict[str, Any]:
    lines = figures["behind"][:12]
    series = [
        {"name": "預定", "values": [line["planned_bp"] / 100 for line in lines], "tone": "muted"},
        {"name": "實際", "values": [line["actual_bp"] / 100 for line in lines], "tone": "accent"},
    ]
    return {"type": "bar", "categories": [line["name"][:14] for line in lines], "series": series, "unit": "%"}
