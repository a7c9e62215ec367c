"""What happens at one demo inspection, written as operations: attendance, findings, merits, tests, sheets, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from inspect_app.demo import quarrels
from inspect_app.demo.city import person
from inspect_app.demo.pen import Member, SiteLog, moment
from inspect_app.domain.catalogue import Edition, Kind, Row, alternatives, sentence

COMMON = ("4.03.04", "4.03.03", "4.03.05", "4.02.03", "4.01.04", "5.01.01", "5.14.01.01")
PLACES = (
    "A1 橋台",
    "1F 柱 C3",
    "里程 0K+230",
    "地下室外牆",
    "2F 樓版",
    "東側擋土牆",
    "管線段 M12–M13",
    "工務所",
    "屋頂女兒牆",
    "集水井 W5",
)
MERITS = (
    ("0.03", "承攬廠商工地整潔，材料分區堆置並標示清楚。"),
    ("0.02", "監造單位抽查頻率高於監造計畫，紀錄完整。"),
    ("0.01", "主辦機關定期召開督導會議並追蹤列管。"),
    ("0.04", "混凝土澆置面平整，施工縫處理良好。"),
    ("0.05", "採預鑄工法，實際進度超前。"),
)
PEOPLE = (
    ("owner_head", "主辦機關", "科長"),
    ("owner_handler", "主辦機關", "承辦工程司"),
    ("supervision_head", "監造單位", "監造主任"),
    ("supervision_engineer", "監造單位", "技師"),
    ("contractor_engineer", "承攬廠商", "專任工程人員"),
    ("contractor_site_head", "承攬廠商", "工地主任"),
    ("contractor_qc", "承攬廠商", "品管人員"),
    ("contractor_safety", "承攬廠商", "職安人員"),
)
WEATHER = ("晴", "多雲", "陰", "小雨")
WORKS = (
    "結構體施工，3F 樓版鋼筋綁紮中。",
    "路基滾壓及側溝澆置。",
    "管線埋設及回填。",
    "裝修及機電安裝。",
    "基礎開挖及擋土支撐。",
)
ROLE_WORDS = {"leader": "領隊", "member": "查核委員", "staff": "工作人員"}
STROKES = "M20 70 C40 20 60 100 80 60 C100 25 120 30 140 70 M160 40 L200 90 M200 40 C190 60 180 80 165 95 M220 60 C240 30 260 90 285 50"


@dataclass(frozen=True, slots=True)
class Story:
    """How one inspection goes. `level` is the mean that the members score around; `photos`: [(kind, hash)]."""

    inspection: str
    begun: datetime
    team: Sequence[Member]
    level: int
    findings: int
    edition: Edition
    photos: Sequence[tuple[str, str]] = ()
    test: str = ""  # a test taken on site: concrete_core ...
    judgement: str = ""  # main_structure, main_material or safety
    deadline_days: int = 28
    until: str = "closed"  # how far: begun, noted, scored, closed
    disputed: bool = False  # people wrote differently without a network, and something came after the closing

    @property
    def leader(self) -> Member:
        return next(one for one in self.team if one.role == "leader")


def told(story: Story, seed: int) -> SiteLog:
    """The log of a story; the same seed gives the same log."""
    random = Random(seed)  # a demo, not a draw
    log = SiteLog(story.inspection, story.begun, random)
    _arrive(log, story, random)
    if story.until == "begun":
        return log
    codes = _note(log, story, random)
    if story.until == "noted":
        return log
    if story.disputed:
        quarrels.disagree(log, story.leader, _member(story), [entity for entity, _values in codes])
    _score(log, story, random)
    if story.until == "scored":
        return log
    _agree(log, story, codes)
    _sign(log, story)
    if story.disputed:
        quarrels.come_late(log, story.leader, _member(story))
    return log


def _by(log: SiteLog, one: Member, entity: str, entity_id: str, **values: Any) -> str:
    return log.write(one.account, one.device, entity, entity_id, **values)


def _member(story: Story) -> Member:
    return next(one for one in story.team if one.role == "member")


def _writer(story: Story) -> Member:
    return next((one for one in story.team if one.role == "staff"), story.leader)


def _arrive(log: SiteLog, story: Story, random: Random) -> None:
    writer = _writer(story)
    _by(
        log, writer, "visit", story.inspection, arrived_at=moment(story.begun), weather=random.choice(WEATHER),
        works_now=random.choice(WORKS),
    )  # fmt: skip
    absent = random.choice(PEOPLE)[0] if random.random() < 0.15 else ""
    for role, organisation, title in PEOPLE:
        here = role != absent
        reason = {} if here else {"absence_reason": "另有會議，已請假"}
        _by(
            log, writer, "attendance", log.own(f"attendance:{role}"), role=role, organisation=organisation, title=title,
            name=person(random), present=here, **reason,
        )  # fmt: skip


def _note(log: SiteLog, story: Story, random: Random) -> list[tuple[str, dict[str, Any]]]:
    """Findings with photos, merits, a test; answers (entity id, what was noted) of the findings."""
    members = [one for one in story.team if one.role != "staff"]
    noted, unused = [], list(story.photos)
    for row in _rows(story, random):
        entity, who, values = log.new_entity(), random.choice(members), _finding(row, random)
        _by(log, who, "finding", entity, **values, noted_by=who.account)
        noted.append((entity, values))
        if unused and row.code[0] in "45":
            _photograph(log, _fitting(unused, row.code), who, entity, values, random)
    for code, text in random.sample(MERITS, random.randint(1, 3)):
        _by(log, random.choice(members), "merit", log.new_entity(), code=code, text=text)
    if story.test:
        _by(
            log, _writer(story), "test", log.new_entity(), kind=story.test, item="28 天抗壓強度", place=random.choice(PLACES),
            quantity="3 個", method="CNS 1238", laboratory="示範試驗室（TAF 認證）",
        )  # fmt: skip
    if story.judgement:
        _by(
            log,
            story.leader,
            "judgement",
            log.own(f"judgement:{story.judgement}"),
            kind=story.judgement,
            failed=True,
            reason="現場與設計圖說嚴重不符。",
        )
    return noted


def _rows(story: Story, random: Random) -> list[Row]:
    """Codes as they recur: the common ones often, the rest spread over the table; now and then a design issue or advice."""
    table = story.edition.by_code
    leaves = [row for row in story.edition.rows if row.kind is Kind.LEAF and row.code[0] in "456"]
    common = [table[code] for code in COMMON if code in table and table[code].kind is Kind.LEAF]
    found = [row for row in common if random.random() < 0.45]
    found += random.sample(leaves, max(0, story.findings - len(found)))
    design = [row for row in story.edition.rows if row.kind is Kind.LEAF and row.code.startswith("7.")]
    return found[: story.findings] + (random.sample(design, 1) if random.random() < 0.5 else [])


def _finding(row: Row, random: Random) -> dict[str, Any]:
    count = len(alternatives(row.text).options)
    ticks = sorted(random.sample(range(count), min(count, random.randint(1, 2)))) if count else []
    text = sentence(row.text, ticks)
    if row.code.startswith("7."):
        return {
            "kind": "design",
            "code": row.code,
            "text": text,
            "aspect": random.choice(["safety", "constructability", "maintainability"]),
        }
    party = {"4.01": "owner", "4.02": "supervision", "4.03": "contractor"}.get(row.code[:4], "contractor")
    severity = random.choices(["L", "M", "S"], [58, 36, 6])[0]
    return {
        "kind": "defect",
        "code": row.code,
        "ticks": ticks,
        "text": text,
        "severity": severity,
        "party": party,
        "location": random.choice(PLACES),
    }


PICTURES = {"4": "documents", "5.02": "rebar", "5.03": "drain", "5.14": "scaffold", "5.07": "asphalt"}


def _fitting(unused: list[tuple[str, str]], code: str) -> str:
    """A picture of what the code is about, else any that is left; it is used up."""
    kind = PICTURES.get(code[:4]) or PICTURES.get(code[0]) or "concrete"
    found = next((one for one in unused if one[0] == kind), unused[0])
    unused.remove(found)
    return found[1]


def _photograph(
    log: SiteLog, sha256: str, who: Member, entity: str, values: dict[str, Any], random: Random
) -> None:
    _by(
        log, who, "photo", log.new_entity(), sha256=sha256, size=90_000, type="image/jpeg", width=1024, height=768,
        taken_at=moment(log.begun + timedelta(minutes=random.randint(60, 150))),
        caption=f"{values['location']}現況", finding=entity, use="evidence",
    )  # fmt: skip


def _score(log: SiteLog, story: Story, random: Random) -> None:
    for one in story.team:
        if one.role != "staff":
            sheet = log.own(f"score_sheet:{one.account}")
            _by(log, one, "score_sheet", sheet, **_sheet(story.level + random.randint(-3, 3), random))
            _by(log, one, "score_sheet", sheet, handed_in_at=moment(story.begun + timedelta(hours=4)))


def _sheet(total: int, random: Random) -> dict[str, int]:
    """A sheet that adds up to `total`."""
    parts = {
        "q_owner": 5,
        "q_supervision": 5,
        "q_contractor": 10,
        "w_structure": 40,
        "w_materials": 10,
        "w_safety": 10,
        "p": 20,
    }
    sheet = {name: most * total // 100 for name, most in parts.items()}
    while sum(sheet.values()) < total:
        name = random.choice([name for name, most in parts.items() if sheet[name] < most])
        sheet[name] += 1
    return sheet | {
        name: max(60, min(95, total + random.randint(-4, 4)))
        for name in ("env", "safety", "strength", "looks", "function")
    }


def _agree(log: SiteLog, story: Story, noted: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """The points meeting: room cleared, severity, points and parties agreed, the deadline set."""
    leader, day = story.leader, story.begun.date()
    _by(
        log,
        leader,
        "visit",
        story.inspection,
        room_cleared_at=moment(story.begun + timedelta(hours=4, minutes=10)),
    )
    for entity, values in noted:
        if values["kind"] == "defect":
            _by(log, leader, "finding", entity, **_agreed(values))
    _by(
        log,
        leader,
        "visit",
        story.inspection,
        points_agreed=True,
        improvement_deadline=_deadline(day, story.deadline_days).isoformat(),
    )


def _agreed(values: Mapping[str, Any]) -> dict[str, Any]:
    points = {"L": 1, "M": 2, "S": 4}[values["severity"]]
    also = values["party"] == "contractor" and values["severity"] != "L"
    return {
        "agreed_severity": values["severity"],
        "agreed_party": values["party"],
        "points": points,
        "also_supervision": also,
        "agreed": True,
    }


def _deadline(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _sign(log: SiteLog, story: Story) -> None:
    for one in story.team:
        _by(
            log, one, "signature", log.own(f"signature:{one.account}"), name=one.name, role=ROLE_WORDS[one.role],
            strokes=STROKES, signed_at=moment(story.begun + timedelta(hours=5)), **log.frontier(),
        )  # fmt: skip
    _by(
        log,
        story.leader,
        "closing",
        log.own("closing"),
        closed_at=moment(story.begun + timedelta(hours=5, minutes=10)),
        **log.frontier(),
    )
