"""The plan of a visit: what planners write, the convener approves and the seal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from inspect_app.clock import TAIPEI

KINDS: dict[str, str] = {"inspection": "查核", "reinspection": "複查", "supervision": "督導"}
ROLES: dict[str, str] = {"leader": "領隊", "member": "查核委員", "staff": "工作人員"}
SCORING = ("leader", "member")


@dataclass(frozen=True, slots=True)
class TeamMember:
    """One person of the team. `leader` and `member` score, `staff` write; `external`: outside expert (外聘)."""

    account_id: str
    role: str
    name: str = ""
    external: bool = False
    off_roster_reason: str = (
        ""  # approved by the agency head; wanted of an outside member who is not on PCC's roster
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan (查核行程預排). Moments are aware; the hours say from when leader and members may know."""

    tender_id: str
    kind: str
    announced: bool
    planned_at: datetime
    release_at: datetime  # the latest: the jobs process then releases by itself
    leader_hour: datetime
    member_hour: datetime
    window_from: date | None
    window_to: date | None  # compulsory for an unannounced visit
    team: tuple[TeamMember, ...]
    pcc_letter: str = ""  # PCC's consent when fewer than a third are external
    speciality: str = ""  # which specialities the work needs and who covers them
    topic: str = ""
    notice_no: str = ""
    notice_text: str = ""
    officer: str = ""  # 承辦人
    officer_phone: str = ""
    override_reason: str = ""  # why a tender that is normally not selectable is inspected all the same
    kind_reason: str = ""  # why the kind differs from what the rules propose
    edition_id: str = ""  # pinned: catalogue edition in force on the day
    rules_edition: str = ""  # pinned: edition of the rules in force on the day
    settings: Mapping[str, Any] | None = (
        None  # pinned at release: the city's own values of the rules; None before
    )
    district: str = ""  # copied from the tender, so that members can be told it without the target

    @property
    def planned_on(self) -> date:
        """The legal date of the visit."""
        return self.planned_at.astimezone(TAIPEI).date()

    @property
    def leader(self) -> TeamMember | None:
        return next((person for person in self.team if person.role == "leader"), None)

    @property
    def scoring(self) -> tuple[TeamMember, ...]:
        """Those who score: leader and members."""
        return tuple(person for person in self.team if person.role in SCORING)

    def person(self, account_id: str) -> TeamMember | None:
        """This account's place in the team."""
        return next((person for person in self.team if person.account_id == account_id), None)

    def with_values(self, **values: Any) -> Plan:
        """The same plan with some values changed."""
        return replace(self, **values)


_MOMENTS = ("planned_at", "release_at", "leader_hour", "member_hour")
_DATES = ("window_from", "window_to")


def as_json(plan: Plan) -> dict[str, Any]:
    """For the seal and, from release on, for `Visit.plan`: ISO texts, team as objects."""
    content = asdict(plan)
    for name in (*_MOMENTS, *_DATES):
        content[name] = content[name].isoformat() if content[name] else None
    content["team"] = [asdict(person) for person in plan.team]
    return content


def from_json(content: dict[str, Any]) -> Plan:
    """The plan of `as_json`; unknown keys of a later version are left out."""
    known = {item.name for item in fields(Plan)}
    values = {name: value for name, value in content.items() if name in known}
    for name in _MOMENTS:
        values[name] = datetime.fromisoformat(values[name])
    for name in _DATES:
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    values["team"] = tuple(TeamMember(**person) for person in values["team"])
    return Plan(**values)


@dataclass(frozen=True, slots=True)
class Known:
    """What one person may know of one visit now: the day and the district at least; the rest is None until they may.

    `role`: their own place in the team, or `planner`, `convener`. `phase`: `before` or `released`.
    """

    visit_id: str
    role: str
    phase: str
    version: int
    planned_on: date
    district: str
    planned_at: datetime | None = None
    plan: Plan | None = field(default=None, repr=False)
