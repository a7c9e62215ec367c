"""A city with one issued inspection, and everybody who deals with its case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from inspect_app import clock as app_clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import db as database
from inspect_app.notices.models import Case
from inspect_app.notices.queries import by_inspection
from tests.support import factories, small_city


@dataclass
class Scene:
    """The case and its people."""

    city: small_city.City
    case: Case
    handler: Actor
    approver: Actor
    coordinator: Actor

    def fresh(self) -> Case:
        database.session.expire_all()
        return database.session.get_one(Case, self.case.id)


def issued(city: small_city.City, number: int = 0, days_ago: int = 20, **values: Any) -> Scene:
    """A case that was issued some days ago."""
    inspection = city.inspect(number, app_clock.today() - timedelta(days=days_ago), office="issued", **values)
    case = by_inspection(inspection)
    assert case is not None
    handler = factories.actor(Role.AGENCY_HANDLER, agency_id=case.agency_id)
    approver = factories.actor(Role.AGENCY_APPROVER, agency_id=case.agency_id)
    return Scene(city, case, handler, approver, city.actor("coordinator1"))


@pytest.fixture
def city(db: Any) -> small_city.City:
    return small_city.build(20)


@pytest.fixture
def scene(city: small_city.City) -> Scene:
    return issued(city)
