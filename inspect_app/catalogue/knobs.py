"""The rules' values that a city may set for itself, each with its place in the shipped rules."""

from __future__ import annotations

from collections.abc import Iterator

from inspect_app.catalogue.knob import Knob, SheetKnob
from inspect_app.domain.penalties import PAYERS

_RATES = (
    ("huge", "巨額採購以上"),
    ("threshold", "查核金額以上未達巨額"),
    ("ten", "1,000 萬元以上未達查核金額"),
    ("small", "未達 1,000 萬元"),
)
_BANDS = (
    ("large", "5,000 萬元以上"),
    ("middle", "1,000 萬至未達 5,000 萬元"),
    ("small", "150 萬至未達 1,000 萬元"),
)

SHEET = "score_sheet"  # the key of the score sheet in what a visit pins
_GRADES = ("優等", "甲等", "乙等")
_STEPS = (
    ("no_basis", "未訂進度計算基準", True),
    ("ahead", "超前", False),
    ("blameless_unhandled", "非可歸責落後未積極處理", True),
    ("behind", "可歸責落後", True),
    ("behind_far", "可歸責落後甚多", True),
    ("measures", "有效對策", False),
)
_LIMITS = (("ahead_over_bp", "超前"), ("behind_from_bp", "落後"), ("behind_far_over_bp", "落後甚多"))
_LADDER = (
    ("due_soon", "即將到期", True),
    ("reminder", "逾期稽催", False),
    ("second", "再次稽催", False),
    ("escalate", "報上級機關", False),
)
_SEVERITIES = (("L", "輕微"), ("M", "中等"), ("S", "嚴重"))


def _ends(name: str, label: str, *, minus: bool) -> Iterator[Knob]:
    """The least and the most of a span that adds or takes off points for progress."""
    verb = "扣" if minus else "加"
    for end, at in (("least", 1 if minus else 0), ("most", 0 if minus else 1)):
        words = f"P 施工進度，{label}：{'最少' if end == 'least' else '最多'}{verb}"
        hint = "只是試算的預設，委員可填其他分數"
        yield Knob(
            f"progress_{name}_{end}", words, hint, "progress", (name, at), high=20, unit="分", minus=minus
        )


_MORE = (
    *(
        Knob(
            f"grade_{place}",
            f"等第：{name}的起分",
            "作業辦法第7條",
            "grades",
            (place, "from"),
            low=1,
            high=100,
            unit="分",
        )
        for place, name in enumerate(_GRADES)
    ),
    Knob(
        "forced_from",
        "檢驗不合格改列丙等的原始分數",
        "作業辦法第8條：達到這個分數才改列",
        "forced_tests",
        ("from",),
        low=1,
        high=100,
        unit="分",
    ),
    Knob(
        "forced_score",
        "檢驗不合格列丙等的分數",
        "作業辦法第8條",
        "forced_tests",
        ("score",),
        high=69,
        unit="分",
    ),
    Knob(
        "outside_share",
        "外聘委員的比例",
        "外聘不得少於幾分之一",
        "outside_share",
        (1,),
        low=1,
        high=10,
        unit="分之一",
    ),
    Knob(
        "progress_base",
        "P 施工進度：基本分",
        "只是試算的預設，委員可填其他分數",
        "progress",
        ("base",),
        high=20,
        unit="分",
    ),
    *(knob for name, label, minus in _STEPS for knob in _ends(name, label, minus=minus)),
    *(
        Knob(
            f"progress_{name}",
            f"P 施工進度：{label}的門檻",
            "超前或落後多少起算",
            "progress",
            (name,),
            high=10_000,
            unit="基點（100 基點為 1%）",
        )
        for name, label in _LIMITS
    ),
    *(
        Knob(
            f"ladder_{step}",
            f"稽催階段：{label}",
            "期限前幾天" if minus else "逾期第幾天",
            "overdue_ladder",
            (at, "after"),
            high=365,
            unit="天",
            minus=minus,
        )
        for at, (step, label, minus) in enumerate(_LADDER)
    ),
    *(
        Knob(
            f"reference_{level}",
            f"校準參考分數：{label}缺失每項扣",
            "十分之一分；只供承辦校準",
            "reference_score",
            ("weights", level),
            high=100,
            unit="（十分之一分）",
        )
        for level, label in _SEVERITIES
    ),
)

_TENTHS = "（十分之一分）"
_PERFORMANCE = (
    *(
        Knob(
            f"performance_{start}",
            f"廠商履約計分：平均 {start} 分以上加",
            "依各次查核成績的平均",
            "performance",
            ("bands", place, "tenths"),
            high=100,
            unit=_TENTHS,
        )
        for place, start in enumerate((90, 85, 80, 75))
    ),
    Knob(
        "performance_below",
        "廠商履約計分：平均更低時扣",
        "依各次查核成績的平均",
        "performance",
        ("bands", 4, "tenths"),
        high=100,
        unit=_TENTHS,
        minus=True,
    ),
    Knob(
        "performance_failed",
        "廠商履約計分：每一次丙等再扣",
        "每一次查核成績列丙等",
        "performance",
        ("failed_tenths",),
        high=100,
        unit=_TENTHS,
        minus=True,
    ),
)

_ALL = (
    *_MORE,
    *_PERFORMANCE,
    SheetKnob(
        SHEET,
        "委員評分表的滿分",
        "各細項的滿分，合計 100 分；五項指標只做紀錄，不計入總分",
        "score_sheet",
        high=100,
        unit="分",
        mend="請調整到合計 100 分",
    ),
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
        "標案頁還沒有填契約規定時的上限；契約另有約定時在標案頁修改",
        "cap_ratio",
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
        for who, name in PAYERS
    ),
)

KNOBS: dict[str, Knob] = {knob.key: knob for knob in _ALL}
