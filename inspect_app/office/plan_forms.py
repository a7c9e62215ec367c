"""The forms of planning: what is typed becomes a `Plan`, and a plan becomes what is typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validate

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.clock import TAIPEI
from inspect_app.domain import roc
from inspect_app.experts import queries as experts
from inspect_app.office.forms import Day, FormSchema
from inspect_app.scheduling.plan import KINDS, Plan, TeamMember
from inspect_app.scheduling.services import Dates

LEADER_TOLD, MEMBERS_TOLD = time(9), time(17)  # of the day before, where nothing else is entered
YEARS = range(2000, 2200)


class Hour(fields.Field[time]):
    """14:05."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        try:
            return time.fromisoformat(value.zfill(5))
        except ValueError:
            raise ValidationError("請填時間，例如 09:30。") from None


class Moment(fields.Field[datetime]):
    """What a date-and-time input sends, in Taipei's time."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value).replace(tzinfo=TAIPEI)
        except ValueError:
            raise ValidationError("請填日期與時間。") from None
        if moment.year not in YEARS:
            raise ValidationError("年份不對，請查對日期。")
        return moment


class DatesForm(FormSchema):
    """When, and from when who may know."""

    planned_on = Day(required=True)
    start = Hour(required=True)
    window_from = Day(load_default=None)
    window_to = Day(load_default=None)
    release = Hour(load_default=None)
    leader_hour = Moment(load_default=None)
    member_hour = Moment(load_default=None)


class PlanForm(DatesForm):
    """A whole plan."""

    tender_id = fields.String(required=True, error_messages={"required": "請先選定標案。"})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    kind_reason = fields.String(load_default="", validate=validate.Length(max=200))
    announced = fields.String(required=True, validate=validate.OneOf(("no", "yes")))
    leader = fields.String(required=True)
    members = fields.List(fields.String(), load_default=[])
    staff = fields.List(fields.String(), load_default=[])
    off_roster_reason = fields.String(load_default="", validate=validate.Length(max=200))
    pcc_letter = fields.String(load_default="", validate=validate.Length(max=100))
    speciality = fields.String(load_default="", validate=validate.Length(max=100))
    topic = fields.String(load_default="", validate=validate.Length(max=200))
    notice_no = fields.String(load_default="", validate=validate.Length(max=100))
    notice_text = fields.String(load_default="", validate=validate.Length(max=2000))
    officer = fields.String(load_default="", validate=validate.Length(max=60))
    officer_phone = fields.String(load_default="", validate=validate.Length(max=60))
    override_reason = fields.String(load_default="", validate=validate.Length(max=200))


class PostponeForm(DatesForm):
    reason = fields.String(load_default="", validate=validate.Length(max=200))


class ReasonForm(FormSchema):
    reason = fields.String(load_default="", validate=validate.Length(max=200))


NOTES = (
    "kind_reason", "pcc_letter", "speciality", "topic", "notice_no", "notice_text", "officer", "officer_phone", "override_reason",
)  # fmt: skip


def half_filled(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What can already be read of a form that is being filled in; the rest is blank."""
    blank = {
        "leader": "",
        **{name: item.load_default for name, item in PlanForm().fields.items() if not item.required},
    }
    wrong = PlanForm(partial=True).validate(sent)
    return blank | dict(PlanForm(partial=True, exclude=tuple(wrong)).load(sent))


def dates_of(data: dict[str, Any]) -> Dates:
    """The moments of a form; hours that were left blank fall on the day before, the release on the start."""
    day: date = data["planned_on"]
    before, start = day - timedelta(days=1), _at(day, data["start"])
    return Dates(
        planned_at=start,
        release_at=_at(day, data["release"]) if data["release"] else start,
        leader_hour=data["leader_hour"] or _at(before, LEADER_TOLD),
        member_hour=data["member_hour"] or _at(before, MEMBERS_TOLD),
        window_from=data["window_from"],
        window_to=data["window_to"],
    )


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, TAIPEI)


def plan_of(data: dict[str, Any]) -> Plan:
    """The plan of a form's data."""
    dates = dates_of(data)
    return Plan(
        tender_id=data["tender_id"],
        kind=data["kind"],
        announced=data["announced"] == "yes",
        planned_at=dates.planned_at,
        release_at=dates.release_at,
        leader_hour=dates.leader_hour,
        member_hour=dates.member_hour,
        window_from=dates.window_from,
        window_to=dates.window_to,
        team=tuple(_team(data)),
        **{name: data[name] for name in NOTES},
    )


def _team(data: dict[str, Any]) -> list[TeamMember]:
    reason = data["off_roster_reason"]
    chosen = [
        ("leader", data["leader"]),
        *(("member", key) for key in data["members"] if key != data["leader"]),
    ]
    scoring = [TeamMember(key, role, off_roster_reason=reason) for role, key in chosen]
    return scoring + [TeamMember(key, "staff") for key in data["staff"]]


def typed_of(plan: Plan) -> dict[str, Any]:
    """What the form shows of a plan that is edited."""
    reasons = [person.off_roster_reason for person in plan.team if person.off_roster_reason]
    return {
        "tender_id": plan.tender_id,
        "kind": plan.kind,
        "announced": "yes" if plan.announced else "no",
        "leader": next((person.account_id for person in plan.team if person.role == "leader"), ""),
        "members": [person.account_id for person in plan.team if person.role == "member"],
        "staff": [person.account_id for person in plan.team if person.role == "staff"],
        "off_roster_reason": reasons[0] if reasons else "",
        **typed_dates(plan),
        **{name: getattr(plan, name) for name in NOTES},
    }


def typed_dates(plan: Plan) -> dict[str, Any]:
    """The dates of a plan, as the form shows them."""
    return {
        "planned_on": plan.planned_on,
        "start": roc.format_time(plan.planned_at),
        "window_from": plan.window_from,
        "window_to": plan.window_to,
        "release": roc.format_time(plan.release_at),
        "leader_hour": plan.leader_hour,
        "member_hour": plan.member_hour,
    }


Option = tuple[str, str, str]


def choices() -> dict[str, list[Option]]:
    """Whom the form offers: leaders, members and staff who may serve, each with what one wants to know beside the name."""
    rows = {row.account_id: row for row in experts.members(with_inactive=True) if row.account_id}
    members = sorted(
        _serving(rows, Role.INSPECTOR), key=lambda person: (not _outside(rows, person), person.name)
    )
    return {
        "leaders": [_option(rows, person) for person in _serving(rows, Role.LEADER)],
        "members": [_option(rows, person) for person in members],
        "staff": [(person.id, person.name, person.title) for person in _serving(rows, Role.STAFF)],
    }


def _serving(rows: dict[str, Any], role: Role) -> list[Account]:
    """Whoever has the role, may sign in and is not retired on the roster."""
    people = filter(accounts.usable, accounts.with_role(role))
    return [person for person in people if person.id not in rows or rows[person.id].active]


def _outside(rows: dict[str, Any], person: Account) -> bool:
    return person.id in rows and rows[person.id].external


def _option(rows: dict[str, Any], person: Account) -> Option:
    row = rows.get(person.id)
    if row is None:
        return person.id, person.name, "內聘"
    parts = ["外聘" if row.external else "內聘", "、".join(row.specialities), row.employer]
    parts += ["不在工程會名單"] if row.external and not row.on_roster else []
    return person.id, person.name, "，".join(part for part in parts if part)
