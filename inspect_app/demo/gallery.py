"""The demo's photos, taken in by the ordinary door and ready to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from random import Random

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.demo.pictures import OFTEN, Scenes, jpeg
from inspect_app.demo.visits import Crew
from inspect_app.photos import processing
from inspect_app.photos import services as photos
from inspect_app.photos.models import Possession
from inspect_app.prepared import insert_new
from inspect_app.projects.models import Tender
from inspect_app.transaction import transaction

REPEATS = 40  # each so many pictures, one is handed in a second time
Page = list[tuple[str, str]]  # (kind, hash)


@dataclass
class Studio:
    """Takes the pictures of one inspection after the other: on its day, at its site, nearly all of them used once."""

    crew: Crew
    random: Random
    scenes: Scenes = field(default_factory=Scenes)
    kinds: Iterator[str] = field(default_factory=lambda: cycle(OFTEN))
    taken: Page = field(default_factory=list)

    def page(self, tender: Tender, day: date) -> Page:
        """The pictures of a day on site, in the possession of everybody who goes out."""
        first = datetime.combine(day, time(9, 40))
        kinds = list(islice(self.kinds, _many(day)))
        with clock.set_to(datetime.combine(day, time(7), UTC)):  # sent in the afternoon
            made = [
                self._picture(kind, tender, first + timedelta(minutes=17 * each))
                for each, kind in enumerate(kinds)
            ]
            _share(self.crew, [sha256 for _, sha256 in made])
        return made

    def _picture(self, kind: str, tender: Tender, taken_at: datetime) -> tuple[str, str]:
        if len(self.taken) % REPEATS == REPEATS - 1:
            self.taken.append(self.taken[-REPEATS // 2])
            return self.taken[-1]
        owner = accounts.actor_for(self.crew.accounts["staff1"])
        data = jpeg(self.scenes.view(kind, self.random), taken_at, self._near(tender))
        sha256 = photos.take_in(owner, data, f"{kind}.jpg")
        processing.handle({"sha256": sha256})
        self.taken.append((kind, sha256))
        return self.taken[-1]

    def _near(self, tender: Tender) -> tuple[float, float] | None:
        """Within some thirty metres of the site."""
        if tender.lat is None or tender.lon is None:
            return None
        return tender.lat + self.random.uniform(-3, 3) / 1e4, tender.lon + self.random.uniform(-3, 3) / 1e4


def _many(day: date) -> int:
    """The longer ago, the fewer are shown."""
    age = (clock.today() - day).days
    return 6 if age <= 120 else 3 if age <= 365 else 1


def _share(crew: Crew, hashes: Sequence[str]) -> None:
    moment = clock.now()
    with transaction():
        insert_new(
            Possession,
            [
                {"sha256": one, "account_id": account.id, "at": moment}
                for account in crew.accounts.values()
                for one in hashes
            ],
        )
