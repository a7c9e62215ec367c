"""What stands behind 「為什麼？」 beside a figure that pages make from several answers of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Flask

from inspect_app.domain.deadlines import improvement_due
from inspect_app.domain.money import format_money
from inspect_app.domain.reasons import Reason
from inspect_app.meetings.queries import why_due as ruled
from inspect_app.office.plan_forms import LEADER_TOLD, MEMBERS_TOLD
from inspect_app.scheduling.plan import Plan

RATES = ("penalty.rate", "penalty.contract_rate", "penalty.cap")


def owed_by(penalty: Mapping[str, Any], party: str) -> list[object]:
    """What a record's statement says about one party: the rates, then each line with its own sum, then what they make."""
    statement = penalty["statements"][party]
    lines: list[object] = [line["text"] for line in statement["lines"]]
    total = f"合計 {statement['points']} 點，{format_money(statement['amount'])}"
    return [reason for reason in penalty["reasons"] if reason["rule"] in RATES] + lines + [total]


def set_for(day: str | None) -> tuple[Reason, ...]:
    """Why improvements are due on the day (ISO) that the leader set; nothing while there is none."""
    return improvement_due(date.fromisoformat(day)).reasons if day else ()


def summed(figures: Mapping[str, Any], party: str) -> list[str]:
    """How a sum of the meeting page comes about."""
    line = figures["points"][party]
    if party == "owner":
        return ["主辦機關的扣點只列示，不計金額"]
    found = len(line["inspection_ids"])
    return [
        f"期間內 {found} 件有扣點的查核，各件扣款加總為 {format_money(line['amount'])}；點數字可看各件與理由"
    ]


def range_of(line: Mapping[str, Any]) -> list[str]:
    """Which scores the lowest and highest of an agency were picked from."""
    return [
        f"{line['scored']} 件已告知成績的查核中，最低 {line['lowest']} 分、最高 {line['highest']} 分；點件數可看各件與理由"
    ]


def hours(plan: Plan) -> list[str]:
    """Who knows when, and when the plan opens by itself."""
    window = "迄日" if plan.window_to else "預定日期"
    return [
        f"承辦沒有另填時，領隊於前一天 {LEADER_TOLD:%H:%M} 得知全部內容，其他成員於前一天 {MEMBERS_TOLD:%H:%M} 得知日期與地區",
        f"登錄到場就解封；一直沒有登錄時，到「最遲解封」的時間由系統解封。查核不得晚於{window}（作業辦法第5條：得不預先通知）",
    ]


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        {function.__name__: function for function in (owed_by, set_for, summed, range_of, hours)}
        | {"ruled": ruled}
    )
