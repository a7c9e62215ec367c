"""The demo's tenders, written as the tender system would write them (標管系統 XML), so that they come in by the importer.

Sizes and states follow a published portfolio of 860 tenders; dates move with `today`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from xml.sax.saxutils import escape, quoteattr

from inspect_app.demo.city import CONSULTANTS, CONTRACTORS, PCMS, SEED, city, person
from inspect_app.domain.roc import compact

COUNT = 900
BANDS = (
    (1_600_000, 10_000_000, 323),
    (10_000_000, 50_000_000, 337),
    (50_000_000, 200_000_000, 171),
    (200_000_000, 900_000_000, 29),
)
LARGEST = 8_130_000_000
BEHIND = (
    [5_400, 2_310, 1_850, 1_420, 1_130, 910, 760, 620]
    + [480, 450, 390, 350, 330, 290, 270, 250, 240, 220]
    + [190] * 4
    + [150] * 7
    + [110] * 8
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One tender before it becomes XML. Money in NT$, progress in basis points."""

    agency: tuple[str, str]
    number: str
    name: str
    work_type: str
    programme: str
    district: str
    coordinates: str
    award: int
    state: str
    started: date
    finish: date
    planned_bp: int
    actual_bp: int
    contractor: str
    supervision: str
    pcm: str
    delay: list[str] = field(default_factory=list)


def plans(today: date) -> list[Plan]:
    """All tenders, the same every time but for the dates."""
    random = Random(SEED)
    states, gaps = _states(random), list(BEHIND)
    return [_plan(random, index, states[index], gaps, today) for index in range(COUNT)]


def _states(random: Random) -> list[str]:
    weights = city()["states"]
    total = sum(count for _name, count in weights)
    states = [name for name, count in weights for _ in range(round(count * COUNT / total))]
    states += ["施工中"] * (COUNT - len(states))
    random.shuffle(states)
    return states[:COUNT]


def _award(random: Random, index: int) -> int:
    """By band; within a band log-uniform, which puts the median near NT$ 18 million. The first one is the largest."""
    if index == 0:
        return LARGEST
    low, high, _count = random.choices(BANDS, [count for *_rest, count in BANDS])[0]
    return round(math.exp(random.uniform(math.log(low), math.log(high))) / 1000) * 1000


def _plan(random: Random, index: int, state: str, gaps: list[int], today: date) -> Plan:
    data = city()
    code, agency, _short, _weight = random.choices(data["agencies"], [line[3] for line in data["agencies"]])[
        0
    ]
    district, x, y = random.choice(data["districts"])
    work_type, pattern = random.choice(data["works"])
    words = {
        "road": random.choice(data["roads"]),
        "river": random.choice(data["rivers"]),
        "school": random.choice(data["schools"]),
    }
    name = pattern.format(place=district.removeprefix("示範市"), **words) + _suffix(random)
    started, finish, planned, actual = _progress(random, state, gaps, today)
    known = random.random() < 0.84
    award = _award(random, index)
    return Plan(
        agency=(code, agency),
        number=_number(random, index, today),
        name=name,
        work_type=work_type,
        programme=random.choice(data["programmes"]),
        district=district,
        coordinates=f"{x + random.uniform(-2500, 2500):.1f},{y + random.uniform(-2500, 2500):.1f}"
        if known
        else "",
        award=award,
        state=state,
        started=started,
        finish=finish,
        planned_bp=planned,
        actual_bp=actual,
        contractor=random.choice(CONTRACTORS),
        supervision=random.choice(CONSULTANTS),
        pcm=random.choice(PCMS) if award > 200_000_000 else "",
        delay=random.choice(data["delays"]) if planned - actual >= 100 else [],
    )


def _suffix(random: Random) -> str:
    return random.choice(["", "", "", "（第一標）", "（第二標）", "（第二期）", "－後續擴充"])


def _number(random: Random, index: int, today: date) -> str:
    """Numbers as agencies write them; the same number in two agencies is two tenders."""
    if index in (7, 8):
        return "C1100109"
    if index == 9:
        return "-B-12-25-F-059-00-00"
    year = today.year - 1911 - random.randint(0, 3)
    return random.choice(
        [f"{year}{index:05d}", f"C{year}{index:04d}", f"{year}-W-{index:03d}", f"SF{year}{index:04d}A"]
    )


def _progress(random: Random, state: str, gaps: list[int], today: date) -> tuple[date, date, int, int]:
    days = random.randint(150, 900)
    if state in ("未開工", "準備開工中", "設計中"):
        started = today + timedelta(days=random.randint(10, 200))
        return started, started + timedelta(days=days), 0, 0
    if state in ("施工中", "停工中"):
        started = today - timedelta(days=random.randint(30, days - 30))
        planned = min(9_900, round((today - started).days / days * 10_000))
        return started, started + timedelta(days=days), *_under_way(random, state, planned, gaps)
    started = today - timedelta(days=days + random.randint(20, 500))
    return started, started + timedelta(days=days), 10_000, 10_000


def _under_way(random: Random, state: str, planned: int, gaps: list[int]) -> tuple[int, int]:
    """A few are behind by the published amounts, most a little ahead; one is ahead by 48 points."""
    if state == "施工中" and gaps and planned > gaps[0] + 300 and random.random() < 0.35:
        return planned, planned - gaps.pop(0)
    if not gaps and planned < 5_000 and random.random() < 0.03:
        return planned, planned + 4_800
    return planned, min(10_000, planned + random.randint(0, 220))


def as_xml(found: list[Plan], today: date) -> bytes:
    """The download of the tender system: money in thousands of NT$, ROC dates, coordinates TWD97."""
    random = Random(SEED + 1)
    body = "".join(_tender(plan, random, today) for plan in found)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<標案資料>\n{body}</標案資料>\n'.encode()


