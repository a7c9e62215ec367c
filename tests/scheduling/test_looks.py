"""A look before release is written down without telling the team; what the convener may not know is as good as not there."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from inspect_app import clock as product_clock
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.audit.models import AuditLine
from inspect_app.errors import Problem
from inspect_app.scheduling import queries, sealing, services
from inspect_app.sync import packages
from tests.scheduling.conftest import DAY, City, at
from tests.scheduling.test_secrecy import rows
from tests.support import factories as make

NOTHING = "0198c0de-0000-7000-8000-000000000000"
OWN = {
    "accounts",
    "account_roles",
    "experts",
    "api_tokens",
}  # of everybody, whether a visit is planned or not
TEAM = ("leader", "member", "second_member", "staff")


def looked(city: City, clock: Any) -> str:
    """A sealed visit at which the whole team looked at its hour, by page and by package."""
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=1), 13))
    for name in TEAM:
        services.view_sealed(getattr(city, name), visit_id)
        for _ in range(2):
            services.note_view(
                getattr(city, name), queries.packages_for(getattr(city, name), product_clock.now())
            )
    return visit_id


def test_no_row_names_the_team_that_looked(city: City, clock: Any, db: Any) -> None:
    looked(city, clock)
    people = [getattr(city, name) for name in TEAM]
    words = [word for person in people for word in (person.id, person.name)]
    found = {(table, word) for table, text in rows(db) if table not in OWN for word in words if word in text}
    assert found == set()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_page_of_the_log_does_not_name_the_team(
    city: City, clock: Any, db: Any, client: FlaskClient, role: Role
) -> None:
    visit_id = looked(city, clock)
    reader = make.bearer(make.account(role))
    page = client.get("/office/audit?action=scheduling", headers=reader).text
    assert page.count("scheduling.viewed") >= 2 * len(TEAM)
    assert visit_id in page
    for name in TEAM:
        assert getattr(city, name).name not in page
        assert getattr(city, name).id not in page
        found = client.get(f"/office/audit?action=scheduling&who={getattr(city, name).name}", headers=reader)
        assert "scheduling.viewed" not in found.text


def test_the_planners_read_who_looked_and_packages_count_once(
    city: City, clock: Any, db: Any, client: FlaskClient
) -> None:
    visit_id = looked(city, clock)
    who = [queries.actor_of(row, text) for row, text in queries.events(visit_id) if row.kind == "viewed"]
    assert who == [getattr(city, name).id for name in TEAM for _ in ("page", "package")]
    headers = make.bearer(db.session.get(Account, city.planner.id))
    page = client.get(f"/office/visits/{visit_id}", headers=headers).text
    history = page[page.rindex("擬訂") - 20_000 :]
    assert all(getattr(city, name).name in history for name in TEAM)
    assert city.member.id not in page


def test_the_line_is_bound_to_the_text_that_tells_who(city: City, clock: Any, db: Any) -> None:
    visit_id = looked(city, clock)
    texts = {row.id: row.reason for row, _ in queries.events(visit_id)}
    lines = db.session.scalars(select(AuditLine).where(AuditLine.action == "scheduling.viewed")).all()
    assert len(lines) == 2 * len(TEAM)
    for line in lines:
        sealed = texts[line.detail["event"]]
        assert line.detail["sealed_sha256"] == hashlib.sha256(sealed.encode()).hexdigest()


def test_a_draft_and_a_cancelled_plan_are_nothing_to_the_convener(city: City) -> None:
    draft, cancelled = city.planned(), ""
    services.cancel(city.planner, draft, "改派")
    cancelled, draft = draft, city.planned()
    for verb in (
        lambda asked: services.approve_visit(city.convener, asked, version=1),
        lambda asked: services.return_visit(city.convener, asked, "理由"),
        lambda asked: services.return_visit(city.convener, asked, ""),
    ):
        answers = []
        for asked in (draft, cancelled, NOTHING):
            with pytest.raises(Problem) as caught:
                verb(asked)
            answers.append(caught.value.body())
        assert answers == [answers[0]] * 3
        assert answers[0]["code"] == "not_found"


def test_a_package_costs_a_stranger_the_same_with_and_without_a_visit(
    city: City, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: as many seals are opened for an id that exists as for one that does not."""
    visit_id, opened = city.sealed(), list[str]()
    unseal = sealing.unseal
    monkeypatch.setattr(sealing, "unseal", lambda *given: opened.append(given[1]) or unseal(*given))
    counts = []
    for asked in (visit_id, NOTHING):
        opened.clear()
        with pytest.raises(Problem):
            packages.package(city.stranger, asked)
        counts.append(len(opened))
    assert counts == [1, 1]
