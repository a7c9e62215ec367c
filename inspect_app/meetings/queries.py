"""Reading meetings and rulings."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import or_, select

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.domain.reasons import Evidence, Reason, Source, because
from inspect_app.domain.roc import format_date, local_date
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.meetings.figures import Scope, figures
from inspect_app.meetings.models import Meeting, Ruling

OPEN = ("tracked", "release_asked")
RULED = Source("公共工程督導會報主席裁示", "", Evidence.SEC)
STATES = {"tracked": "列管中", "release_asked": "提請解除", "released": "同意解除", "merged": "併案"}


def meetings() -> list[Meeting]:
    return list(db.session.scalars(select(Meeting).order_by(Meeting.held_on.desc())))


def meeting(meeting_id: str) -> Meeting:
    row = db.session.get(Meeting, meeting_id)
    if row is None:
        raise Problem("not_found", "找不到這次會議。")
    return row


def to_freeze() -> Meeting | None:
    """The first sitting whose page is not frozen yet."""
    query = select(Meeting).where(Meeting.frozen_at.is_(None)).order_by(Meeting.held_on)
    return db.session.scalars(query).first()


def on_the_table(today: date) -> Meeting | None:
    """The sitting of today or the next one, frozen or not; while none is to come, the last one."""
    coming = select(Meeting).where(Meeting.held_on >= today).order_by(Meeting.held_on)
    return db.session.scalars(coming).first() or next(iter(meetings()), None)


def previous(row: Meeting) -> Meeting | None:
    query = select(Meeting).where(Meeting.held_on < row.held_on).order_by(Meeting.held_on.desc())
    return db.session.scalars(query).first()


def rulings_of(meeting_id: str) -> list[Ruling]:
    return list(db.session.scalars(select(Ruling).where(Ruling.meeting_id == meeting_id).order_by(Ruling.no)))


def tracked_before(row: Meeting) -> list[Ruling]:
    """What the page opens with: the last meeting's rulings, and older ones that are still open."""
    last = previous(row)
    shown = or_(Ruling.state.in_(OPEN), Ruling.meeting_id == (last.id if last is not None else ""))
    query = select(Ruling).join(Meeting, Meeting.id == Ruling.meeting_id).where(Meeting.held_on < row.held_on)
    return list(db.session.scalars(query.where(shown).order_by(Meeting.held_on.desc(), Ruling.no)))


def told_before(row: Meeting, *, frozen: bool) -> list[dict[str, Any]]:
    """What `tracked_before` gives as the book prints it: as it was when the meeting's figures were frozen, or as it is now."""
    if frozen and row.snapshot is not None:
        found: list[dict[str, Any]] = row.snapshot["before"]
        return found
    return [as_told(one) for one in tracked_before(row)]


def as_told(one: Ruling) -> dict[str, Any]:
    """A ruling as plain data; `report` is the unit's last one."""
    reports = [step.text for step in one.steps if step.kind in ("reported", "release_asked")]
    return {
        "id": one.id, "no": one.no, "text": one.text, "unit_id": one.unit_id, "unit": one.unit.name,
        "due_on": one.due_on.isoformat(), "state": one.state, "report": reports[-1] if reports else "",
    }  # fmt: skip


def ruling(actor: Actor, ruling_id: str) -> Ruling:
    """One ruling: the commission and the chair see all, a unit its own."""
    row = db.session.get(Ruling, ruling_id)
    own = row is not None and actor.may(Permission.REPORT_RULINGS) and row.unit_id == actor.agency_id
    if row is None or not (own or actor.may(Permission.VIEW_MEETINGS)):
        raise Problem("not_found", "找不到這項裁示，或您沒有查看的權限。")
    return row


def stands(row: Ruling) -> str:
    """What a decision is made on, as one short text: the ruling, its deadline, and every step so far."""
    return f"{row.state} {row.due_on} {row.version} {len(row.steps)}"


def rulings_of_unit(agency_id: str) -> list[Ruling]:
    return list(db.session.scalars(select(Ruling).where(Ruling.unit_id == agency_id).order_by(Ruling.due_on)))


def open_rulings() -> list[Ruling]:
    """Every ruling that is still tracked, by due date."""
    return list(db.session.scalars(select(Ruling).where(Ruling.state.in_(OPEN)).order_by(Ruling.due_on)))


def shown_figures(
    row: Meeting, today: date, *, agency_id: str = "", programme: str = "", live: bool = False
) -> dict[str, Any]:
    """The figures of the page: the frozen ones where there is a snapshot of this slice, unless `live` is asked for.

    `frozen` tells which ones they are.
    """
    snapshot = None if live else row.snapshot
    if snapshot is not None:
        whole = not (agency_id or programme)
        found = snapshot["figures"] if whole else snapshot["slices"].get(f"{agency_id}|{programme}")
        if found is not None:
            return {**found, "frozen": True}
    as_of = min(today, row.held_on)
    return figures(Scope(row.period_from, row.period_to, as_of, agency_id, programme)) | {"frozen": False}


def todos(actor: Actor, today: date) -> list[Todo]:
    """Rulings of the own unit; for the secretariat the proposals to look at and the page to freeze."""
    found: list[Todo] = []
    if actor.may(Permission.REPORT_RULINGS) and actor.agency_id:
        own = [row for row in rulings_of_unit(actor.agency_id) if row.state == "tracked"]
        found += [_line(row, "回報裁示事項辦理情形", "回報", today) for row in own]
    if actor.may(Permission.RELEASE_RULINGS):
        asked = db.session.scalars(
            select(Ruling).where(Ruling.state == "release_asked").order_by(Ruling.due_on)
        )
        found += [_line(row, "單位提請解除列管", "看提請", today) for row in asked]
    if actor.may(Permission.PREPARE_MEETINGS) and (row := to_freeze()) is not None:
        found.append(
            Todo(
                f"{row.title}：備妥會議資料並定稿",
                row.held_on,
                "office.meeting",
                {"meeting_id": row.id},
                "開啟會議頁",
                "meeting",
                why=(_why_held(row),),
            )
        )
    return found


def _line(row: Ruling, what: str, button: str, today: date) -> Todo:
    overdue = row.due_on < today
    return Todo(
        f"{what}：{row.text[:40]}",
        row.due_on,
        "office.ruling",
        {"ruling_id": row.id},
        button,
        "ruling",
        overdue,
        why_due(row),
    )


def _why_held(row: Meeting) -> Reason:
    text = f"會議訂於 {format_date(row.held_on)}，會議資料在會前備妥、定稿"
    return because("deadline.meeting", text, Source("會報幕僚排定的會議日期", "", Evidence.SEC))


def why_due(row: Ruling) -> tuple[Reason, ...]:
    """Who set the day of a ruling: the chair at a meeting, and every later decision that moved it."""
    sitting = row.meeting
    texts = [f"{format_date(sitting.held_on)} {sitting.title}的主席裁示，期限由會議訂定"]
    moved = [step for step in row.steps if step.due_on is not None]
    texts += [
        f"{format_date(local_date(step.at))} 決定繼續列管，期限改為 {format_date(step.due_on)}"
        for step in moved
        if step.due_on
    ]
    texts.append(f"現在的期限為 {format_date(row.due_on)}")
    return tuple(because("deadline.ruling", text, RULED) for text in texts)