def _tender(plan: Plan, random: Random, today: date) -> str:
    code, agency = plan.agency
    parts = "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in _basic(plan, agency, random, today))
    return (
        f"<標案 編號={quoteattr(plan.number)} 執行機關代碼={quoteattr(code)}><基本資料>{parts}{_firms(plan)}</基本資料>"
        f"{_people(random)}{_changes(plan, random)}{_months(plan, today)}{_delay(plan, today)}</標案>\n"
    )


def _basic(plan: Plan, agency: str, random: Random, today: date) -> Iterator[tuple[str, str]]:
    budget = round(plan.award / random.uniform(0.82, 0.99))
    yield from (
        ("執行機關", agency),
        ("標案名稱", plan.name),
        ("專案項目", plan.programme),
        ("工程類別", plan.work_type),
    )
    yield from (
        ("縣市鄉鎮", plan.district),
        ("座標", plan.coordinates),
        ("施工地點", f"{random.choice(city()['roads'])}一帶"),
    )
    yield from (
        ("主管機關", city()["government"]),
        ("主辦機關", agency),
        ("經費來源機關", random.choice(["示範市政府", "中央補助", "示範市政府"])),
    )
    yield (
        "工程概要",
        f"{plan.work_type}，含土建、排水及附屬設施，契約金額新臺幣 {plan.award // 1000:,} 千元。",
    )
    yield from (
        ("工程總預算", _thousands(round(budget * 1.08))),
        ("發包預算", _thousands(budget) if random.random() < 0.97 else ""),
    )
    if plan.state != "設計中":
        yield from (
            ("實際決標日期", compact(plan.started - timedelta(days=45))),
            ("決標方式", random.choice(["最低標", "最有利標"])),
        )
        yield from (("預估底價", _thousands(round(budget * 0.97))), ("決標金額", _thousands(plan.award)))
    if plan.started <= today:
        yield ("實際開工日期", compact(plan.started))
    yield from (("預定開工日期", compact(plan.started)), ("預定完工日期", compact(plan.finish)))


def _firms(plan: Plan) -> str:
    designer = CONSULTANTS[(CONSULTANTS.index(plan.supervision) + 3) % len(CONSULTANTS)]
    firms = (
        ("設計", "單位名稱", designer),
        ("監造", "單位名稱", plan.supervision),
        ("承攬", "廠商名稱", plan.contractor),
    )
    return "".join(f"<{party}><{tag}>{escape(name)}</{tag}></{party}>" for party, tag, name in firms)


def _thousands(amount: int) -> str:
    return f"{amount / 1000:.3f}".rstrip("0").rstrip(".")


def _people(random: Random) -> str:
    qc = f'<廠商聘用品管人員><人員 姓名="{person(random)}"><專長>土建</專長><目前狀況>在職</目前狀況></人員></廠商聘用品管人員>'
    supervision = f'<監造單位聘用現場人員><人員 姓名="{person(random)}"></人員></監造單位聘用現場人員>'
    engineer = (
        f'<專任工程人員><人員 姓名="{person(random)}"><證照種類>土木技師</證照種類></人員></專任工程人員>'
    )
    return qc + supervision + engineer


def _changes(plan: Plan, random: Random) -> str:
    if plan.state not in ("施工中", "驗收中", "保固中") or random.random() > 0.22:
        return ""
    on = plan.started + timedelta(days=60)
    after, finish = round(plan.award * random.uniform(0.97, 1.09)), plan.finish + timedelta(days=30)
    return (
        f'<變更設計資料><變更 日期="{compact(on)}"><變更前金額>{_thousands(plan.award)}</變更前金額>'
        f"<變更後金額>{_thousands(after)}</變更後金額>"
        f"<變更前竣工日>{compact(plan.finish)}</變更前竣工日><變更後竣工日>{compact(finish)}</變更後竣工日><準延天數>30</準延天數></變更></變更設計資料>"
    )


def _months(plan: Plan, today: date) -> str:
    """A planned and an actual curve of the last year, ending at the present figures."""
    if plan.planned_bp == 0:
        return ""
    months = [month for month in _last_months(today) if month >= plan.started.replace(day=1)]
    lines = "".join(_month(plan, month, (n + 1) / len(months)) for n, month in enumerate(months))
    return f"<進度資料>{lines}</進度資料>"


def _last_months(today: date) -> list[date]:
    first = today.year * 12 + today.month - 1
    return [date((first - n) // 12, (first - n) % 12 + 1, 1) for n in range(11, -1, -1)]


def _month(plan: Plan, month: date, share: float) -> str:
    curve = share**1.3
    planned, actual = plan.planned_bp * curve / 100, plan.actual_bp * share**1.45 / 100
    if share == 1:
        planned, actual = plan.planned_bp / 100, plan.actual_bp / 100
    return (
        f'<年度 民國年="{month.year - 1911}"><月份 日曆月="{month.month}">'
        f"<總累計預定進度>{planned:.2f}</總累計預定進度>"
        f"<總累計實際進度>{actual:.2f}</總累計實際進度>"
        f"<總累計估驗計價金額>{_thousands(round(plan.award * actual / 108))}</總累計估驗計價金額>"
        f"<執行狀態>{plan.state}</執行狀態></月份></年度>"
    )


def _delay(plan: Plan, today: date) -> str:
    if not plan.delay:
        return ""
    factor, cause, remedy, _help = plan.delay
    return (
        f'<落後資料><年度 民國年="{today.year - 1911}"><月份 日曆月="{today.month}"><落後因素>{factor}</落後因素>'
        f"<原因分析>{cause}</原因分析><解決辦法>{remedy}</解決辦法></月份></年度></落後資料>"
    )
