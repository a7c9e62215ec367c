"""Photos that are still on a tablet: their small pictures, at the finding to which they belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspect_app.inspections.showing import Shown
from inspect_app.sync import previews


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A small picture by its id, and where it belongs."""

    preview: str
    of: str


def in_record(one: Shown) -> list[UnderWay]:
    """For those who were there or work on the record; nobody else learns that a photo is on its way."""
    if not one.inside:
        return []
    names = _names(one.content)
    return [
        UnderWay(row.id, names.get(row.finding, "缺失") if row.finding else "現場")
        for row in previews.under_way(one.inspection.id)
    ]


def _names(content: Mapping[str, Any]) -> dict[str, str]:
    """{entity id of a finding: its number and code}."""
    return {
        line["entity_id"]: f"{name} {line['no']}　{line['code']}"
        for part, name in (("defects", "缺失"), ("design", "規劃設計"), ("advice", "建議"))
        for line in content[part]
    }
