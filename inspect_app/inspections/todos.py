"""What waits for whom on the way of a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.scoring import forcing_kinds
from inspect_app.extensions import db
from inspect_app.inspections import queries
from inspect_app.inspections.due import reckoned
from inspect_app.inspections.models import Inspection
from inspect_app.inspections.services.readiness import differing, late_waiting
from inspect_app.inspections.team import led_by
from inspect_app.projects.models import Tender
from inspect_app.scheduling import queries as scheduling

TIDY, APPROVE, ISSUE = Permission.TIDY_RECORDS, Permission.APPROVE_RECORDS, Permission.ISSUE_RECORDS


def todos(actor: Actor, today: date) -> list[Todo]:
    """Everything that waits for this person among the records that they may see."""
    if actor.of_agency or not actor.may(Permission.VIEW_INSPECTIONS):
        return []
    rows, led = queries.listed(actor, queries.Filter(unfinished=True)), led_by(actor.id)
    return [todo for row in rows for todo in _of(actor, row, today, leads=row.id in led)]


def _of(actor: Actor, row: Inspection, today: date, *, leads: bool) -> Iterator[Todo]:
    if row.state == "closed" and actor.may(TIDY):
        yield _line(row, today, "整理查核紀錄並送委員確認", "整理紀錄", "tidy")
    elif row.state == "confirming":
        yield from _confirming(actor, row, today)
    elif row.state == "approving" and actor.may(APPROVE):
        yield _line(row, today, "核定查核紀錄", "核定", endpoint="office.record_approval")
    elif row.state == "approved" and actor.may(ISSUE):
        yield _line(row, today, "查核紀錄已核定，登錄發文", "發文", endpoint="office.issue_record")
    elif row.state == "issued" and actor.may(ISSUE):
        yield from _withheld(row, today)
    if leads and row.state != "issued":
        yield from _late(row, today)


def _confirming(actor: Actor, row: Inspection, today: date) -> Iterator[Todo]:
    missing = queries.unconfirmed(row.id)
    if actor.id in missing:
        yield _line(row, today, "確認查核紀錄的文字", "確認", "confirm")
    if not missing and actor.may(TIDY):
        yield _line(row, today, "委員都已確認，陳召集人核定", "陳核", "confirm")


def _withheld(row: Inspection, today: date) -> Iterator[Todo]:
    """A score letter, once nothing that it depends on is pending."""
    content, results = queries.content_of(row.id), queries.results_of(row.id)
    kinds = forcing_kinds(scheduling.rules_of(row.id))
    tests = [line["entity_id"] for line in content["tests"] if line.get("kind") in kinds]
    failed = any(results[key].result == "fail" for key in tests if key in results)
    if failed or all(key in results for key in tests):
        yield Todo(
            f"{_name(row)}：檢驗已判定，發成績函",
            None,
            "office.score_letter",
            {"inspection_id": row.id},
            "發成績函",
            "record",
        )


def _late(row: Inspection, today: date) -> Iterator[Todo]:
    if late := len(late_waiting(row.id)):
        yield _line(row, today, f"{late} 筆逾時送達的紀錄待您在平板上決定", "查看", "disputes")
    if row.state not in ("open", "approved") and (torn := differing(row.id)):
        yield _line(row, today, f"{torn} 處寫法不同或刪除後另有補寫，待您在平板上選定", "查看", "disputes")


def _line(
    row: Inspection,
    today: date,
    what: str,
    button: str,
    tab: str = "",
    *,
    endpoint: str = "office.inspection",
) -> Todo:
    found = reckoned(row)
    args = {"inspection_id": row.id} | ({"tab": tab} if tab else {})
    title, due = f"{_name(row)}：{what}", found.due
    return Todo(title, due, endpoint, args, button, "record", overdue=today > due, why=found.reasons)


def _name(row: Inspection) -> str:
    return db.session.get_one(Tender, row.tender_id).name
