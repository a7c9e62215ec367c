"""The chair's three sentences, made of the figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Any]
SHORT = 30  # letters of a defect; the longest has 220


def sentences(figures: Figures) -> list[str]:
    """What was done, how good it was, what does not move. Always three."""
    return [_done(figures), _quality(figures), _stuck(figures)]


def _done(figures: Figures) -> str:
    quota, count = figures["quota"], figures["inspections"]
    short = [line for line in quota["bands"] if line["done"] < line["required"]]
    left = sum(line["required"] - line["done"] for line in short)
    state = f"各級距還差 {left} 件" if left else "各級距都已達年度應查核件數"
    return f"本期查核 {count} 件，今年累計 {len(quota['inspection_ids'])} 件，{state}。"


def _quality(figures: Figures) -> str:
    counts = {line["grade"]: line["count"] for line in figures["grades"]}
    graded = sum(counts[grade] for grade in ("優等", "甲等", "乙等", "丙等"))
    if not graded:
        return "本期還沒有已告知的成績。"
    good = counts["優等"] + counts["甲等"]
    bad = f"，丙等 {counts['丙等']} 件" if counts["丙等"] else "，沒有丙等"
    top = figures["top_defects"][:1]
    defect = f"；最常見的缺失是{_named(top[0])}，{top[0]['count']} 次" if top else ""
    return f"已評 {graded} 件中甲等以上 {good} 件{bad}{defect}。"


def _named(line: Mapping[str, Any]) -> str:
    """A defect in words: who has ninety seconds knows no codes."""
    text = line["text"] if len(line["text"]) <= SHORT else f"{line['text'][:SHORT]}…"
    return f"「{text}」（{line['code']}）" if text else f" {line['code']}"


def far_behind(figures: Figures) -> list[Mapping[str, Any]]:
    """The tenders that are behind by as much as the field takes for a reason to look closer."""
    return [line for line in figures["behind"] if line["gap_bp"] >= figures["far_behind_bp"]]


def _stuck(figures: Figures) -> str:
    far, limit = far_behind(figures), f"{figures['far_behind_bp'] / 100:g}%"
    overdue = len(figures["overdue"])
    late = f"改善逾期 {overdue} 件" if overdue else "沒有改善逾期的案件"
    return f"進度落後 {len(figures['behind'])} 件，其中 {len(far)} 件落後 {limit} 以上；{late}。"
