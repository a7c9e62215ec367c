"""An inspection with its log, as tablets would have written it, and everybody who works on its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.demo.pen import SiteLog, moment
from inspect_app.ids import new_id
from inspect_app.inspections import log, services
from inspect_app.inspections.models import Inspection
from inspect_app.notices import services as notices
from inspect_app.photos import services as photos
from inspect_app.projects.models import Tender
from tests.support import factories as make

DEFECTS: tuple[Mapping[str, Any], ...] = (
    {"code": "5.01.01", "text": "A1 橋台蜂窩", "severity": "M", "party": "contractor", "location": "A1 橋台", "points": 2},
    {"code": "4.02.03", "text": "監造抽查紀錄不全", "severity": "L", "party": "supervision", "location": "", "points": 1},
)  # fmt: skip
ALSO = ("also_supervision", "also_pcm", "supervision_points", "pcm_points")
SIGNED = "M20 70 C40 20 60 100 80 60"


@dataclass(frozen=True)
class Told:
    """How the visit went. `scores`: leader's first; None: that sheet is not handed in."""

    scores: Sequence[int | None] = (79, 80, 80)
    defects: Sequence[Mapping[str, Any]] = DEFECTS
    test: str = ""
    judgement: str = ""
    picture: bytes = b""  # a photo of the first defect, sent by the second member
    deadline_days: int = 28
    closed: bool = True
    kind: str = "inspection"


@dataclass
class Inspected:
    """The inspection and its people. Each has the actor's rights of that role."""

    id: str
    tender: Tender
    leader: Actor
    members: tuple[Actor, ...]
    staff: Actor
    coordinator: Actor
    convener: Actor
    handler: Actor
    log: SiteLog
    devices: dict[str, str]
    findings: list[str] = field(default_factory=list)
    test: str = ""
    photo: str = ""
    sent: int = 0

    @property
    def scoring(self) -> tuple[Actor, ...]:
        return (self.leader, *self.members)

    @property
    def everybody(self) -> dict[str, Actor]:
        named = {
            name: getattr(self, name) for name in ("leader", "staff", "coordinator", "convener", "handler")
        }
        return named | {f"member{n}": one for n, one in enumerate(self.members, start=1)}

    @property
    def row(self) -> Inspection:
        from inspect_app.extensions import db

        db.session.expire_all()
        return db.session.get_one(Inspection, self.id)

    def write(self, by: Actor, entity: str, entity_id: str, **values: Any) -> None:
        self.log.write(by.id, self.devices[by.id], entity, entity_id, **values)

    def send(self) -> list[str]:
        """Send what was written since the last time; answers the statuses."""
        whole = self.log.operations
        self.log.operations = whole[self.sent :]
        batches = self.log.batches()
        self.log.operations, self.sent = whole, len(whole)
        return [result.status for sender, items in batches for result in log.append(sender, items)]

    def confirmed(self) -> None:
        """Sent to the members, and every one agreed."""
        services.send_for_confirmation(self.coordinator, self.id)
        version = services.open_record(self.id).version
        for one in self.scoring:
            services.confirm(one, self.id, version=version, agreed=True)

    def approved(self) -> None:
        self.confirmed()
        services.send_for_approval(self.coordinator, self.id)
        services.approve_record(self.convener, self.id)

    def issued(self, number: str = "府研查字第1150001號", late_reason: str = "") -> None:
        """The whole way; the letter is of today."""
        self.approved()
        notices.issue(self.coordinator, self.id, services.Dispatch(number, clock.today(), late_reason))


def inspection_with_log(told: Told | None = None, **visit: Any) -> Inspected:
    """A visit of today with the log of `told`, sent by everybody's tablet. Needs a held clock."""
    told = told or Told()
    owner = make.agency()
    contractor, supervision = (make.firm(f"{name}第{new_id()[-6:]}公司") for name in ("大安營造", "明察顧問"))
    tender = make.tender(
        owner, name="示範橋耐震補強工程", contract_amount=98_000_000, budget=120_000_000, award_amount=97_000_000,
        contractor_id=contractor.id, supervision_id=supervision.id, programme="基本設施補助",
    )  # fmt: skip
    people = _people(len(told.scores), owner.id)
    row = make.released_visit(
        tender, people["leader"], tuple(people["members"]), (people["staff"],), kind=told.kind, **visit
    )
    actors = {
        name: accounts.actor_for(people[name])
        for name in ("leader", "staff", "coordinator", "convener", "handler")
    }
    members = tuple(accounts.actor_for(one) for one in people["members"])
    devices = {one.id: new_id() for one in (actors["leader"], actors["staff"], *members)}
    made = Inspected(
        id=row.id,
        tender=tender,
        members=members,
        log=SiteLog(row.id, clock.now() - timedelta(hours=2), Random(row.id)),
        devices=devices,
        **actors,
    )
    _tell(made, told)
    assert set(made.send()) <= {"applied"}
    return made


