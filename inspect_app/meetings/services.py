"""The verbs of the meeting: prepare, rule, report, release, freeze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import delete, func, select

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.meetings import queries
from inspect_app.meetings.figures import Scope, figures
from inspect_app.meetings.models import Meeting, Ruling, RulingStep
from inspect_app.meetings.telling import RULED, decided, tell_unit
from inspect_app.projects.models import Agency, Signal, Tender
from inspect_app.transaction import transaction

Row = TypeVar("Row", Meeting, Ruling)


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A sitting to prepare; the period is the time whose inspections are shown."""

    title: str
    held_on: date
    period_from: date
    period_to: date


def create_meeting(actor: Actor, new: NewMeeting) -> Meeting:
    """Raises `missing`, `bad_value` (period the wrong way round), `conflict` (a sitting on that day exists)."""
    permit(actor, Permission.PREPARE_MEETINGS)
    with transaction() as session:
        _check_meeting(new)
        row = Meeting(
            id=new_id(), title=new.title.strip(), held_on=new.held_on, period_from=new.period_from,
            period_to=new.period_to, created_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        audit.record(actor, "meetings.created", f"meeting:{row.id}", held_on=new.held_on)
    return row


def _check_meeting(new: NewMeeting, own: str = "") -> None:
    """`own`: the sitting that is changed."""
    if not new.title.strip():
        raise Problem("missing", "請填寫會議名稱。", field="title")
    if new.period_from > new.period_to:
        raise Problem("bad_value", "統計期間的起日要早於迄日。", field="period_from")
    if db.session.scalar(select(Meeting.id).where(Meeting.held_on == new.held_on, Meeting.id != own)):
        raise Problem("conflict", "這一天已經有一次會議。", field="held_on")


def edit_meeting(actor: Actor, meeting_id: str, new: NewMeeting) -> None:
    """Correct a sitting until it is frozen. Raises as `create_meeting`, and `wrong_state` for a frozen one."""
    permit(actor, Permission.PREPARE_MEETINGS)
    with transaction() as session:
        row = _held_alone(queries.meeting(meeting_id))
        if row.frozen_at is not None:
            raise Problem("wrong_state", "這次會議的資料已經定稿，不能再改。")
        _check_meeting(new, row.id)
        first_due = session.scalar(select(func.min(Ruling.due_on)).where(Ruling.meeting_id == row.id))
        if first_due is not None and first_due < new.held_on:
            raise Problem("bad_value", "會議日期晚於已登錄裁示的辦理期限。", field="held_on")
        row.title, row.held_on = new.title.strip(), new.held_on
        row.period_from, row.period_to = new.period_from, new.period_to
        audit.record(actor, "meetings.edited", f"meeting:{row.id}", held_on=new.held_on)


@dataclass(frozen=True, slots=True)
class NewRuling:
    """主席裁示: what, who, until when; `tender_id` when it is about one tender."""

    text: str
    unit_id: str
    due_on: date
    tender_id: str | None = None


def add_ruling(actor: Actor, meeting_id: str, new: NewRuling) -> Ruling:
    """The chair's ruling goes to a unit with a due date; the unit's people are told."""
    with transaction() as session:
        permit(actor, Permission.RULE)
        row = _held_alone(queries.meeting(meeting_id))
        _check_ruling(row, new)
        number = (
            session.scalar(select(func.coalesce(func.max(Ruling.no), 0)).where(Ruling.meeting_id == row.id))
            or 0
        )
        ruling = Ruling(
            id=new_id(), meeting_id=row.id, no=number + 1, text=new.text.strip(), unit_id=new.unit_id, due_on=new.due_on,
            tender_id=new.tender_id, state="tracked", version=1, created_by=actor.id, created_at=clock.now(),
        )  # fmt: skip
        session.add(ruling)
        session.flush()
        _signal(ruling, row)
        audit.record(actor, "meetings.ruled", f"ruling:{ruling.id}", unit=new.unit_id, due_on=new.due_on)
        tell_unit(ruling, RULED, "會報裁示一項由貴單位辦理，請依限回報。")
    return ruling


def _held_alone(row: Row) -> Row:
    """The row as it stands, and nobody else changes it meanwhile: the chair and the secretariat write at the same sitting."""
    db.session.refresh(row, with_for_update=True)
    return row


def _check_ruling(row: Meeting, new: NewRuling) -> None:
    if not new.text.strip():
        raise Problem("missing", "請填寫裁示內容。", field="text")
    if db.session.get(Agency, new.unit_id) is None:
        raise Problem("missing", "請選擇主辦單位。", field="unit_id")
    if new.due_on < row.held_on:
        raise Problem("bad_value", "辦理期限不能早於會議日期。", field="due_on")
    if new.tender_id is not None and db.session.get(Tender, new.tender_id) is None:
        raise Problem("bad_value", "找不到這件標案。", field="tender_id")


def _signal(ruling: Ruling, row: Meeting) -> None:
    """A ruling about a tender is a reason to inspect it (督導會報交查): written down for those who plan.

    Of that tender only: one that the ruling named by mistake is no longer a reason to go there.
    """
    db.session.execute(delete(Signal).where(Signal.evidence == f"ruling:{ruling.id}"))
    if ruling.tender_id is not None:
        signal = Signal(
            id=new_id(),
            tender_id=ruling.tender_id,
            kind="meeting_ruling",
            on=row.held_on,
            evidence=f"ruling:{ruling.id}",
        )
        db.session.add(signal)


def edit_ruling(actor: Actor, ruling_id: str, new: NewRuling, version: int) -> None:
    """Correct a ruling until its meeting is frozen; later ones are new rulings.

    Another tender is another one to inspect, another unit is told, and so is the one that had it.
    """
    with transaction():
        permit(actor, Permission.RULE)
        ruling = _held_alone(queries.ruling(actor, ruling_id))
        row = queries.meeting(ruling.meeting_id)
        if row.frozen_at is not None:
            raise Problem("wrong_state", "會議資料已定稿，裁示內容不能再改；請另作新的裁示。")
        if ruling.version != version:
            raise Problem("stale", "這項裁示剛被別人改過，請比較後再儲存。")
        _check_ruling(row, new)
        unit_before = ruling.unit_id
        ruling.text, ruling.unit_id, ruling.due_on, ruling.tender_id = (
            new.text.strip(),
            new.unit_id,
            new.due_on,
            new.tender_id,
        )
        ruling.version += 1
        _signal(ruling, row)
        if new.unit_id != unit_before:
            tell_unit(ruling, RULED, "會報裁示一項改由貴單位辦理，請依限回報。")
            tell_unit(
                ruling, "［督導會報］主席裁示改由其他單位辦理", "這項裁示不再由貴單位辦理。", unit_before
            )
        _step(actor, ruling, "edited", new.text.strip())


def _step(actor: Actor, ruling: Ruling, kind: str, text: str, due_on: date | None = None) -> None:
    ruling.steps.append(
        RulingStep(
            id=new_id(),
            ruling_id=ruling.id,
            kind=kind,
            text=text,
            due_on=due_on,
            by=actor.id,
            by_name=actor.name,
            at=clock.now(),
        )
    )
    audit.record(actor, f"meetings.ruling_{kind}", f"ruling:{ruling.id}")


def report_ruling(actor: Actor, ruling_id: str, text: str, *, ask_release: bool) -> None:
    """The unit reports what it did, and may ask for release (提請解除)."""
    with transaction():
        permit(actor, Permission.REPORT_RULINGS)
        ruling = _held_alone(queries.ruling(actor, ruling_id))
        if ruling.unit_id != actor.agency_id:
            raise Problem("forbidden", "只有主辦單位可以回報。")
        if ruling.state not in queries.OPEN:
            raise Problem("wrong_state", "這項裁示已解除列管。")
        if not text.strip():
            raise Problem("missing", "請填寫辦理情形。", field="text")
        _step(actor, ruling, "release_asked" if ask_release else "reported", text.strip())
        ruling.state = "release_asked" if ask_release else ruling.state


def decide_ruling(
    actor: Actor,
    ruling_id: str,
    decision: str,
    *,
    text: str = "",
    due_on: date | None = None,
    into: str | None = None,
    seen: str | None = None,
) -> None:
    """At a meeting: release (解除列管), continue with a new due date (繼續列管), or merge into another (併案).

    What was released or merged by mistake is continued: it is tracked again (恢復列管).
    Raises `stale` when the ruling no longer stands as it was `seen` (`queries.stands`).
    """
    with transaction():
        permit(actor, Permission.RELEASE_RULINGS)
        ruling = _held_alone(queries.ruling(actor, ruling_id))
        if seen not in (None, queries.stands(ruling)):
            raise Problem("stale", "您開啟這一頁之後，這項裁示有了新的進展，列在歷程裡。請看過再決定。")
        if ruling.state not in queries.OPEN and decision != "continued":
            raise Problem("wrong_state", "這項裁示已經決定。")
        if decision == "released":
            ruling.state = "released"
        elif decision == "continued":
            _continue(ruling, text, due_on)
        elif decision == "merged":
            _merge(actor, ruling, into)
        else:
            raise Problem("bad_value", "請選擇解除、繼續列管或併案。", field="decision")
        _step(actor, ruling, decision, text.strip(), due_on)
        tell_unit(ruling, "［督導會報］裁示事項的決定", decided(ruling))


def _continue(ruling: Ruling, text: str, due_on: date | None) -> None:
    if due_on is None or due_on <= ruling.due_on:
        raise Problem("bad_value", "繼續列管要給新的期限，且晚於原期限。", field="due_on")
    if not text.strip():
        raise Problem("reason_required", "請說明繼續列管的理由。", field="text")
    ruling.state, ruling.due_on, ruling.merged_into = "tracked", due_on, None


def _merge(actor: Actor, ruling: Ruling, into: str | None) -> None:
    target = queries.ruling(actor, into) if into and into != ruling.id else None
    if target is None or target.state not in queries.OPEN:
        raise Problem("bad_value", "請選擇要併入的、仍在列管的裁示。", field="into")
    ruling.state, ruling.merged_into = "merged", target.id


def freeze_meeting(actor: Actor, meeting_id: str) -> None:
    """Freeze the page for the meeting's date: all figures, every slice by agency and programme, the rulings before it."""
    with transaction() as session:
        permit(actor, Permission.PREPARE_MEETINGS)
        row = session.get(Meeting, meeting_id, with_for_update=True)
        if row is None:
            raise Problem("not_found", "找不到這次會議。")
        if row.frozen_at is not None:
            raise Problem("wrong_state", "這次會議的資料已經定稿。")
        row.snapshot = _snapshot(row)
        row.frozen_at, row.frozen_by = clock.now(), actor.id
        audit.record(actor, "meetings.frozen", f"meeting:{row.id}")


def _snapshot(row: Meeting) -> dict[str, object]:
    as_of = min(clock.today(), row.held_on)
    whole = figures(Scope(row.period_from, row.period_to, as_of))
    return {
        "figures": whole,
        "slices": _slices(row, as_of),
        "before": queries.told_before(row, frozen=False),
        "as_of": as_of.isoformat(),
    }


def _slices(row: Meeting, as_of: date) -> dict[str, object]:
    """Each agency's and each programme's own page, so that a filter shows the frozen figures, too."""
    agencies = sorted(db.session.scalars(select(Tender.agency_id).distinct()))
    programmes = sorted(name for name in db.session.scalars(select(Tender.programme).distinct()) if name)
    pairs = [(agency, "") for agency in agencies] + [("", programme) for programme in programmes]
    return {
        f"{agency}|{programme}": figures(Scope(row.period_from, row.period_to, as_of, agency, programme))
        for agency, programme in pairs
    }
