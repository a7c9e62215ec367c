"""Reading the roster (專家名單) from XLSX or CSV. The columns stand in `COLUMNS`; see docs/imports.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from inspect_app.experts.models import Expert
from inspect_app.ids import new_id
from inspect_app.intake import ImportResult, Line, Rejection, Table, Unreadable, read_table
from inspect_app.intake.tables import storable

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "姓名": ("委員姓名",),
    "專家編號": ("編號", "名單編號"),
    "服務單位": ("服務機關", "任職單位", "現職單位"),
    "專長": ("專長類別", "專業領域"),
    "聘別": ("外聘/內聘", "外聘內聘", "內外聘"),
    "Email": ("E-mail", "電子郵件", "電子郵件信箱"),
    "名單外理由": ("非名單理由",),
    "不適任事由": ("停止遴聘事由",),
}
REQUIRED = ("姓名",)
_TEXTS = {"姓名": ("name", 60), "專家編號": ("roster_no", 40), "服務單位": ("employer", 120), "Email": ("email", 200),
          "名單外理由": ("off_roster_reason", 2000), "不適任事由": ("disqualified", 2000)}  # fmt: skip
_KINDS = {"外聘": True, "外": True, "外部": True, "內聘": False, "內": False, "內部": False}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Values = dict[str, Any]
Key = tuple[str, ...]


@dataclass(slots=True)
class RosterPlan:
    """Rows to insert, changes by expert id, and the result to tell."""

    new: list[Values]
    changed: dict[str, Values]
    result: ImportResult


class _BadRow(Exception):
    def __init__(self, name: str, message: str) -> None:
        self.field, self.message = name, message
        super().__init__(message)


def read_roster(content: bytes) -> Table:
    """The table of a roster file; `bad_file` and its like when nothing can be read."""
    return read_table(content, COLUMNS, REQUIRED)


def plan_roster(table: Table, stored: Iterable[Expert]) -> RosterPlan:
    """Compare with the roster. The key is the roster number, else name with unit; blanks never erase."""
    known: dict[Key, list[Expert]] = {}
    for expert in stored:
        for key in _keys(expert.roster_no or "", expert.name, expert.employer):
            known.setdefault(key, []).append(expert)
    plan = RosterPlan([], {}, ImportResult())
    seen: dict[Key, int] = {}
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    for line in table.lines:
        try:
            counts[_take(line, known, seen, plan)] += 1
        except _BadRow as bad:
            plan.result.rejected.append(Rejection(line.row, bad.field, bad.message))
    if table.broken:
        plan.result.rejected.append(Rejection(table.broken[0], "檔案", table.broken[1]))
    result = plan.result
    plan.result = ImportResult(
        **counts, rejected=result.rejected, preview=result.preview[:40], notes=table.notes()
    )
    return plan


def _keys(roster_no: str, name: str, employer: str) -> list[Key]:
    """What somebody goes by, the number first."""
    return [(roster_no,), (name, employer)] if roster_no else [(name, employer)]


def _stored(values: Values, known: Mapping[Key, list[Expert]]) -> Expert | None:
    """Who a row means. A list without numbers means those who have one, too: a second row of them would have no ties."""
    number = values.get("roster_no", "")
    if number and (found := known.get((number,))):
        return found[0]
    alike = known.get((values["name"], values.get("employer", "")), [])
    alike = [expert for expert in alike if not (number and expert.roster_no)]
    if len(alike) > 1:
        raise _BadRow("專家編號", f"名單上有 {len(alike)} 位「{values['name']}」服務單位相同，請填專家編號。")
    return alike[0] if alike else None


def _take(line: Line, known: Mapping[Key, list[Expert]], seen: dict[Key, int], plan: RosterPlan) -> str:
    values = _values(line)
    old = _stored(values, known)
    key = (
        (old.id,)
        if old
        else _keys(values.get("roster_no", ""), values["name"], values.get("employer", ""))[0]
    )
    if seen.setdefault(key, line.row) != line.row:
        raise _BadRow("姓名", f"「{values['name']}」和第 {seen[key]} 列是同一人，只採用前面那一列。")
    if old is None:
        plan.new.append({"id": new_id(), **_defaults(values)})
        plan.result.preview.append(f"新增：{values['name']}（{values.get('employer') or '未填服務單位'}）")
        return "created"
    changed = {name: value for name, value in values.items() if getattr(old, name) != value}
    if not changed:
        return "unchanged"
    plan.changed[old.id] = changed
    plan.result.preview.append(
        f"更新：{values['name']}：{'、'.join(_LABELS.get(name, name) for name in changed)}"
    )
    return "updated"


_LABELS = {
    "name": "姓名", "roster_no": "專家編號", "employer": "服務單位", "specialities": "專長", "external": "聘別", "email": "Email",
    "on_roster": "列名名單", "off_roster_reason": "名單外理由", "disqualified": "不適任事由",
}  # fmt: skip


def _defaults(values: Values) -> Values:
    """A new person's row: with a roster number on the roster and from outside, unless the file says otherwise."""
    if "external" not in values and not values.get("roster_no"):
        raise _BadRow("聘別", "沒有專家編號，請在「聘別」填外聘或內聘。")
    return {"external": True, "on_roster": bool(values.get("roster_no")), "specialities": [], **values}


def _values(line: Line) -> Values:
    values = {column: _text(name, line.get(name), limit) for name, (column, limit) in _TEXTS.items()}
    found: Values = {name: value for name, value in values.items() if value}
    if "name" not in found:
        raise _BadRow("姓名", "沒有填姓名。")
    if "email" in found and not _EMAIL.fullmatch(found["email"]):
        raise _BadRow("Email", f"「{found['email']}」不是電子郵件，例如 name@example.gov.tw。")
    if skills := _skills(_text("專長", line.get("專長"), 2000)):
        found["specialities"] = skills
    if kind := _text("聘別", line.get("聘別"), 20):
        if kind not in _KINDS:
            raise _BadRow("聘別", f"「{kind}」看不懂，請填外聘或內聘。")
        found["external"] = _KINDS[kind]
    if found.get("roster_no"):
        found["on_roster"] = True
    return found


def _text(name: str, value: str, limit: int) -> str:
    if isinstance(value, Unreadable) or not storable([value]):
        raise _BadRow(name, f"「{name}」是公式或含有無法儲存的字元，請改貼成值。")
    if len(value) > limit:
        raise _BadRow(name, f"「{name}」有 {len(value):,} 個字，最多 {limit:,} 個字。")
    return value


def _skills(text: str) -> list[str]:
    """`土木、結構;大地` -> three specialities, each once, in order."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[、，,;；/\n]", text) if part.strip()))
