"""What waits for the leader, on the office's page: both values, who and when, which stands, who decided; late operations."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.demo.pen import Member
from inspect_app.demo.quarrels import come_late, disagree
from inspect_app.errors import Problem
from inspect_app.inspections.disputes import disputes
from inspect_app.photos import services as photos
from tests.support import factories as make
from tests.support.inspected import Inspected, Told, inspection_with_log
from tests.support.pictures import photo


def member_of(one: Inspected, who: Actor, role: str) -> Member:
    return Member(who.id, one.devices[who.id], role, "")


def torn(told: Told | None = None) -> Inspected:
    """Two findings about whose place two wrote differently; the leader has chosen in the second."""
    one = inspection_with_log(told)
    leader, member = member_of(one, one.leader, "leader"), member_of(one, one.members[0], "member")
    disagree(one.log, leader, member, one.findings)
    assert set(one.send()) <= {"applied", "conflict", "late"}
    return one


def page(client: FlaskClient, db: Any, who: Actor, one: Inspected, tab: str = "disputes") -> Any:
    headers = make.bearer(db.session.get(Account, who.id))
    return client.get(f"/office/inspections/{one.id}?tab={tab}", headers=headers)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_both_values_who_when_and_who_decided(client: FlaskClient, db: Any, clock: Any) -> None:
    one = torn(Told(closed=False))
    found = disputes(one.coordinator, one.id)
    (open_,), (decided,) = found.undecided, found.decided
    assert (open_.entity_id, open_.field, open_.decided_by) == (one.findings[0], "location", "")
    assert [(item.value, item.author, item.stands) for item in open_.versions] == [
        ("3F 樓版，梯間旁", one.leader.id, True),
        ("2F 樓版，梯間旁", one.members[0].id, False),
    ]
    assert open_.versions[0].stamp > open_.versions[1].stamp
    assert (decided.entity_id, decided.decided_by, decided.value) == (
        one.findings[1],
        one.leader.id,
        "2F 樓版，梯間旁",
    )
    assert {(item.value, item.stands) for item in decided.versions} == {
        ("3F 樓版，梯間旁", False), ("2F 樓版，梯間旁", True),
    }  # fmt: skip
    assert found.waiting == 1
    assert "結束查核以後才送達" not in page(client, db, one.coordinator, one).text, (
        "nothing is late before the closing"
    )
    text = words(page(client, db, one.coordinator, one).text)
    for said in (
        "缺失 5.01.01：位置",
        "3F 樓版，梯間旁 龍領隊",
        "2F 樓版，梯間旁 林委員",
        "紀錄先用這個",
        "115.11.23",
        "選定： 2F",
    ):
        assert said in text, said


def test_what_came_late_waits_or_says_how_the_leader_decided(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    come_late(one.log, member_of(one, one.leader, "leader"), member_of(one, one.members[0], "member"))
    assert sorted(one.send()) == ["applied", "late", "late"]
    waits, accepted = disputes(one.leader, one.id).late
    assert (waits.operation.entity, waits.decision) == ("finding", "")
    assert (accepted.operation.entity, accepted.decision, accepted.decided_by) == (
        "merit",
        "accept",
        one.leader.id,
    )
    text = words(page(client, db, one.staff, one).text)
    for said in (
        "建議於施工便道增設警示燈。",
        "等領隊在平板上決定",
        "材料進場後均加蓋防水布",
        "採用",
        "平板當時沒有訊號",
    ):
        assert said in text, said
    history = page(client, db, one.staff, one, "history").text
    assert "1 處寫法不同或逾時送達，等領隊決定" in history


def test_where_nothing_was_torn_the_page_says_so(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    assert "小組寫的內容沒有互相牴觸" in page(client, db, one.leader, one).text
    assert disputes(one.leader, one.id).waiting == 0


def test_an_agency_and_strangers_do_not_see_it(client: FlaskClient, db: Any, clock: Any) -> None:
    one = torn(Told(closed=False))
    assert page(client, db, one.handler, one).status_code == 404
    assert page(client, db, make.actor("secretary"), one).status_code == 404
    with pytest.raises(Problem, match="not_found"):
        disputes(one.handler, one.id)
    with pytest.raises(Problem, match="forbidden"):
        disputes(make.actor("secretary"), one.id)


def test_no_sheet_is_told_before_all_are_handed_in(client: FlaskClient, db: Any, clock: Any) -> None:
    """A sheet written on two tablets at once, and a photo of a paper sheet that comes late: only their member reads them."""
    one = inspection_with_log(Told(scores=(79, 80, None)))
    owner = one.members[0]
    sheet = one.log.own(f"score_sheet:{owner.id}")
    paper = photos.take_in(owner, photo(), "paper.jpg")
    for tablet, value in ((one.devices[owner.id], 7), ("d0000000-0000-7000-8000-000000000009", 6)):
        one.log.write(owner.id, tablet, "score_sheet", sheet, q_contractor=value, over=[])
    one.write(owner, "photo", one.log.new_entity(), sha256=paper, use="score_paper", caption="評分表正本")
    assert one.send().count("late") == 3
    for reader in (one.leader, one.members[1], one.coordinator, one.convener):
        found = disputes(reader, one.id)
        assert [item for item in found.undecided if item.kind == "score_sheet"] == []
        assert [line for line in found.late if line.operation.entity in ("score_sheet", "photo")] == []
        assert "評分表正本" not in page(client, db, reader, one).text
    assert [line.operation.entity for line in disputes(owner, one.id).late] == ["score_sheet", "score_sheet"]