def _people(scoring: int, agency_id: str) -> dict[str, Any]:
    names = ("林委員", "戚委員", "柴委員", "葉委員", "范委員", "石委員", "康委員", "凌委員")
    members: list[Account] = [make.account(Role.INSPECTOR, name=name) for name in names[: scoring - 1]]
    return {
        "leader": make.account(Role.LEADER, Role.INSPECTOR, name="龍領隊"), "members": members,
        "staff": make.account(Role.STAFF, name="幕小員"), "coordinator": make.account(Role.COORDINATOR, name="承辦甲"),
        "convener": make.account(Role.CONVENER, name="召集人"),
        "handler": make.account(Role.AGENCY_HANDLER, name="機關承辦", agency_id=agency_id),
    }  # fmt: skip


def _tell(made: Inspected, told: Told) -> None:
    staff, leader = made.staff, made.leader
    made.write(staff, "visit", made.id, arrived_at=_now(), weather="晴", works_now="P3 橋墩鋼筋綁紮中")
    _attend(made)
    for number, values in enumerate(told.defects):
        by, agreed = made.scoring[number % len(made.scoring)], {"points", *ALSO}
        entity = made.log.new_entity()
        noted = {name: value for name, value in values.items() if name not in agreed}
        made.write(by, "finding", entity, kind="defect", noted_by=by.id, **noted)
        made.findings.append(entity)
    if told.picture:
        made.photo = photos.take_in(made.members[1], told.picture, "a.jpg")
        made.write(made.members[1], "photo", made.log.new_entity(), sha256=made.photo, caption="蜂窩近照",
                   finding=made.findings[0], use="evidence", taken_at=_now())  # fmt: skip
    made.write(
        leader,
        "finding",
        made.log.new_entity(),
        kind="design",
        code="7.01",
        text="維修通道淨寬不足",
        aspect="maintainability",
    )
    made.write(leader, "finding", made.log.new_entity(), kind="advice", code="8.01", text="建議增設警示燈")
    made.write(staff, "merit", made.log.new_entity(), code="0.01", text="工地整潔")
    if told.test:
        made.test = made.log.new_entity()
        made.write(
            staff, "test", made.test, kind=told.test, item="28 天抗壓強度", place="P3 橋墩", quantity="3 個"
        )
    if told.judgement:
        made.write(
            leader,
            "judgement",
            made.log.own(f"judgement:{told.judgement}"),
            kind=told.judgement,
            failed=True,
            reason="與圖說不符",
        )
    for one, score in zip(made.scoring, told.scores, strict=True):
        if score is not None:
            hand_in(made, one, score)
    if told.closed:
        close(made, told)


def _now() -> str:
    return moment(clock.now())


def _attend(made: Inspected) -> None:
    for role, name in (
        ("owner_head", "陳科長"),
        ("supervision_engineer", "江技師"),
        ("contractor_qc", "呂品管"),
    ):
        made.write(made.staff, "attendance", made.log.own(f"attendance:{role}"), role=role, name=name, title="職稱",
                   organisation="單位", present=True)  # fmt: skip
    made.write(made.staff, "attendance", made.log.own("attendance:contractor_engineer"), role="contractor_engineer",
               name="潘主任技師", organisation="大安營造", present=False, absence_reason="出國")  # fmt: skip


PARTS = (("q_owner", 5), ("q_supervision", 5), ("q_contractor", 10), ("w_structure", 40), ("w_materials", 10),
         ("w_safety", 10), ("p", 20))  # fmt: skip


def sheet_of(total: int) -> dict[str, int]:
    """A sheet that adds up to `total`."""
    left, sheet = total, {}
    for name, most in PARTS:
        sheet[name] = min(most, left)
        left -= sheet[name]
    return sheet


def hand_in(made: Inspected, one: Actor, total: int) -> None:
    key = made.log.own(f"score_sheet:{one.id}")
    indicators = dict.fromkeys(("env", "safety", "strength", "looks", "function"), 80)
    made.write(one, "score_sheet", key, **sheet_of(total), **indicators, comment_q="品管尚可")
    made.write(one, "score_sheet", key, handed_in_at=_now())


def close(made: Inspected, told: Told) -> None:
    """The points meeting, the deadline, the signatures, the closing."""
    leader = made.leader
    made.write(leader, "visit", made.id, room_cleared_at=_now())
    for entity, values in zip(made.findings, told.defects, strict=True):
        also = {name: values[name] for name in ALSO if name in values}
        made.write(leader, "finding", entity, agreed_severity=values["severity"], agreed_party=values["party"],
                   points=values["points"], agreed=True, **also)  # fmt: skip
    deadline = clock.today() + timedelta(days=told.deadline_days)
    made.write(leader, "visit", made.id, points_agreed=True, improvement_deadline=deadline.isoformat())
    for one, role in (
        (leader, "領隊"),
        *((one, "查核委員") for one in made.members),
        (made.staff, "工作人員"),
    ):
        made.write(one, "signature", made.log.own(f"signature:{one.id}"), name=one.name, role=role, strokes=SIGNED,
                   signed_at=_now(), **made.log.frontier())  # fmt: skip
    made.write(leader, "closing", made.log.own("closing"), closed_at=_now(), **made.log.frontier())
