"""查核, 複查 or 督導: proposed from tender, team and calendar year, confirmed by a coordinator. And the plan's date window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .reasons import Evidence, Reason, Source, because
from .roc import OFFSET, format_date

Tender = tuple[str, str]  # executing agency's code and tender number; the number alone is not unique


class VisitType(StrEnum):
    """The statutory inspection, a second one of the same year, an agency's own visit."""

    INSPECTION = "inspection"
    REINSPECTION = "reinspection"
    SUPERVISION = "supervision"


LABELS = {VisitType.INSPECTION: "查核", VisitType.REINSPECTION: "複查", VisitType.SUPERVISION: "督導"}
_SAME_YEAR = Source("同一小組於同一年度對同一標案再次查核為複查（機關系統所見）", "2016-01-01", Evidence.SYS)
_AGENCY = Source("公共工程施工品質管理作業要點第15點", "", Evidence.LAW)
_UNANNOUNCED = Source("不預先通知查核的計畫以起訖日期填報（機關系統所見）", "2016-01-01", Evidence.SYS)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit planned or done. `by_agency`: an agency's own visit, not the inspection team's."""

    tender: Tender
    team: str
    on: date
    by_agency: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """The type to confirm. `may_be_unscored`: a 複查 that only checks repairs has no score."""

    type: VisitType
    may_be_unscored: bool
    reasons: tuple[Reason, ...]


def propose(visit: Visit, earlier: Iterable[Visit]) -> Proposal:
    """The type of a visit, given the earlier ones (cancelled ones left out)."""
    if visit.by_agency:
        text = "機關自辦的督導小組訪查為督導，與查核不同"
        return Proposal(VisitType.SUPERVISION, True, (because("type.agency", text, _AGENCY),))
    before = [past for past in earlier if _again(visit, past)]
    year = visit.on.year - OFFSET
    if not before:
        text = f"本小組民國{year}年度尚未查核此標案，為查核"
        return Proposal(VisitType.INSPECTION, False, (because("type.first", text, _SAME_YEAR, year=year),))
    first = min(past.on for past in before)
    text = f"本小組民國{year}年度已於 {format_date(first)} 查核此標案，為複查，請確認"
    return Proposal(
        VisitType.REINSPECTION, True, (because("type.again", text, _SAME_YEAR, first=first.isoformat()),)
    )


def _again(visit: Visit, past: Visit) -> bool:
    same = (past.tender, past.team, past.on.year) == (visit.tender, visit.team, visit.on.year)
    return same and not past.by_agency and past.on < visit.on


@dataclass(frozen=True, slots=True)
class Window:
    """When a visit may take place. An announced one has a day; an unannounced one a window with a compulsory end."""

    announced: bool
    start: date
    end: date | None


def check_window(window: Window) -> Reason | None:
    """Why a window is refused, or None."""
    if window.end is None and not window.announced:
        return because("plan.no_end", "不預先通知的查核要填結束日期，請補上起訖日期", _UNANNOUNCED)
    if window.end is not None and window.end < window.start:
        text = f"結束日期 {format_date(window.end)} 早於開始日期 {format_date(window.start)}，請查對"
        return because("plan.end_before_start", text, _UNANNOUNCED)
    return None
