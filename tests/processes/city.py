"""What a campaign stands on, made from settings: rows, server, line, tablets, ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from inspect_app.config import Settings
from tests.processes.campaign import Campaign
from tests.processes.ledger import Ledger
from tests.processes.proxy import Proxy
from tests.processes.server import Server
from tests.processes.tablets import Tablet
from tests.support import factories


@dataclass
class Ground:
    """Everything that a test of whole processes touches."""

    settings: Settings
    server: Server
    proxy: Proxy
    tablets: list[Tablet]
    ledger: Ledger
    seed: int

    def campaign(self) -> Campaign:
        return Campaign(self.server, self.proxy, self.tablets, self.ledger, self.seed)


@contextmanager
def ground(settings: Settings, seed: int) -> Iterator[Ground]:
    """Inside an application context on a migrated, empty database. The server is loaded and not started."""
    people = [
        factories.account("leader", "inspector"),
        factories.account("inspector"),
        factories.account("inspector"),
    ]
    visit = factories.released_visit(factories.tender(), people[0], tuple(people[1:]))
    tokens = [factories.bearer(person)["Authorization"].removeprefix("Bearer ") for person in people]
    shared = [str(uuid.uuid4()) for _ in range(3)]
    tablets = [Tablet(person.id, token, visit.id, shared, seed + place)
               for place, (person, token) in enumerate(zip(people, tokens, strict=True))]  # fmt: skip
    photos = settings.home / "photos"
    own = {"DATABASE_URL": settings.database_url, "STORAGE_URL": f"file://{photos}"}
    ledger = Ledger(settings.database_url, photos, visit.id, tablets)
    with Server(settings.home, own) as server, Proxy(server.port, seed) as proxy:
        yield Ground(settings, server, proxy, tablets, ledger, seed)
