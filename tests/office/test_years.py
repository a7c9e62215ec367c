"""A city in its third year: what a page asks of the database does not grow with what has been."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from inspect_app import clock as app_clock
from inspect_app.demo.people import PASSWORD
from inspect_app.notices.models import Case, CaseItem
from inspect_app.transaction import transaction
from tests.support import small_city
from tests.support.counting import statements
from tests.support.office import Visitor

PAGES = {
    "coordinator1": (
        "/", "/cases", "/cases?state=closed", "/cases?state=overdue", "/inspections", "/inspections?sort=score", "/quotas",
        "/repeats", "/inspection-list.xlsx", "/public-list.xlsx",
    ),
    "leader1": ("/", "/inspections", "/left-behind"),
    "secretary": ("/", "/meetings"),
}  # fmt: skip


def asked(visitors: dict[str, Visitor]) -> dict[str, int]:
    """Page -> how many statements it takes."""
    found = {}
    for login, pages in PAGES.items():
        for page in pages:
            with statements() as told:
                assert visitors[login].get(page).status_code == 200
            found[f"{login} {page}"] = len(told)
    return found


def past(city: small_city.City, numbers: range) -> None:
    """Issued inspections of last year, their cases closed."""
    for number in numbers:
        city.inspect(number, app_clock.today() - timedelta(days=330 + number), findings=3)
    with transaction() as session:
        session.execute(update(CaseItem).values(state="accepted"))
        session.execute(update(Case).values(state="closed", closed_on=app_clock.today()))


def test_what_a_page_asks_does_not_grow_with_the_years(app: Any, db: Any, clock: Any) -> None:
    city = small_city.build(12)
    visitors = {login: Visitor(app) for login in PAGES}
    assert {visitor.sign_in(login, PASSWORD).status_code for login, visitor in visitors.items()} == {303}
    past(city, range(1))
    asked(visitors)  # what is read once per process
    before = asked(visitors)
    past(city, range(1, 4))
    assert asked(visitors) == before
