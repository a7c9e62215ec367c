"""What a knob is: one value of the rules that a city may set for itself, and its place in the shipped rules."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from inspect_app.domain.editions import RuleSet, by_id, ids
from inspect_app.domain.sheets import maxima, with_maxima
from inspect_app.errors import Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Knob:
    """One value. `rule` and `path` say where it stands in a RuleSet.

    `minus`: people read and write the size of a number that is taken off.
    """

    key: str
    label: str
    hint: str
    rule: str
    path: Path = ()
    flag: bool = False
    low: int = 0
    high: int = 0
    unit: str = ""
    minus: bool = False
    mend: str = "請先調整相鄰的項目"

    @property
    def parts(self) -> dict[str, str]:
        """{name: label} of a value that is several numbers; empty for a single one."""
        return {}

    def shipped(self, rules: RuleSet) -> Any:
        """The value that the shipped rules give."""
        value = rules.value(self.rule)
        for step in self.path:
            value = value[step]
        return -value if self.minus else value

    def put(self, rules: RuleSet, value: Any) -> Any:
        """The whole rule with this value in its place."""
        return placed(rules.value(self.rule), self.path, -value if self.minus else value)

    def read(self, text: str) -> Any:
        """The value of a form's text. `bad_value` says what is expected."""
        if self.flag:
            return text == "1"
        plain = text.strip()
        if not plain.isascii() or not plain.isdigit() or not self.low <= int(plain) <= self.high:
            raise Problem(
                "bad_value", f"請填 {self.low} 到 {self.high} 的整數（{self.unit}）。", field="value"
            )
        return int(plain)

    def show(self, value: Any) -> str:
        """The value in words."""
        if self.flag:
            return "是" if value else "否"
        return "未定" if value is None else f"{value:,} {self.unit}"


@dataclass(frozen=True, slots=True)
class SheetKnob(Knob):
    """The member's score sheet: the most of each sub-item (together 100) and of each side indicator, as {field: points}."""

    def shipped(self, rules: RuleSet) -> Any:
        return maxima(rules.value(self.rule))

    def put(self, rules: RuleSet, value: Any) -> Any:
        return with_maxima(rules.value(self.rule), value)

    def read(self, text: str) -> Any:
        """From `field=points` words, one for each field of the sheet. `bad_value` stands at the first that is wrong."""
        typed = dict(word.split("=", 1) for word in text.split() if "=" in word)
        return {name: self._points(name, typed.get(name, "")) for name in self.parts}

    def _points(self, name: str, text: str) -> int:
        if not text.isascii() or not text.isdigit() or not self.low <= int(text) <= self.high:
            what = f"「{self.parts[name]}」請填 {self.low} 到 {self.high} 的整數（分）。"
            raise Problem("bad_value", what, field=f"part_{name}")
        return int(text)

    def show(self, value: Any) -> str:
        return "，".join(f"{label} {value[name]} 分" for name, label in self.parts.items() if name in value)

    @property
    def parts(self) -> dict[str, str]:
        """The fields in the order of the sheet."""
        sheet = by_id(ids()[-1]).value(self.rule)
        return {
            line["field"]: (f"{line['block']} " if "block" in line else "指標：") + line["label"]
            for line in (*sheet["items"], *sheet["indicators"])
        }


def placed(value: Any, path: Path, new: Any) -> Any:
    """A copy of a rule's value with `new` at `path` (the whole value for an empty path)."""
    if not path:
        return new
    whole = copy.deepcopy(value)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return whole
