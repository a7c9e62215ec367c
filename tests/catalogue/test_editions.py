"""Editions of the defect table: the shipped mix, drafts, freezing, which one counts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.audit.models import AuditLine
from inspect_app.catalogue import queries, services
from inspect_app.catalogue.models import Edition, EditionRow
from inspect_app.domain import catalogue as domain
from inspect_app.errors import Problem
from tests.support import factories
from tests.support.tender_files import csv_file, xlsx_file

HEADER = ("缺失編號", "上層編號", "類別", "缺失內容", "扣點範圍", "備註")
ROWS = [
    {"缺失編號": "5", "缺失內容": "施工品質"},
    {"缺失編號": "5.01", "缺失內容": "混凝土"},
    {"缺失編號": "5.01.01", "缺失內容": "□冷縫，或□蜂窩", "扣點範圍": "[-1,-2]"},
    {"缺失編號": "5.01.02", "缺失內容": "裂縫", "扣點範圍": "[±1,±2]", "備註": "新"},
]


def table(rows: list[dict[str, str]]) -> bytes:
    return csv_file(rows, header=HEADER)


def take(content: bytes, name: str = "工程會113年版.csv", **options: Any) -> Any:
    return services.import_catalogue(SYSTEM, name, content, **options)


def draft(db: Any) -> Edition:
    return db.session.scalars(select(Edition).where(Edition.frozen_at.is_(None))).one()


def frozen(db: Any, on: date = date(2024, 1, 1), rows: list[dict[str, str]] = ROWS) -> Edition:
    take(table(rows))
    return services.freeze(SYSTEM, draft(db).id, label="工程會113年版", effective_from=on, source="函")


def test_the_shipped_mix_is_loaded_once_and_frozen(db: Any) -> None:
    first, second = services.load_shipped(), services.load_shipped()
    assert first.id == second.id
    assert (first.label, first.demo_mix, first.frozen_at is not None) == ("示範混合版", True, True)
    edition = queries.edition_rows(first.id)
    assert (len(edition.rows), edition.hash, edition.demo) == (779, first.hash, True)
    assert edition.rows == domain.demo_edition().rows
    assert db.session.scalar(select(func.count()).select_from(EditionRow)) == 779


def test_words_beside_a_number_are_those_of_its_day(db: Any, clock: Any) -> None:
    """An edition for next year gave this year's figures its words; a code that it dropped had none any more."""
    frozen(db)
    frozen(db, date(2027, 1, 1), [*ROWS[:2], ROWS[2] | {"缺失內容": "冷縫"}])
    told = {
        year: {code: queries.rows_until(date(year, 6, 1))[code].text for code in ("5.01.01", "5.01.02")}
        for year in (2020, 2026, 2027)
    }
    now = {"5.01.01": "□冷縫，或□蜂窩", "5.01.02": "裂縫"}
    assert told == {2020: now, 2026: now, 2027: {"5.01.01": "冷縫", "5.01.02": "裂縫"}}


def test_the_citys_own_edition_goes_before_the_mix(db: Any, clock: Any) -> None:
    with pytest.raises(Problem):
        queries.edition_in_force(date(2026, 1, 1))
    services.load_shipped()
    assert queries.only_demo_mix(date(2026, 1, 1))
    own = frozen(db)
    assert queries.edition_in_force(date(2023, 12, 31)).demo_mix
    assert queries.edition_in_force(date(2024, 1, 1)).id == own.id
    assert (queries.only_demo_mix(date(2023, 12, 31)), queries.only_demo_mix(date(2024, 1, 1))) == (
        True,
        False,
    )


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_table_becomes_a_draft_and_the_same_again_nothing(db: Any, make: Any) -> None:
    content = make(ROWS, header=HEADER)
    assert take(content, check=True).created == 4
    assert db.session.scalars(select(Edition)).all() == []
    assert take(content).as_dict() == {"created": 4, "updated": 0, "unchanged": 0, "rejected": []}
    lines = db.session.scalar(select(func.count()).select_from(AuditLine))
    assert take(content).unchanged == 4
    assert db.session.scalar(select(func.count()).select_from(AuditLine)) == lines
    row = queries.edition_rows(draft(db).id).by_code["5.01.01"]
    assert (row.parent, row.kind, str(row.range)) == ("5.01", domain.Kind.LEAF, "[-1,-2]")
    frozen_id = services.freeze(
        SYSTEM, draft(db).id, label="甲", effective_from=date(2024, 1, 1), source=""
    ).id
    assert take(content, "別的檔名.csv").unchanged == 4
    assert [found.id for found in queries.editions()] == [frozen_id]


