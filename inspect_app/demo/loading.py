"""Loading the demo city, in the order in which a city would live it. Repeatable: a loaded city stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import update

from inspect_app import clock
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import SYSTEM
from inspect_app.catalogue.services import load_shipped
from inspect_app.demo import ahead, history, returns, sittings
from inspect_app.demo.city import city
from inspect_app.demo.followups import follow_up, people_exist
from inspect_app.demo.people import SignIn, by_login, load_people, sign_ins
from inspect_app.demo.tenders import as_xml, plans
from inspect_app.demo.visits import crew
from inspect_app.errors import Problem
from inspect_app.installation import services as installation
from inspect_app.meetings.queries import meetings
from inspect_app.notifications.models import OutboxRow
from inspect_app.photos.models import Photo
from inspect_app.photos.workers import POOL
from inspect_app.projects.services import import_tenders
from inspect_app.transaction import transaction

Tell = Callable[[str], None]


def load(tell: Tell) -> list[SignIn]:
    """Load the city unless it is there; answers the sign-ins. Raises `not_demo` on a real installation."""
    installation.create(city()["government"], city()["commission"], demo=True)
    if not people_exist():
        with POOL.kept():
            _load(tell, clock.today())
    elif not meetings():
        raise Problem("wrong_state", "上次載入示範資料時中斷了。請刪除資料夾（或清空資料庫）後再載入一次。")
    return sign_ins()


def _load(tell: Tell, today: date) -> None:
    tell("缺失編號表與標案")
    edition = load_shipped(SYSTEM)
    import_tenders(SYSTEM, "demo.xml", as_xml(plans(today), today))
    tell("人員")
    load_people()
    people = crew()
    scene = history.stage(people, edition.id)
    tell(f"歷年查核（{history.PAST} 件）和照片")
    for wanted in history.past(today):
        history.inspect(wanted, scene)
    tell("缺失改善")
    follow_up(scene.coordinator, today)
    returns.send(scene.coordinator, today)
    tell("進行中的查核與會報")
    ahead.under_way(scene, today)
    sittings.hold(accounts.actor_for(by_login("secretary")), today)
    _let_mail_rest()
    _read_photos_today()
    ahead.plan(today)


def _read_photos_today() -> None:
    """Their bytes were hashed just now, whatever the day on which they were taken: the round has not stood still."""
    with transaction() as session:
        session.execute(update(Photo).values(looked_at=clock.now()))


def _let_mail_rest() -> None:
    """Three years of letters are not sent again: only what happens from now on is."""
    with transaction() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.state == "waiting").values(state="done", done_at=clock.now())
        )
