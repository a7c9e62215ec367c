"""The way through the office. An entry shows when its view exists and the person may open it: one rule, the view's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app, g, request, url_for

from inspect_app.accounts.actor import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation: words, endpoint, icon of macros.html, and the path below which it is the present one."""

    label: str
    endpoint: str
    icon: str
    below: str = ""


NAVIGATION: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", (Entry("待辦", "office.home", "todo"),)),
    (
        "查核",
        (
            Entry("行程", "office.visits", "plan", "/office/visits"),
            Entry("行程核定", "office.visit_approvals", "check"),
            Entry("查核紀錄", "office.inspections", "record", "/office/inspections"),
            Entry("年度件數", "office.quotas", "check", "/office/quotas"),
            Entry("標案", "office.tenders", "tender", "/office/tenders"),
        ),
    ),
    ("改善", (Entry("缺失改善", "office.cases", "case", "/office/cases"),)),
    (
        "會報",
        (
            Entry("會報重點", "office.chair", "todo", "/office/chair"),
            Entry("督導會報", "office.meetings", "meeting", "/office/meetings"),
            Entry("重複缺失", "office.repeats", "alert", "/office/repeats"),
            Entry("裁示事項", "office.my_rulings", "check", "/office/rulings"),
        ),
    ),
    (
        "管理",
        (
            Entry("專家名單", "office.experts", "expert", "/office/experts"),
            Entry("缺失編號", "office.catalogue", "catalogue", "/office/catalogue"),
            Entry("規則設定", "office.rules", "edit", "/office/rules"),
            Entry("帳號", "office.accounts", "people", "/office/accounts"),
            Entry("隔離資料", "office.quarantine", "tablet", "/office/quarantine"),
            Entry("稽核紀錄", "office.audit_log", "log"),
            Entry("證據檢核", "office.evidence_page", "check"),
        ),
    ),
)
"""Features add their own line to their group."""


def may_open(actor: Actor, endpoint: str) -> bool:
    """Whether the view exists and this person has the permission that it names."""
    permission = getattr(current_app.view_functions.get(endpoint), "__permission__", None)
    return permission is not None and actor.may(permission)


def groups() -> Iterator[tuple[str, list[Entry]]]:
    """The groups that have something for the person of this request."""
    actor: Actor | None = g.get("actor")
    if actor is None or g.get("must_change_password"):
        return
    for label, entries in NAVIGATION:
        shown = [entry for entry in entries if may_open(actor, entry.endpoint)]
        if shown:
            yield label, shown


def nearest_page() -> str:
    """The page that an address for sending forms belongs to: somebody reloaded or kept what a refused form had led to."""
    urls, parts = current_app.create_url_adapter(request), request.path.split("/")
    while urls is not None and len(parts) > 3:
        parts.pop()
        if urls.test("/".join(parts), method="GET"):
            return "/".join(parts)
    return url_for("office.home")


def is_here(entry: Entry) -> bool:
    return request.endpoint == entry.endpoint or bool(entry.below and request.path.startswith(entry.below))
