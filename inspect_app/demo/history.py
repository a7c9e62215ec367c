"""The demo's inspections: three years of past ones, and one in every state of the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.catalogue import queries as catalogue
from inspect_app.demo.city import SEED
from inspect_app.demo.gallery import Page, Studio
from inspect_app.demo.people import by_login
from inspect_app.demo.site import Story, told
from inspect_app.demo.visits import Crew, Team, past_visit
from inspect_app.domain.catalogue import Edition
from inspect_app.domain.deadlines import due
from inspect_app.extensions import db
from inspect_app.inspections import log, services
from inspect_app.inspections.team import members_of
from inspect_app.notices import services as notices
from inspect_app.projects.models import Tender
from inspect_app.transaction import transaction

PAST = 200
YEARS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Who does what in the office, and what every inspection shares."""

    crew: Crew
    coordinator: Actor
    convener: Actor
    edition: Edition
    studio: Studio | None


def stage(crew: Crew, edition_id: str, *, pictured: bool = True) -> Stage:
    people = {login: accounts.actor_for(by_login(login)) for login in ("coordinator1", "convener")}
    return Stage(
        crew,
        people["coordinator1"],
        people["convener"],
        catalogue.edition_rows(edition_id),
        Studio(crew, Random(SEED)) if pictured else None,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One inspection to make: tender, day, mean score and how far it went."""

    tender: Tender
    day: date
    level: int
    findings: int
    until: str = "closed"  # on site: begun, noted, scored, closed
    office: str = "issued"  # in the office: closed, confirming, approving, approved, issued
    test: str = ""
    judgement: str = ""
    seed: int = 0
    disputed: bool = False


def begun_on(day: date) -> datetime:
    """Nine in the morning in Taipei."""
    return datetime.combine(day, time(1, 0), UTC)


def inspect(wanted: Wanted, scene: Stage, team: Team | None = None) -> str:
    """Make one inspection through the same services that people use, in one transaction; answers its id."""
    photos = scene.studio.page(wanted.tender, wanted.day) if scene.studio else []
    with transaction():
        return _inspect(wanted, scene, team, photos)


def _inspect(wanted: Wanted, scene: Stage, team: Team | None, photos: Page) -> str:
    random = Random(SEED + wanted.seed)  # a demo, not a draw
    team = team or scene.crew.team(random)
    begun = begun_on(wanted.day)
    visit_id = past_visit(wanted.tender, team, begun, scene.edition.id)
    story = Story(
        visit_id, begun, team.members, wanted.level, wanted.findings, scene.edition, photos,
        test=wanted.test, judgement=wanted.judgement, until=wanted.until, disputed=wanted.disputed,
        deadline_days=random.choice([21, 23, 28, 30]),
    )  # fmt: skip
    _send(story, begun, wanted.seed)
    if wanted.until == "closed":
        _office(visit_id, wanted, scene)
    return visit_id


def _send(story: Story, begun: datetime, seed: int) -> None:
    taken = {"applied", "late", "conflict"} if story.disputed else {"applied"}
    with clock.set_to(begun + timedelta(hours=6)):
        for sender, items in told(story, seed).batches():
            results = log.append(sender, items)
            wrong = [result for result in results if result.status not in taken]
            if wrong:
                raise RuntimeError(f"the demo's operations were not applied: {wrong[0]}")


def _office(visit_id: str, wanted: Wanted, scene: Stage) -> None:
    """Tidied, confirmed, approved and issued on the days on which that is usual."""
    steps = ("confirming", "approving", "approved", "issued")
    if wanted.office not in steps:
        return
    for name in steps[: steps.index(wanted.office) + 1]:
        with clock.set_to(
            begun_on(
                _working_day(wanted, {"confirming": 2, "approving": 3, "approved": 4, "issued": 5}[name])
            )
        ):
            _step(name, visit_id, scene)


def _working_day(wanted: Wanted, days: int) -> date:
    calendar = catalogue.calendar(wanted.day.year, wanted.day.year + 1)
    return min(due(wanted.day, days, calendar, catalogue.rules_on(wanted.day)).due, clock.today())


def _step(name: str, visit_id: str, scene: Stage) -> None:
    if name == "confirming":
        services.send_for_confirmation(scene.coordinator, visit_id)
    elif name == "approving":
        _confirm_all(visit_id)
        services.send_for_approval(scene.coordinator, visit_id)
    elif name == "approved":
        services.approve_record(scene.convener, visit_id)
    else:
        today = clock.today()
        number = f"示府研查字第{today.year - 1911}{today:%m%d}{visit_id[-3:]}號"
        notices.issue(scene.coordinator, visit_id, services.Dispatch(number, today))


def _confirm_all(visit_id: str) -> None:
    version = services.open_record(visit_id).version
    for row in members_of(visit_id):
        if row.role != "staff":
            account = accounts.get(row.account_id)
            if account is not None:
                services.confirm(accounts.actor_for(account), visit_id, version=version, agreed=True)


def past(today: date) -> list[Wanted]:
    """Two hundred inspections over three years, spread over the working days; scores bunch at 78 to 84."""
    random = Random(SEED + 7)
    query = select(Tender).where(
        Tender.started_on.is_not(None), Tender.state.not_in(("未開工", "設計中", "準備開工中"))
    )
    tenders = [
        row
        for row in db.session.scalars(query.order_by(Tender.agency_id, Tender.number))
        if (row.budget or 0) >= 1_500_000
    ]
    days = sorted(_workday(today - timedelta(days=random.randint(45, 365 * YEARS))) for _ in range(PAST))
    chosen = random.sample(tenders, min(PAST, len(tenders)))
    return [
        Wanted(tender, day, _level(random), _count(random), seed=n)
        for n, (tender, day) in enumerate(zip(chosen, days, strict=False))
    ]


def _workday(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _level(random: Random) -> int:
    """Grades as published: 優 1.5 %, 甲 and 乙 the bulk, 丙 1.9 %; most lie at 78-84."""
    band = random.choices(["top", "usual", "low", "bad"], [15, 880, 86, 19])[0]
    return {
        "top": 91,
        "usual": round(random.gauss(80.6, 2.3)),
        "low": random.randint(72, 76),
        "bad": random.randint(60, 66),
    }[band]


def _count(random: Random) -> int:
    """17.8 findings each."""
    return max(5, round(random.gauss(17.8, 5)))
