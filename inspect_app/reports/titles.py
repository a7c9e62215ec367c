"""Names of documents and files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from inspect_app.domain.roc import short_date


def draft_mark(*, frozen: bool) -> str:
    """What stands behind the title until the convener approved."""
    return "" if frozen else "（草稿，尚未核定）"


def file_name(what: str, content: Mapping[str, Any], ending: str) -> str:
    """查核紀錄_115.11.23_標案名稱.pdf; the name of the tender is cut to what file systems take."""
    day = short_date(date.fromisoformat(content["visit"]["inspected_on"]))
    return f"{what}_{day}_{content['basic']['name'][:40]}.{ending}"
