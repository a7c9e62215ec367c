from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from inspect_app.accounts.permissions import Role
from tests.support import factories as make
from tests.support.factories import PASSWORD
from tests.support.office import Visitor

AGENCY = (Role.AGENCY_HANDLER, Role.AGENCY_APPROVER)


@pytest.fixture
def signed_in(app: Flask, db: Any, clock: Any) -> Callable[..., Visitor]:
    """`signed_in(Role.STAFF)`: a browser of somebody with these roles."""

    def sign_in(*roles: Role) -> Visitor:
        office = make.agency() if set(roles) & set(AGENCY) else None
        account = make.account(*roles, password=PASSWORD, agency_id=office.id if office else None)
        visitor = Visitor(app)
        assert visitor.sign_in(account.login, PASSWORD).status_code == 303
        return visitor

    return sign_in
