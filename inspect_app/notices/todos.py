"""What waits for whom among the open cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.notices.deadlines import why_due
from inspect_app.notices.listing import Line, open_lines
from inspect_app.notices.models import Extension
from inspect_app.notices.queries import extensions_of


def todos(actor: Actor, today: date) -> list[Todo]:
    """What waits for this person among the open cases."""
    if not actor.may(Permission.VIEW_CASES):
        return []
    lines = open_lines(actor, today)
    asked = extensions_of([line.case.id for line in lines])
    found = (_todo(actor, line, asked.get(line.case.id, ())) for line in lines)
    return [todo for todo in found if todo is not None]


def _todo(actor: Actor, line: Line, asked: Sequence[Extension]) -> Todo | None:
    state = line.progress
    choices: Iterable[tuple[Permission, bool, str, str]] = (
        (Permission.SEND_REPLIES, state.ready > 0, f"核章並送出 {state.ready} 項改善結果", "核章"),
        (Permission.REPLY_CASES, state.waiting > 0, f"填報 {state.waiting} 項缺失的改善結果", "填報改善結果"),
        (Permission.REVIEW_CASES, state.sent > 0, f"審查 {state.sent} 項改善結果", "審查"),
        (Permission.REVIEW_CASES, state.accepted == state.total, "全部同意，辦理備查結案", "結案"),
        (Permission.REVIEW_CASES, state.overdue, f"逾期 {-state.days_left} 天，稽催機關", "稽催"),
    )
    for permission, wanted, what, button in choices:
        if wanted and actor.may(permission):
            return _told(line, what, button, asked)
    return None


def _told(line: Line, what: str, button: str, asked: Sequence[Extension]) -> Todo:
    return Todo(
        what=f"{line.tender.name}：{what}",
        until=line.case.due_on,
        endpoint="office.case",
        args={"case_id": line.case.id},
        button=button,
        kind="case",
        overdue=line.progress.overdue,
        why=why_due(line.case, asked) + line.standing.reasons,
    )
