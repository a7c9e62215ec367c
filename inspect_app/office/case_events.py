"""A case's history for its page, newest first: letters, extensions, decisions about the replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspect_app.accounts import queries as accounts
from inspect_app.notices import queries
from inspect_app.notices.models import Case, Extension, Letter

LETTERS = {
    "record": "查核紀錄",
    "score": "成績函",
    "reply": "改善結果回文",
    "reminder": "稽催",
    "return": "退回補正",
    "extension": "展延",
    "closing": "同意備查",
    "reopened": "撤銷備查",
}
Event = dict[str, Any]


def events(row: Case) -> list[Event]:
    """Lines {at, what, who, note, tone} for `ui.timeline`."""
    found = [_letter(line) for line in queries.letters(row.id)]
    for one in queries.extensions(row.id):
        found += _extension(one)
    found += _replies(row)
    return sorted(found, key=lambda event: event["at"], reverse=True)


def _letter(line: Letter) -> Event:
    what = f"{LETTERS.get(line.kind, line.kind)} {line.number}".strip()
    return _event(line.at, what, line.by, line.note)


def _extension(one: Extension) -> Iterator[Event]:
    yield _event(one.asked_at, "申請展延", one.asked_by, one.reason, "wait")
    if one.decided_at is not None:
        what = "同意展延" if one.state == "granted" else "不同意展延"
        yield _event(one.decided_at, what, one.decided_by, one.decision_reason)


def _replies(row: Case) -> Iterator[Event]:
    for item in row.items:
        for reply in item.replies:
            if reply.decided_at is not None:
                what = f"第 {item.no} 項{'同意' if reply.decision == 'accepted' else '退回補正'}"
                yield _event(reply.decided_at, what, reply.decided_by, reply.decision_reason)


def _event(at: Any, what: str, who: str | None, note: str, tone: str = "") -> Event:
    name = accounts.names([who]).get(who, "") if who else ""
    return {"at": at, "what": what, "who": name, "note": note, "tone": tone}
