"""Nobody without need learns time, place or target before release: not from a page, the log or the database itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from inspect_app import clock as product_clock
from inspect_app.errors import Problem
from inspect_app.jobs import runner
from inspect_app.notifications.mail import mailer_from_url
from inspect_app.notifications.models import OutboxRow
from inspect_app.notifications.services import deliver_due
from inspect_app.scheduling import keys, queries, sealing, services
from inspect_app.scheduling.models import Visit
from tests.scheduling.conftest import DAY, City, at

SECRETS = [
    "鷺鷥橋耐震補強工程",
    "-112XQ77",
    "白鷺區",
    "龍曉領",
    "戚委員",
    "柴委員",
    "幕小員",
    "工地停工的理由",
]
OWN = {"tenders", "accounts", "experts", "agencies", "audit_lines"}  # where these words stand by right


def dates_of(day: Any) -> list[str]:
    return [day.isoformat(), f"{day.year - 1911}.{day.month:02d}.{day.day:02d}"]


def rows(db: Any) -> Iterator[tuple[str, str]]:
    """(table, everything in it as text) of the whole database."""
    with db.engine.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            yield table.name, "\n".join(repr(tuple(row)) for row in connection.execute(select(table)))


def everything_happens(city: City, clock: Any) -> str:
    """A visit that is planned, returned, edited, sealed, postponed, looked at and called for; not released."""
    visit_id = city.planned()
    services.submit(city.planner, visit_id)
    services.return_visit(city.convener, visit_id, "工地停工的理由")
    services.submit(city.planner, visit_id)
    services.approve_visit(city.convener, visit_id, version=1)
    services.view_sealed(city.other_planner, visit_id)
    services.list_sealed(city.convener)
    clock.set(at(DAY - timedelta(days=1), 13))
    services.call_due(product_clock.now())
    services.note_view(city.leader, queries.packages_for(city.leader, product_clock.now()))
    services.note_view(city.member, queries.packages_for(city.member, product_clock.now()))
    return visit_id


def test_no_table_names_target_time_place_or_people(city: City, clock: Any, db: Any) -> None:
    everything_happens(city, clock)
    words = [*SECRETS, *dates_of(DAY), city.tender.id]
    found = {(table, word) for table, text in rows(db) if table not in OWN for word in words if word in text}
    assert found == set()


def test_the_audit_log_tells_nothing_but_the_opaque_id(city: City, clock: Any, db: Any) -> None:
    visit_id = everything_happens(city, clock)
    lines = dict(rows(db))["audit_lines"]
    told = [word for word in (*SECRETS[:3], *dates_of(DAY), city.tender.id, SECRETS[-1]) if word in lines]
    assert told == []
    assert visit_id in lines


def test_no_page_of_the_database_file_holds_the_plan(city: City, clock: Any, db: Any, home: Path) -> None:
    """SQLite: the log and free pages as they lie there, then the packed file. PostgreSQL: every row."""
    before = occurrences(db, home)
    everything_happens(city, clock)
    assert [word for word in UNWRITTEN if word.encode() in as_it_lies(db, home)] == []
    assert occurrences(db, home) == before
    assert before["白鷺區"] >= 1


UNWRITTEN = ["工地停工的理由", "示研查字第1150001號", "請備妥施工日誌", "結構體與材料抽查"]


def as_it_lies(db: Any, home: Path) -> bytes:
    files = [path.read_bytes() for path in sorted(home.glob("inspect.sqlite3*"))]
    return b"".join(files) or raw_bytes(db, home)


def occurrences(db: Any, home: Path) -> dict[str, int]:
    """How often each word stands in the raw storage, after everything is written out."""
    words = ["鷺鷥橋耐震補強工程", "白鷺區", *UNWRITTEN]
    raw = raw_bytes(db, home)
    return {word: raw.count(word.encode()) for word in words}


def raw_bytes(db: Any, home: Path) -> bytes:
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(home / "inspect.sqlite3")) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return b"".join(path.read_bytes() for path in sorted(home.glob("inspect.sqlite3*")))
    return "".join(text for _, text in rows(db)).encode()


def test_length_tells_nothing(city: City, db: Any) -> None:
    short = queries.get(city.planned(topic="", notice_text=""))
    services.cancel(city.planner, short.id, "短")  # type: ignore[union-attr]
    long = queries.get(city.planned(topic="長" * 500, notice_text="文" * 5000))
    services.cancel(city.planner, long.id, "理由" * 100)  # type: ignore[union-attr]
    assert short is not None
    assert long is not None
    assert len(short.sealed) == len(long.sealed)
    assert len(short.wrapped_key) == len(long.wrapped_key)
    lengths = {len(row.reason) for visit in (short, long) for row, _ in queries.events(visit.id)}
    assert len(lengths) == 1


def test_a_sealed_row_opens_at_its_own_place_only(city: City) -> None:
    visit = queries.get(city.planned())
    assert visit is not None
    sealed, key = sealing.Sealed(visit.sealed, visit.wrapped_key), keys.seal_key()
    assert sealing.unseal(key, visit.id, 1, sealed)["tender_id"] == city.tender.id
    for wrong in (("other", 1, key), (visit.id, 2, key), (visit.id, 1, bytes(32))):
        with pytest.raises(sealing.SealBroken):
            sealing.unseal(wrong[2], wrong[0], wrong[1], sealed)


def test_the_key_is_a_private_file_outside_the_database(city: City, home: Path, db: Any) -> None:
    city.planned()
    file = home / "keys" / "seal.key"
    assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 32)
    assert file.read_bytes() not in raw_bytes(db, home)


def test_who_knows_what_before_and_from_release(city: City, clock: Any) -> None:
    """The phase table, person by person and hour by hour."""
    visit_id = city.sealed()
    steps = [
        (at(DAY - timedelta(days=5), 9), {"planner", "convener"}, set()),
        (at(DAY - timedelta(days=2), 9), {"planner", "convener", "leader"}, set()),
        (
            at(DAY - timedelta(days=1), 12),
            {"planner", "convener", "leader"},
            {"member", "second_member", "staff"},
        ),
    ]
    everybody = ["planner", "convener", "leader", "member", "second_member", "staff", "stranger"]
    for moment, full, partial in steps:
        clock.set(moment)
        for name in everybody:
            known = queries.visible_plan(getattr(city, name), visit_id, product_clock.now())
            if name in full:
                assert known is not None
                assert known.plan is not None
            elif name in partial:
                assert known is not None
                assert (known.plan, known.planned_at) == (None, None)
                assert (known.planned_on, known.district) == (DAY, "白鷺區")
            else:
                assert known is None, (moment, name)
    clock.set(at(DAY, 9, 20))
    services.release(city.leader, visit_id)
    for name in everybody[:-1]:
        known = queries.visible_plan(getattr(city, name), visit_id, product_clock.now())
        assert known is not None
        assert (known.phase, known.plan is not None) == ("released", True)
    assert queries.visible_plan(city.stranger, visit_id, product_clock.now()) is None


def test_before_approval_the_team_knows_nothing(city: City, clock: Any) -> None:
    visit_id = city.planned()
    clock.set(at(DAY - timedelta(hours=1), 23))
    assert queries.visible_plan(city.leader, visit_id, product_clock.now()) is None
    assert queries.visible_plan(city.convener, visit_id, product_clock.now()) is None
    assert queries.packages_for(city.leader, product_clock.now()) == []


def test_packages_follow_the_hours(city: City, clock: Any) -> None:
    city.sealed()
    clock.set(at(DAY - timedelta(days=1), 13))
    seen = {
        name: [
            (item.role, item.phase, item.plan is not None)
            for item in queries.packages_for(getattr(city, name), product_clock.now())
        ]
        for name in ("leader", "member", "staff", "stranger", "planner")
    }
    assert seen == {
        "leader": [("leader", "before", True)],
        "member": [("member", "before", False)],
        "staff": [("staff", "before", False)],
        "stranger": [],
        "planner": [],
    }


def test_each_look_is_shown_to_the_other_planner(city: City) -> None:
    visit_id = city.sealed()
    services.view_sealed(city.other_planner, visit_id)
    services.view_sealed(city.convener, visit_id)
    looks = [row.actor_id for row, _ in queries.events(visit_id) if row.kind == "viewed"]
    assert looks == [city.other_planner.id, city.convener.id]


def test_a_look_without_need_is_like_a_look_at_nothing(city: City) -> None:
    visit_id = city.sealed()
    answers = []
    for asked in (visit_id, "0198c0de-0000-7000-8000-000000000000"):
        with pytest.raises(Problem) as caught:
            services.view_sealed(city.stranger, asked)
        answers.append(caught.value.body())
    assert answers[0] == answers[1]
    assert [row.kind for row, _ in queries.events(visit_id)] == ["planned", "submitted", "approved"]


def test_calls_name_nothing_and_come_once(city: City, clock: Any, db: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=2), 8))
    assert services.call_due(product_clock.now()) == 0
    clock.set(at(DAY - timedelta(days=2), 9))
    assert services.call_due(product_clock.now()) == 1
    clock.set(at(DAY - timedelta(days=1), 12))
    assert services.call_due(product_clock.now()) == 3
    assert services.call_due(product_clock.now()) == 0
    payloads = db.session.scalars(select(OutboxRow.payload)).all()
    assert sorted(payload["place"] for payload in payloads) == [0, 1, 2, 3]
    assert {frozenset(payload) for payload in payloads} == {frozenset({"key", "visit", "place", "text"})}
    assert {payload["visit"] for payload in payloads} == {visit_id}


def test_those_who_were_told_hear_of_a_change(city: City, clock: Any, db: Any) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=2), 10))
    services.call_due(product_clock.now())
    services.cancel(city.planner, visit_id, "颱風")
    texts = db.session.scalars(select(OutboxRow.payload).order_by(OutboxRow.created_at)).all()
    assert [(payload["text"], payload["place"]) for payload in texts] == [("call", 0), ("changed", 0)]


def test_before_release_the_clear_columns_are_empty(city: City, clock: Any) -> None:
    visit = queries.get(everything_happens(city, clock))
    assert visit is not None
    clear = {column.name for column in Visit.__table__.columns} - {
        "id", "state", "sealed", "wrapped_key", "version", "created_at",
    }  # fmt: skip
    assert {name: getattr(visit, name) for name in clear} == dict.fromkeys(clear)
    assert visit.members == []


def letters(home: Path) -> list[str]:
    parsed = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((home / "mail").glob("*.eml"))
    ]
    return [f"{mail['To']}\n{mail['Subject']}\n{mail.get_content()}" for mail in parsed]  # type: ignore[attr-defined]


def test_the_mails_of_the_hours_go_to_the_right_people_and_tell_nothing(
    city: City, clock: Any, app: Any, home: Path
) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=2), 9))
    runner.run_pending(app)
    [leader] = letters(home)
    assert leader.startswith(f"{city.leader.login}@example.test\n查核行程通知\n")
    clock.set(at(DAY - timedelta(days=1), 12))
    runner.run_pending(app)
    runner.run_pending(app)
    sent = letters(home)
    team = [city.leader, city.member, city.second_member, city.staff]
    assert sorted(text.split("\n")[0] for text in sent) == sorted(
        f"{person.login}@example.test" for person in team
    )
    words = [*SECRETS, *dates_of(DAY), "12月1日", "09:30", visit_id, city.tender.id]
    assert [word for text in sent for word in words if word in text] == []


def test_a_refused_mail_does_not_name_its_recipient_in_the_database(
    city: City, clock: Any, db: Any, settings: Any, smtp_server: Any
) -> None:
    city.sealed()
    clock.set(at(DAY - timedelta(days=2), 9))
    services.call_due(product_clock.now())
    smtp_server.refuse = "550 no such user"
    handler = services.call_handler(mailer_from_url(smtp_server.url, settings.mail_from), settings.public_url)
    assert deliver_due({"visit.call": handler}) == 1
    row = db.session.scalars(select(OutboxRow)).one()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.error.startswith("RuntimeError: SMTP")
    assert "example.test" not in row.error


def test_a_cancelled_visit_calls_nobody_any_more(city: City, clock: Any, app: Any, home: Path) -> None:
    visit_id = city.sealed()
    clock.set(at(DAY - timedelta(days=2), 9))
    services.call_due(product_clock.now())
    services.cancel(city.planner, visit_id, "颱風")
    runner.run_pending(app)
    assert [text.split("\n")[1] for text in letters(home)] == ["查核行程異動通知"]
