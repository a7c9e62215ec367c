"""Why a tender should be inspected, and why it cannot be (作業辦法 art 4 and the triggers in use)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .editions import RuleSet
from .reasons import Evidence, Reason, Source, because
from .roc import format_date

NOT_STARTED = ("未開工", "準備開工中", "設計中")
STOPPED = ("停工中", "停工")
FINISHED = ("完工待驗收", "驗收中", "驗收完成", "保固中", "已結案", "解約")
_STATE = Source("查核視工程推動情形辦理（作業辦法第4條、第5條）", "2023-08-09", Evidence.LAW)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a tender. Progress and ratios in basis points (100 = 1 %); None where unknown."""

    state: str = "施工中"
    controlled: bool = False
    audit_fault: bool = False
    behind_bp: int | None = None
    referred: bool = False
    accident: bool = False
    complaints: int = 0
    poor_record: bool = False
    last_score: int | None = None
    last_inspected: date | None = None
    award_ratio_bp: int | None = None
    performance_score: int | None = None
    debarred_on: date | None = None
    open_contracts: int = 0
    out_of_area: bool = False
    outsourced_supervision: bool = False
    sensitive_area: bool = False
    variations: int = 0
    variations_bp: int = 0
    bad_reporting: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """One reason to inspect, with its points."""

    id: str
    points: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Assessment:
    """Flags by points, their sum, and what bars a selection. Whether a visit is already planned is never told here."""

    points: int
    flags: tuple[Flag, ...]
    barriers: tuple[Reason, ...]

    @property
    def selectable(self) -> bool:
        """Whether nothing bars the selection."""
        return not self.barriers


def assess(facts: Facts, on: date, rules: RuleSet) -> Assessment:
    """The flags and barriers of a tender on a day."""
    rule, source = rules.value("risk"), rules.source_of("risk")
    found = [*_from_outside(facts), *_from_record(facts, on, rule), *_from_contract(facts, rule)]
    points = rule["flags"]
    flags = [
        Flag(name, points[name], because(f"risk.{name}", f"{text}，{points[name]} 分", source))
        for name, text in found
    ]
    flags.sort(key=lambda flag: (-flag.points, flag.id))
    return Assessment(sum(flag.points for flag in flags), tuple(flags), tuple(barriers(facts, on, rules)))


Found = Iterator[tuple[str, str]]


def _from_outside(facts: Facts) -> Found:
    if facts.referred:
        yield "meeting", "工程督導會報交查"
    if facts.accident:
        yield "accident", "輿論責難或發生重大事故"
    if facts.complaints:
        yield "complaint", f"全民督工通報 {facts.complaints} 件"
    if facts.audit_fault:
        yield "audit_fault", "採購稽核或審計發現重大缺失"
    if facts.controlled:
        yield "controlled", "列管計畫"


def _from_record(facts: Facts, on: date, rule: Mapping[str, Any]) -> Found:
    if facts.behind_bp is not None and facts.behind_bp >= rule["behind_bp"]:
        yield "behind", f"進度落後 {facts.behind_bp // 100}.{facts.behind_bp % 100:02d}%"
    if facts.last_score is not None and facts.last_score < rule["last_below"]:
        yield "last_poor", f"前次查核 {facts.last_score} 分，未達 {rule['last_below']} 分"
    if facts.last_inspected is None:
        yield "never_inspected", "從未查核"
    if facts.poor_record:
        yield "poor_record", "廠商有品質不良紀錄"
    if facts.debarred_on is not None and 0 <= (on - facts.debarred_on).days <= rule["debarred_days"]:
        yield "debarred", f"廠商於 {format_date(facts.debarred_on)} 刊登政府採購公報"
    if facts.bad_reporting:
        yield "bad_reporting", "中央系統填報遲延或不實"


def _from_contract(facts: Facts, rule: Mapping[str, Any]) -> Found:
    if facts.award_ratio_bp is not None and facts.award_ratio_bp < rule["low_bid_bp"]:
        yield "low_bid", f"決標金額為底價的 {facts.award_ratio_bp // 100}%"
    if facts.performance_score is not None and facts.performance_score < rule["performance_below"]:
        yield "low_performance", f"履約計分 {facts.performance_score} 分偏低"
    if facts.open_contracts > rule["workload_over"]:
        yield "overloaded", f"廠商同時承攬 {facts.open_contracts} 件"
    if facts.variations >= rule["variations_count"] or facts.variations_bp >= rule["variations_bp"]:
        yield "variations", f"變更設計 {facts.variations} 次，增減 {facts.variations_bp // 100}%"
    yield from _from_place(facts)


def _from_place(facts: Facts) -> Found:
    if facts.out_of_area:
        yield "out_of_area", "外地廠商"
    if facts.outsourced_supervision:
        yield "outsourced_supervision", "委外監造"
    if facts.sensitive_area:
        yield "sensitive_area", "位於環境敏感區"


def barriers(facts: Facts, on: date, rules: RuleSet) -> Iterator[Reason]:
    """Why a tender cannot be selected: not started, stopped, finished, inspected too recently."""
    for rule, states, text in (
        ("not_started", NOT_STARTED, "尚未施工"),
        ("stopped", STOPPED, "停工中"),
        ("finished", FINISHED, "已完工或結案"),
    ):
        if facts.state in states:
            yield because(
                f"risk.{rule}", f"標案狀態為「{facts.state}」，{text}，不列入選案", _STATE, state=facts.state
            )
    limit = rules.value("risk")["recent_days"]
    if facts.last_inspected is not None and 0 <= (on - facts.last_inspected).days < limit:
        text = f"{format_date(facts.last_inspected)} 才查核過，{limit} 天內不再選"
        yield because("risk.recent", text, rules.source_of("risk"), days=(on - facts.last_inspected).days)
