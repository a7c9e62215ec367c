"""What becomes of a batch without folding its whole log is what the fold of the whole says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspect_app.domain.operations import Team, fold
from inspect_app.inspections import entering
from inspect_app.inspections.entering import Earlier, Page, _judged
from inspect_app.inspections.incoming import Incoming, read

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
LEADER, OTHER = (f"01900000-0000-7000-8000-00000000000{n}" for n in (1, 2))
INSPECTION = "01900000-0000-7000-8000-000000000003"
TEAM = Team(leader=LEADER, members=frozenset({LEADER, OTHER}))


def key(number: int) -> str:
    return f"01900000-0000-7000-8000-{number:012x}"


@st.composite
def logs(draw: Any) -> list[dict[str, Any]]:
    """Patches of two findings: some replace what stood there, some something older or nothing, in any order of clocks."""
    made: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 8))):
        entity = key(100 + draw(st.integers(0, 1)))
        names = draw(st.sets(st.sampled_from(["text", "location", "code"]), min_size=1))
        known = [one["id"] for one in made if one["entity_id"] == entity]
        last = st.just(known[-1]) if known else st.none()
        base = st.one_of(last, st.none(), st.sampled_from(known) if known else st.none())
        author = draw(st.sampled_from([LEADER, OTHER]))
        made.append({
            "id": key(200 + number), "device": author, "seq": number + 1, "inspection": INSPECTION, "entity": "finding",
            "entity_id": entity, "set": {name: draw(st.sampled_from(["甲", "乙"])) for name in sorted(names)},
            "base": {name: draw(base) for name in sorted(names)}, "hlc": f"{draw(st.integers(number, number + 2)):012x}-0000",
            "author": author, "schema": 1, "on_behalf": None,
        })  # fmt: skip
    return made


@given(logs(), st.integers(0, 8), st.randoms(use_true_random=False))
def test_statuses_are_those_of_the_whole_fold(made: list[dict[str, Any]], cut: int, chance: Any) -> None:
    before, new = made[:cut], made[cut:]
    chance.shuffle(new)
    old, items = (_page([_item(one) for one in part]) for part in (before, new))
    earlier: list[Earlier] = [
        (one.operation.id, item.body, one.stamp, "finding", one.operation.entity_id, "")
        for one, item in zip(old.new, old.items, strict=True)
    ]
    _, statuses = _judged(items, earlier, [])
    whole = fold([*old.new, *items.new], TEAM).statuses()
    assert statuses.items() >= {item.id: whole[item.id] for item in items.items}.items()


def test_the_database_finds_what_decides_by_its_index(db: Any) -> None:
    """Only where the question's words are the index's; on SQLite the plan can be read without statistics."""
    if db.engine.dialect.name == "sqlite":
        sql = str(entering._EARLIER.where(entering.DECIDING_KINDS).compile(db.engine))
        with db.engine.connect() as connection:
            plan = " ".join(
                str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", ("x",))
            )
        assert "ix_operations_deciding" in plan


def _item(one: dict[str, Any]) -> Incoming:
    item = read(json.dumps(one).encode())
    assert item is not None
    assert not item.code
    return item


def _page(items: list[Incoming]) -> Page:
    return Page(INSPECTION, TEAM, items, NOW)
