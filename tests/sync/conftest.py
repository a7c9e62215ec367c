"""One released inspection with its team, each with a tablet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.scheduling.conftest import city
from tests.support import factories
from tests.support.tablet import Tablet

__all__ = ["city"]


@dataclass
class Site:
    inspection: str
    leader: Tablet
    member: Tablet
    staff: Tablet
    stranger: Tablet

    @property
    def tablets(self) -> tuple[Tablet, ...]:
        return self.leader, self.member, self.staff


@pytest.fixture
def site(client: Any, db: Any, clock: Any) -> Site:
    leader, member = factories.account("leader", "inspector"), factories.account("inspector")
    staff, stranger = factories.account("staff"), factories.account("inspector")
    factories.edition()
    visit = factories.released_visit(
        factories.tender(), leader, (member,), (staff,), edition_id="test-edition"
    )
    return Site(visit.id, *(Tablet(client, person, visit.id) for person in (leader, member, staff, stranger)))
