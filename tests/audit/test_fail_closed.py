"""Without its audit line nothing is done: not by a service, not by a page, not by a tablet's batch."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import DBAPIError

from inspect_app.accounts import services as accounts
from inspect_app.catalogue import services as catalogue
from inspect_app.photos import services as photos
from inspect_app.projects import services as projects
from tests.support import factories, pictures
from tests.support.inspected import Inspected, inspection_with_log
from tests.support.office import Visitor
from tests.support.tablet import Tablet


def refuse_lines(db: Any) -> None:
    """From now on the database takes no audit line: as with a full disk, a lost right, a broken page."""
    if db.engine.dialect.name == "sqlite":
        statements = [
            "CREATE TRIGGER no_lines BEFORE INSERT ON audit_lines BEGIN SELECT RAISE(ABORT, 'no more lines'); END"
        ]
    else:
        statements = [
            "CREATE FUNCTION no_lines() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no more lines'; END $$ LANGUAGE plpgsql",
            "CREATE TRIGGER no_lines BEFORE INSERT ON audit_lines FOR EACH ROW EXECUTE FUNCTION no_lines()",
        ]
    with db.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def take_lines_again(db: Any) -> None:
    with db.engine.begin() as connection:
        place = " ON audit_lines" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER no_lines{place}"))


def everything(db: Any) -> dict[str, list[Any]]:
    """Every row of every table."""
    db.session.rollback()
    with db.engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in found.sorted_tables
            if table.name not in {"uploads", "sign_in_failures"}  # what only counts tries
        }


def services(made: Inspected) -> dict[str, Any]:
    administrator = factories.actor("administrator")
    account = factories.account("inspector")
    return {
        "accounts": lambda: accounts.disable_account(administrator, account.id, "離職"),
        "catalogue": lambda: catalogue.set_closure(
            made.coordinator, date(2026, 12, 1), working=False, reason="颱風"
        ),
        "projects": lambda: projects.confirm_agency(
            made.coordinator, made.tender.agency_id, code="A1", short_name="新工處"
        ),
        "inspections": made.confirmed,
        "photos": lambda: photos.take_in(made.leader, pictures.photo(seed=9), "b.jpg"),
    }


def test_no_service_acts_without_its_line(db: Any, clock: Any) -> None:
    made = inspection_with_log()
    acts = services(made)
    refuse_lines(db)
    before = everything(db)
    for name, act in acts.items():
        with pytest.raises(DBAPIError, match="no more lines"):
            act()
        assert everything(db) == before, name


def test_a_tablet_gets_no_acknowledgement(app: Any, client: Any, db: Any, clock: Any) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    leader = factories.account("leader", "inspector")
    visit = factories.released_visit(factories.tender(), leader)
    tablet = Tablet(client, leader, visit.id)
    tablet.pull()
    operation = tablet.operation("visit", visit.id, {"weather": "晴"})
    refuse_lines(db)
    before = everything(db)
    answer = tablet.post(operation)
    assert answer.status_code >= 500
    assert "results" not in (answer.get_json(silent=True) or {})
    assert everything(db) == before
    take_lines_again(db)
    assert tablet.push(operation) == [("applied", None)]


def test_nobody_signs_in_without_a_line(app: Any, db: Any, clock: Any) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    factories.account("coordinator", login="koan", password=factories.PASSWORD)
    visitor = Visitor(app)
    assert visitor.get("/sign-in").status_code == 200
    refuse_lines(db)
    assert visitor.sign_in("koan", factories.PASSWORD).status_code >= 500
    assert visitor.get("/").status_code in (302, 303)
