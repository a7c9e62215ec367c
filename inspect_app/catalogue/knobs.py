"""The rules' values that a city may set for itself, each with its place in the shipped rules."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from inspect_app.domain.editions import RuleSet
from inspect_app.errors import Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Knob:
    """One value. `rule` and `path` say where it stands in a RuleSet; without a rule it has `default` alone."""

    key: str
    label: str
    hint: str
    rule: str = ""
    path: Path = ()
    flag: bool = False
    low: int = 0
    high: int = 0
    unit: str = ""
    default: Any = None

    def shipped(self, rules: RuleSet) -> Any:
        """The value that the shipped rules give."""
        if not self.rule:
            return self.default
        value = rules.value(self.rule)
        for step in self.path:
            value = value[step]
        return value

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


_RATES = (
    ("huge", "巨額採購以上"),
    ("threshold", "查核金額以上未達巨額"),
    ("ten", "1,000 萬元以上未達查核金額"),
    ("small", "未達 1,000 萬元"),
)
_PAYERS = (("contractor", "承攬廠商"), ("supervision", "監造單位"), ("pcm", "專案管理廠商"))
_BANDS = (
    ("large", "5,000 萬元以上"),
    ("middle", "1,000 萬至未達 5,000 萬元"),
    ("small", "150 萬至未達 1,000 萬元"),
)

_ALL = (
    Knob(
        "first_day_counts",
        "期限起算日計入",
        "查核紀錄與工作天期限的第一天是否算在內",
        "count_first_day",
        flag=True,
    ),
    Knob(
        "record_days",
        "查核紀錄發送期限",
        "查核後幾個工作天內要函送紀錄",
        "record_days",
        low=1,
        high=60,
        unit="個工作天",
    ),
    Knob("citizen_days", "全民督工處理期限", "通報案件的處理天數", "citizen_days", low=1, high=90, unit="天"),
    Knob(
        "grave_judgement_score",
        "重大缺失判定丙等的分數",
        "作業辦法第8條第4款至第6款沒有寫分數",
        "forced_judgements",
        ("score",),
        low=0,
        high=69,
        unit="分",
    ),
    Knob("leader_in_house", "領隊須為內聘", "領隊是否一定由內聘委員擔任", "leader_in_house", flag=True),
    Knob("recusal_degree", "迴避的親等", "採購法第15條的親等", "recusal_degree", low=1, high=6, unit="親等"),
    Knob(
        "spread_hint",
        "委員評分差距提示",
        "最高與最低差到幾分就提示領隊",
        "spread_hint",
        low=1,
        high=100,
        unit="分",
    ),
    Knob(
        "bands_exclude",
        "級距件數扣除補助或委辦",
        "各級距的件數是否不計補助或委辦案件",
        "bands_exclude",
        flag=True,
    ),
    Knob(
        "quota_ratio",
        "年度查核比率",
        "自辦標案的查核比率",
        "quotas",
        ("ratios", 0, "percent"),
        low=0,
        high=100,
        unit="%",
    ),
    *(
        Knob(
            f"quota_{key}",
            f"年度查核件數：{label}",
            "作業辦法第4條的原則件數",
            "quotas",
            ("bands", place, "number"),
            high=10_000,
            unit="件",
        )
        for place, (key, label) in enumerate(_BANDS)
    ),
    Knob(
        "behind_limit",
        "進度落後提示門檻",
        "落後多少列入選案與督導會報",
        "risk",
        ("behind_bp",),
        low=1,
        high=10_000,
        unit="基點（100 基點為 1%）",
    ),
    Knob(
        "cap_ratio",
        "扣款上限（契約金額比例）",
        "新標案的預設上限；契約另有約定時在標案頁修改",
        low=0,
        high=10_000,
        unit="基點（2000 基點為 20%）",
    ),
    *(
        Knob(
            f"rate_{key}_{who}",
            f"每點扣款：{label}，{name}",
            "工程會101.05.17函所列金額",
            "rates",
            (place, who),
            high=1_000_000,
            unit="元",
        )
        for place, (key, label) in enumerate(_RATES)
        for who, name in _PAYERS
    ),
)

KNOBS: dict[str, Knob] = {knob.key: knob for knob in _ALL}
