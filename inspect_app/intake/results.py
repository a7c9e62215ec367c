"""What an import answers, whatever it imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Rejection:
    """A bad row: its number as a spreadsheet shows it (in XML the how-manieth), the field, what is wrong (zh-TW)."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Counts, the bad rows, and for people: what changes (`preview`, the first ones) and what was let pass (`notes`)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    preview: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many rows were good."""
        return self.created + self.updated + self.unchanged

    @property
    def changes(self) -> int:
        """How many rows were or would be written."""
        return self.created + self.updated

    def as_dict(self) -> dict[str, Any]:
        """The public shape: {created, updated, unchanged, rejected: [{row, field, message}]}."""
        rejected = [{"row": bad.row, "field": bad.field, "message": bad.message} for bad in self.rejected]
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": rejected,
        }

    def summary(self) -> str:
        """The result in words, a line per bad row."""
        head = f"新增 {self.created} 筆、更新 {self.updated} 筆、未變 {self.unchanged} 筆、退回 {len(self.rejected)} 筆"
        return "\n".join(
            [head, *(f"第 {bad.row} 列 {bad.field}：{bad.message}" for bad in self.rejected), *self.notes]
        )