def test_json_says_its_own_name_and_date(db: Any) -> None:
    rows = [{"code": "5.01.01", "text": "冷縫", "range": "[-1,-2]"}]
    content = json.dumps(
        {"label": "工程會表單", "effective": "113.01.01", "source": "函", "rows": rows}
    ).encode()
    assert take(content, "x.json").created == 1
    found = draft(db)
    assert (found.label, found.effective_from, found.source) == ("工程會表單", date(2024, 1, 1), "函")
    assert take(json.dumps(rows).encode(), "y.json").unchanged == 1


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"缺失編號": "5.01.01", "缺失內容": "重複"}, "缺失編號"),
        ({"缺失編號": "五", "缺失內容": "x"}, "缺失編號"),
        ({"缺失編號": "5.1", "缺失內容": "Excel 的數字"}, "缺失編號"),
        ({"缺失編號": "5.09", "缺失內容": ""}, "缺失內容"),
        ({"缺失編號": "5.09", "上層編號": "9.99", "缺失內容": "x"}, "上層編號"),
        ({"缺失編號": "5.09", "上層編號": "5.09", "缺失內容": "x"}, "上層編號"),
        ({"缺失編號": "5.09", "缺失內容": "x", "扣點範圍": "一到二"}, "扣點範圍"),
        ({"缺失編號": "5.09", "缺失內容": "x", "類別": "別的"}, "類別"),
        ({"缺失編號": "5.09", "缺失內容": "長" * 3000}, "缺失內容"),
        ({"缺失編號": "5.09", "缺失內容": "x\0"}, "缺失內容"),
    ],
)
def test_bad_rows_are_told_and_keep_the_draft_from_being_frozen(
    db: Any, row: dict[str, str], field: str
) -> None:
    result = take(table([*ROWS, row]))
    assert (result.read, result.rejected[-1].field) == (3 if row["缺失編號"] == "5.01.01" else 4, field)
    assert result.rejected[-1].row == 6
    with pytest.raises(Problem) as told:
        services.freeze(SYSTEM, draft(db).id, label="甲", effective_from=date(2024, 1, 1), source="")
    assert told.value.code == "wrong_state"
    take(table(ROWS))
    assert services.freeze(
        SYSTEM, draft(db).id, label="甲", effective_from=date(2024, 1, 1), source=""
    ).frozen_at


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{",
        b'{"rows": 3}',
        b'{"rows": ["x"]}',
        b'{"effective": "x", "rows": [{"code": "5"}]}',
        b"[" * 20_000,
    ],
)
def test_wrong_json_is_told(db: Any, content: bytes) -> None:
    with pytest.raises(Problem) as told:
        take(content)
    assert told.value.code == "bad_file"


def test_a_frozen_edition_never_changes(db: Any) -> None:
    own = frozen(db)
    for change in (
        lambda: services.freeze(SYSTEM, own.id, label="乙", effective_from=date(2025, 1, 1), source=""),
        lambda: services.delete_draft(SYSTEM, own.id),
    ):
        with pytest.raises(Problem) as told:
            change()
        assert told.value.code == "wrong_state"
    changed = [{**ROWS[2], "缺失內容": "改了"}]
    take(table([*ROWS[:2], *changed, ROWS[3]]))
    assert len(queries.editions()) == 2
    assert queries.edition_rows(own.id).by_code["5.01.01"].text == "□冷縫，或□蜂窩"


@pytest.mark.parametrize(
    "statement",
    [
        update(EditionRow).values(text="改了"),
        delete(EditionRow),
        update(Edition).values(label="改了"),
        delete(Edition),
    ],
)
def test_the_database_itself_guards_a_frozen_edition(db: Any, statement: Any) -> None:
    frozen(db)
    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(statement)


def test_rows_put_beneath_a_frozen_edition_are_found_out(db: Any) -> None:
    own = frozen(db, rows=[*ROWS, {"缺失編號": "5.02", "缺失內容": "鋼筋"}])
    with db.engine.begin() as connection:
        connection.execute(
            EditionRow.__table__.insert().values(
                edition_id=own.id,
                code="9",
                place=99,
                parent="",
                level=1,
                kind="leaf",
                text="x",
                range="",
                source="",
                note="",
            )
        )
    with pytest.raises(Problem) as told:
        queries.edition_rows(own.id)
    assert told.value.code == "internal"


def test_only_those_who_may(db: Any) -> None:
    handler = factories.actor(Role.AGENCY_HANDLER)
    for act in (
        lambda: services.import_catalogue(handler, "x.csv", table(ROWS)),
        lambda: services.freeze(handler, "x", label="", effective_from=date(2024, 1, 1), source=""),
        lambda: services.set_setting(
            handler, "record_days", date(2024, 1, 1), "8", source="", verified=False
        ),
        lambda: services.set_closure(handler, date(2024, 1, 1), working=False, reason="x"),
    ):
        with pytest.raises(Problem) as told:
            act()
        assert told.value.code == "forbidden"
