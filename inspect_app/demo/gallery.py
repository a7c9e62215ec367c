"""The demo's photos, taken in by the ordinary door and ready to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.demo.pictures import KINDS, picture
from inspect_app.demo.visits import Crew
from inspect_app.extensions import insert_new
from inspect_app.photos import processing
from inspect_app.photos import services as photos
from inspect_app.photos.models import Possession
from inspect_app.photos.workers import POOL
from inspect_app.transaction import transaction

EACH = 3


def gallery(crew: Crew, today: date) -> dict[str, Sequence[str]]:
    """{kind of picture: hashes}, in the possession of everybody who goes out."""
    owner = accounts.actor_for(crew.accounts["staff1"])
    found: dict[str, list[str]] = {}
    for number, kind in enumerate(KINDS):
        for each in range(EACH):
            taken = datetime.combine(today - timedelta(days=20 + number * 3 + each), time(10, 12 + number))
            data = picture(kind, each, taken, (22.61 + number / 100, 120.31 + each / 100))
            found.setdefault(kind, []).append(photos.take_in(owner, data, f"{kind}{each}.jpg"))
    with POOL.kept():
        for sha256 in (one for hashes in found.values() for one in hashes):
            processing.handle({"sha256": sha256})
    _share(crew, [one for hashes in found.values() for one in hashes])
    return dict(found)


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
