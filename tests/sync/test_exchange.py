"""Push and pull, as docs/sync-protocol.md section 3 says; faults 19, 21, 22, 23 of the field."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspect_app import clock
from inspect_app.audit.models import AuditLine
from inspect_app.domain.operations import Operation, content_hash
from inspect_app.ids import new_id
from inspect_app.inspections import reading
from inspect_app.inspections.models import Inspection, OperationRow, SetAside
from inspect_app.inspections.reading import Place
from inspect_app.inspections.state import folded
from inspect_app.photos import services as photos
from inspect_app.sync import cursor as cursors
from inspect_app.sync.cursor import Cursor
from inspect_app.transaction import transaction
from tests.support import factories, pictures
from tests.support.tablet import Tablet
from tests.support.together import at_once
from tests.sync.conftest import Site


def rows(db: Any) -> list[OperationRow]:
    return list(db.session.query(OperationRow).order_by(OperationRow.n).populate_existing())


def test_batch_is_applied_numbered_and_comes_back_whole(site: Site, db: Any) -> None:
    sent = [site.member.finding("一"), site.member.finding("二😀𠮷\u0000=HYPERLINK()")]
    assert site.member.push(*sent) == [("applied", None)] * 2
    assert [row.n for row in rows(db)] == [1, 2]
    assert [row.content_hash for row in rows(db)] == [
        content_hash(Operation.from_dict(item)) for item in sent
    ]
    pulled = site.leader.pull()
    added = {"n", "stamp", "received", "status"}
    assert [{name: value for name, value in item.items() if name not in added} for item in pulled] == sent
    assert [item["n"] for item in pulled] == [1, 2]
    assert site.leader.pull() == []


def test_same_batch_again_gives_the_same_results_and_one_row_each(site: Site, db: Any) -> None:
    batch = [
        site.member.finding(),
        site.member.finding(),
        site.member.operation("nonsense", site.inspection, {"x": 1}),
    ]
    first = site.member.push(*batch)
    assert first == [("applied", None), ("applied", None), ("refused", "unknown_entity")]
    assert [site.member.push(*batch) for _ in range(3)] == [first] * 3
    assert len(rows(db)) == 2
    assert db.session.query(SetAside).count() == 1


def test_same_item_twice_in_a_batch_is_a_duplicate(site: Site, db: Any) -> None:
    one = site.member.finding()
    assert site.member.push(one, one) == [("applied", None), ("duplicate", None)]
    assert site.member.push(one, one) == [("applied", None), ("duplicate", None)]
    assert len(rows(db)) == 1


@pytest.mark.parametrize("count", [2, 5, 30])
def test_the_same_batch_at_once_gives_the_same_results_and_one_row(
    app: Any, site: Site, db: Any, count: int
) -> None:
    batch = [site.member.finding(str(place)) for place in range(5)]
    batch.append(site.member.finding(author=site.leader.account.id))
    batch.append(site.member.operation("finding", batch[0]["entity_id"], {"text": "別的"}))

    def push() -> Any:
        own = Tablet(app.test_client(), site.member.account, site.inspection, site.member.headers)
        own.device = site.member.device
        return own.push(*batch)

    answers = at_once(count, push)
    assert answers == [answers[0]] * count
    assert answers[0] == [
        ("conflict", None),
        *[("applied", None)] * 4,
        ("refused", "foreign_author"),
        ("conflict", None),
    ]
    assert [row.n for row in rows(db)] == list(range(1, 7))
    assert db.session.query(SetAside).count() == 1


def test_same_id_with_other_content_is_refused_kept_and_an_alarm(site: Site, db: Any) -> None:
    one = site.member.finding("一")
    other = {**one, "set": {**one["set"], "text": "改過"}}
    fine = site.member.finding("二")
    assert site.member.push(one) == [("applied", None)]
    assert site.member.push(other, fine) == [("refused", "id_reused"), ("applied", None)]
    assert site.member.push(other, fine) == [("refused", "id_reused"), ("applied", None)]
    assert site.member.push(one) == [("applied", None)]
    assert json.loads(db.session.query(SetAside).one().body)["set"]["text"] == "改過"
    assert db.session.query(AuditLine).filter_by(action="inspections.id_reused").count() == 1


def test_one_id_into_two_inspections_at_once_enters_one_of_them(app: Any, site: Site, db: Any) -> None:
    other = factories.released_visit(factories.tender(), site.leader.account, (site.member.account,))
    one = site.member.finding()
    pair = [one, {**one, "inspection": other.id}] * 6
    todo = iter(pair)

    def push() -> Any:
        own = Tablet(app.test_client(), site.member.account, site.inspection, site.member.headers)
        own.device = site.member.device
        return own.push(next(todo))[0]

    answers = at_once(len(pair), push)
    assert sorted(answers, key=str) == [("applied", None)] * 6 + [("refused", "id_reused")] * 6
    assert len(rows(db)) == db.session.query(SetAside).count() == 1


def test_every_refusal_says_why_and_holds_up_nothing(site: Site, db: Any) -> None:
    member, leader = site.member, site.leader
    items = [
        (member.finding(author=leader.account.id), ("refused", "foreign_author")),
        (member.finding(device=leader.device), ("refused", "foreign_device")),
        (member.operation("visit", site.inspection, {"points_agreed": True}), ("refused", "leader_only")),
        (member.sheet(leader.account.id, q_owner=5), ("refused", "not_owner")),
        (member.sheet(q_owner=6), ("refused", "bad_value")),
        (member.finding(schema=9), ("quarantined", "unknown_schema")),
        ({**member.finding(), "entity_id": "x"}, ("refused", "bad_value")),
        (member.finding(seq=2**60), ("refused", "bad_value")),
        (member.finding(seq="1"), ("refused", "bad_value")),
        (member.finding(extra=1), ("refused", "bad_value")),
        (member.operation("finding", site.inspection, {"text": 1.5}), ("refused", "bad_value")),
        (member.operation("finding", site.inspection, {"unheard": 1}), ("refused", "unknown_field")),
        (
            member.finding(inspection="01900000-0000-7000-8000-000000000000"),
            ("quarantined", "unknown_inspection"),
        ),
        (member.operation("photo", site.inspection, {"sha256": "0" * 64}), ("refused", "photo_missing")),
        (member.finding(), ("applied", None)),
    ]
    assert member.push(*(item for item, _ in items)) == [expected for _, expected in items]
    assert len(rows(db)) == 1
    kept = {row.code for row in db.session.query(SetAside)}
    assert kept == {code for _, (_, code) in items if code} - {"photo_missing"}


def test_an_item_without_an_id_cannot_be_answered_and_is_named(site: Site, db: Any) -> None:
    for bad in ({"set": {}}, 5, None, {"id": "7"}, [1]):
        answer = site.member.post(site.member.finding(), bad)
        assert (answer.status_code, answer.json["code"], answer.json["field"]) == (
            422,
            "bad_value",
            "operations[1].id",
        )
    assert rows(db) == []


def test_somebody_off_the_team_goes_to_quarantine_and_reads_nothing(site: Site, db: Any) -> None:
    site.member.push(site.member.finding())
    assert site.stranger.push(site.stranger.finding()) == [("quarantined", "not_on_team")]
    assert site.stranger.pull() == []
    assert site.stranger.post(inspections=[site.inspection]).json["operations"] == []


def test_photo_is_taken_once_its_bytes_are_there_and_only_for_its_sender(site: Site, db: Any) -> None:
    content = pictures.photo()
    operation = site.member.operation(
        "photo", site.inspection, {"sha256": pictures.sha256(content), "use": "evidence"}
    )
    assert site.member.push(operation) == [("refused", "photo_missing")]
    photos.take_in(factories.account_queries.actor_for(site.leader.account), content)
    assert site.member.push(operation) == [("refused", "photo_missing")]
    photos.take_in(factories.account_queries.actor_for(site.member.account), content)
    assert site.member.push(operation) == [("applied", None)]
    address = f"/api/v1/photos/{pictures.sha256(content)}/320"
    codes = [
        site.leader.client.get(address, headers=tablet.headers).status_code
        for tablet in (*site.tablets, site.stranger)
    ]
    assert codes == [200, 200, 200, 404]


def test_two_values_side_by_side_are_a_conflict_whose_both_stand(site: Site, db: Any) -> None:
    first = site.member.finding("甲說")
    other = site.leader.operation("finding", first["entity_id"], {"text": "乙說"})
    assert site.member.push(first) == [("applied", None)]
    assert site.leader.push(other) == [("conflict", None)]
    merged = site.leader.operation(
        "finding", first["entity_id"], {"text": "合"}, base={"text": [first["id"], other["id"]]}
    )
    assert site.leader.push(merged) == [("applied", None)]
    assert folded(site.inspection).conflicts == ()
    assert site.member.push(first) == [("applied", None)]


def test_what_comes_after_the_closing_is_late_until_the_leader_accepts(site: Site, db: Any) -> None:
    early, late = site.member.finding("早"), site.member.finding("晚")
    site.member.push(early)
    assert site.leader.push(site.leader.closing({site.member.device: 1})) == [("applied", None)]
    assert db.session.get(Inspection, site.inspection, populate_existing=True).state == "closed"
    assert site.member.push(late) == [("late", None)]
    assert late["entity_id"] not in dict(folded(site.inspection).of("finding"))
    from inspect_app.domain.operations import entity_uuid

    accept = site.leader.operation(
        "late_decision",
        entity_uuid(site.inspection, f"late_decision:{late['id']}"),
        {"operation": late["id"], "decision": "accept"},
    )
    site.leader.push(accept)
    assert late["entity_id"] in dict(folded(site.inspection).of("finding"))
    site.leader.push(
        site.leader.operation(
            "closing", accept["entity_id"] and entity_uuid(site.inspection, "closing"), {"deleted": True}
        )
    )
    assert db.session.get(Inspection, site.inspection, populate_existing=True).state == "open"


def test_sheets_of_others_come_only_when_all_are_handed_in_and_then_all_of_them(site: Site, db: Any) -> None:
    leader, member, staff = site.tablets
    member.push(member.sheet(q_owner=4), member.finding())
    member.push(member.sheet(p=17, handed_in_at="2026-11-23T08:00:00Z"))
    assert [item["entity"] for item in leader.pull()] == ["finding"]
    assert [item["entity"] for item in staff.pull()] == ["finding"]
    assert [item["entity"] for item in member.pull()] == ["score_sheet", "finding", "score_sheet"]
    sheets = leader.post().json["sheets"]
    assert {item["member"]: item["handed_in"] for item in sheets} == {
        leader.account.id: False,
        member.account.id: True,
    }
    leader.push(leader.sheet(q_owner=3, handed_in_at="2026-11-23T08:30:00Z"))
    assert [(item["entity"], item["author"]) for item in leader.pull()] == [
        ("score_sheet", leader.account.id), ("score_sheet", member.account.id), ("score_sheet", member.account.id),
    ]  # fmt: skip
    assert len(staff.pull()) == 3
    assert len(member.pull()) == 1
    for tablet in site.tablets:
        assert tablet.pull() == []
        assert len({item["id"] for item in tablet.seen}) == len(tablet.seen) == 4
    assert leader.post().json["sheets"] == []


def test_paper_sheet_entered_by_staff_stays_confidential_with_its_photo(site: Site, db: Any) -> None:
    leader, member, staff = site.tablets
    paper = pictures.photo(seed=77)
    photos.take_in(factories.account_queries.actor_for(staff.account), paper)
    digest = pictures.sha256(paper)
    behalf = {"member": member.account.id, "photo": digest}
    photo = staff.operation(
        "photo", leader.device, {"sha256": digest, "use": "score_paper"}, on_behalf=behalf
    )
    sheet = staff.sheet(member.account.id, q_owner=4, on_behalf=behalf)
    assert staff.push(photo, sheet) == [("applied", None)] * 2
    assert staff.push(staff.operation("photo", leader.device, {"caption": "評分表"})) == [("applied", None)]
    assert leader.pull() == []
    assert len(member.pull()) == 3
    address = f"/api/v1/photos/{digest}/original"
    codes = [leader.client.get(address, headers=tablet.headers).status_code for tablet in site.tablets]
    assert codes == [404, 200, 200]


def test_pages_of_a_long_log_miss_and_repeat_nothing(
    site: Site, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_app.sync import exchange

    monkeypatch.setattr(exchange, "MOST_PULLED", 7)
    for start in range(0, 40, 10):
        site.member.push(*(site.member.finding(str(start + place)) for place in range(10)))
    assert [item["n"] for item in site.leader.pull()] == list(range(1, 41))


def test_reader_misses_nothing_while_writers_run(app: Any, site: Site, db: Any) -> None:
    writers = [
        Tablet(app.test_client(), tablet.account, site.inspection)
        for tablet in (site.leader, site.member) * 4
    ]
    reader = Tablet(app.test_client(), site.staff.account, site.inspection)
    todo = iter([*writers, reader])

    def run() -> None:
        tablet = next(todo)
        for number in range(6):
            tablet.pull() if tablet is reader else tablet.push(
                tablet.finding(str(number)), tablet.finding("b")
            )

    at_once(9, run)
    reader.pull()
    assert [item["n"] for item in reader.seen] == list(range(1, 8 * 12 + 1))


def test_cursor_of_another_person_or_a_forged_one_reads_from_the_start(site: Site, db: Any) -> None:
    site.member.push(site.member.finding())
    site.leader.pull()
    taken = site.leader.cursor
    for cursor in (taken, "nonsense", "", "é", taken[:-4] + "AAAA" if taken else None, "A" * 200_000):
        answer = site.staff.post(cursor=cursor)
        assert answer.status_code == 200
        assert len(answer.json["operations"]) == 1
    assert site.stranger.post(cursor=taken).json["operations"] == []


def test_a_cursor_from_beyond_our_past_begins_a_new_epoch_once(site: Site, db: Any) -> None:
    site.member.push(site.member.finding("在備份裡"))
    site.leader.pull()
    before = site.leader.post().json["epoch"]
    lost = site.member.finding("備份之後")
    site.member.push(lost)
    site.leader.pull()
    with transaction() as session:  # an older state is put back behind our back
        session.query(OperationRow).filter_by(id=lost["id"]).delete()
        session.query(Inspection).update({"log_n": 1})
    answer = site.leader.post()
    assert answer.json["epoch"] != before
    assert len(answer.json["operations"]) == 1
    assert site.leader.post().json["epoch"] == answer.json["epoch"]
    assert db.session.query(AuditLine).filter_by(action="sync.epoch_begun").count() == 1
    assert site.member.push(lost) == [("applied", None)]
    site.leader.cursor = answer.json["cursor"]
    assert [item["id"] for item in site.leader.pull()] == [lost["id"]]


def test_an_other_log_grown_past_the_old_place_is_noticed_too(site: Site, db: Any) -> None:
    site.member.push(site.member.finding())
    site.leader.pull()
    before = site.leader.post().json["epoch"]
    with transaction() as session:
        session.query(OperationRow).delete()
        session.query(Inspection).update({"log_n": 0})
    site.staff.push(site.staff.finding(), site.staff.finding())
    assert site.leader.post().json["epoch"] != before


def test_the_same_operation_come_again_at_its_old_place_is_noticed_too(site: Site, db: Any) -> None:
    """Its stamp, or one before it, may be another now: who has read it before reads again."""
    mine = site.member.finding()
    site.member.push(mine)
    old = site.leader.pull()[0]
    before = site.leader.post().json["epoch"]
    with transaction() as session:
        session.query(OperationRow).delete()
        session.query(Inspection).update({"log_n": 0})
    with clock.set_to(clock.now() + timedelta(seconds=1)):
        site.member.push(mine)
    answer = site.leader.post().json
    assert answer["epoch"] != before
    again = answer["operations"][0]
    assert (again["id"], again["n"]) == (old["id"], old["n"])
    assert again["received"] > old["received"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (b"[" * 100_000, 422, "bad_value"),
        (b'{"schema": 1, "device": "\\ud800"}', 400, "bad_request"),
        (b"[]", 422, "bad_value"),
        (b'{"schema": "1", "device": "x"}', 422, "bad_value"),
        (b'{"schema": 2, "device": "x"}', 422, "unknown_schema"),
        (b'{"schema": 1, "device": "\\u0000"}', 422, "bad_value"),
        (
            b'{"schema": 1, "device": "x", "operations": [' + b",".join([b"{}"] * 501) + b"]}",
            413,
            "too_large",
        ),
        (b'{"schema": 1, "device": "' + b"x" * 1024 * 1024 + b'"}', 413, "too_large"),
    ],
)
def test_bodies_that_cannot_be_read_are_problems(site: Site, body: bytes, status: int, code: str) -> None:
    answer = site.member.client.post("/api/v1/sync", data=body, headers=site.member.headers)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"


def test_deep_values_harm_only_their_own_item(site: Site) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    bad, fine = site.member.finding(), site.member.finding()
    bad["set"]["text"] = deep
    assert site.member.push(bad, fine) == [("refused", "bad_value"), ("applied", None)]


def test_devices_of_others_and_revoked_ones_are_refused(site: Site, db: Any) -> None:
    site.member.push(site.member.finding())
    answer = site.leader.post(device=site.member.device)
    assert (answer.status_code, answer.json["code"]) == (401, "device_revoked")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_any_order_and_repetition_folds_the_same(site: Site, db: Any, chance: random.Random) -> None:
    """Batches of three tablets in any order, each sent one to three times: every replica and the server agree."""
    site.inspection = factories.released_visit(
        factories.tender(), site.leader.account, (site.member.account,), (site.staff.account,)
    ).id
    tablets = [
        Tablet(site.leader.client, tablet.account, site.inspection, tablet.headers) for tablet in site.tablets
    ]
    shared = tablets[0].device
    batches = []
    for tablet in tablets:
        operations = [
            tablet.operation("finding", shared, {"text": f"{chance.randrange(3)}", "kind": "defect"})
            for _ in range(3)
        ]
        batches += [(tablet, operations[:2]), (tablet, operations[2:])] * chance.randrange(1, 4)
    chance.shuffle(batches)
    answers: dict[str, set[Any]] = {}
    for tablet, operations in batches:
        for operation, result in zip(operations, tablet.push(*operations), strict=True):
            answers.setdefault(operation["id"], set()).add(result)
    assert all(len(found) == 1 for found in answers.values())
    readers = [
        Tablet(site.leader.client, tablet.account, site.inspection, tablet.headers) for tablet in site.tablets
    ]
    logs = [[item for item in reader.pull() if item["inspection"] == site.inspection] for reader in readers]
    assert logs[0] == logs[1] == logs[2]
    assert {item["id"] for item in logs[0]} == set(answers)


def test_whoever_has_been_on_thousands_of_visits_still_syncs(site: Site, db: Any) -> None:
    """A cursor keeps a place for each: SQLite refuses a question of more than a thousand terms."""
    site.member.push(site.member.finding("一"))
    site.leader.pull()
    mine, others = site.leader.account.id, {new_id(): Place(7, 0, "x") for _ in range(4000)}
    given = cursors.read(mine, site.leader.cursor)
    grown = Cursor(given.epoch, given.places | others)
    assert cursors.read(mine, cursors.write(mine, grown)) == grown
    assert reading.beyond(grown.places) == sorted(others)
    assert reading.beyond(given.places) == []
