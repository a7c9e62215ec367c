"""A small city made by the demo's own pieces: tenders by the importer, inspections by the services. For tests of what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import SYSTEM, Actor
from inspect_app.catalogue.services import load_shipped
from inspect_app.demo import history
from inspect_app.demo.people import by_login, load_people
from inspect_app.demo.tenders import as_xml, plans
from inspect_app.demo.visits import crew
from inspect_app.extensions import db
from inspect_app.installation import services as installation
from inspect_app.projects.models import Tender
from inspect_app.projects.services import import_tenders


@dataclass(frozen=True)
class City:
    """What a test needs of the city: its stage and the tenders under way."""

    scene: history.Stage
    tenders: list[Tender]

    def actor(self, login: str) -> Actor:
        return accounts.actor_for(by_login(login))

    def inspect(self, number: int, day: date, **values: object) -> str:
        """One inspection of the numbered tender; answers its id."""
        given = {"level": 80, "findings": 6, "seed": number} | values
        return history.inspect(history.Wanted(self.tenders[number], day, **given), self.scene)  # type: ignore[arg-type]


def build(count: int = 60) -> City:
    """Tenders, people and the catalogue; no inspection yet."""
    installation.create("示範市政府", "研考會", demo=True)
    edition, today = load_shipped(SYSTEM), clock.today()
    import_tenders(SYSTEM, "small.xml", as_xml(plans(today)[:count], today))
    load_people()
    scene = history.stage(crew(), edition.id, pictured=False)
    query = select(Tender).where(Tender.started_on.is_not(None)).order_by(Tender.number, Tender.id)
    return City(scene, list(db.session.scalars(query)))


def scatter(city: City, seed: int, count: int) -> list[str]:
    """Inspections of many kinds over the last year: issued and not, withheld, forced 丙等, unscored parts of the way."""
    random, today = Random(seed), clock.today()
    made = []
    for number in range(count):
        day = today - timedelta(days=random.randint(12, 330))
        office = random.choice(["issued"] * 6 + ["approved", "approving", "confirming", "closed"])
        test = random.choice(["", "", "", "concrete_core"])
        judgement = random.choice(["", "", "", "", "safety"])
        values = {"level": random.randint(64, 92), "findings": random.randint(3, 9), "seed": seed + number}
        made.append(city.inspect(number, day, office=office, test=test, judgement=judgement, **values))
    return made
