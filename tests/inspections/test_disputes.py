"""What waits for the leader, on the office's page: both values, who and when, which stands, who decided; late operations."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.clock import today
from inspect_app.demo.pen import Member
from inspect_app.demo.quarrels import come_late, disagree
from inspect_app.errors import Problem
from inspect_app.inspections import services
from inspect_app.inspections.disputes import disputes
from inspect_app.inspections.todos import todos
from inspect_app.photos import services as photos
from tests.support import factories as make
from tests.support.inspected import Inspected, Told, close, inspection_with_log
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


def shut(one: Inspected) -> None:
    """The leader closes over everything that is known."""
    close(one, Told())
    one.send()


def reopened(one: Inspected) -> None:
    one.write(one.leader, "closing", one.log.own("closing"), deleted=True)
    one.send()
    assert one.row.state == "open"


def test_what_nobody_chose_holds_up_the_members_until_the_leader_has(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = torn(Told(closed=False))
    shut(one)
    with pytest.raises(Problem, match="有 1 處寫法不同"):
        services.send_for_confirmation(one.coordinator, one.id)
    assert "1 處寫法不同" in " ".join(todo.what for todo in todos(one.leader, today()))
    assert "寫法不同" not in " ".join(todo.what for todo in todos(one.members[0], today()))
    reopened(one)
    heads = [version.value for version in disputes(one.leader, one.id).undecided[0].versions]
    ids = [item.id for item in one.log.operations if item.set.get("location") in heads]
    one.log.write(
        one.leader.id, one.devices[one.leader.id], "finding", one.findings[0], location=heads[1], over=ids
    )
    one.write(one.leader, "closing", one.log.own("closing"), deleted=False, closed_at="2026-11-23T09:00:00Z",
              **one.log.frontier())  # fmt: skip
    one.send()
    assert disputes(one.leader, one.id).waiting == 0
    one.confirmed()
    assert one.row.state == "confirming"


def test_what_comes_while_members_confirm_goes_to_the_convener_with_a_reason_only(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    one.confirmed()
    come_late(one.log, member_of(one, one.leader, "leader"), member_of(one, one.members[0], "member"))
    one.send()
    for who in one.scoring:  # what the leader let in was a new version
        services.confirm(who, one.id, version=services.open_record(one.id).version, agreed=True)
    assert "有 1 筆逾時送達的紀錄待領隊決定" in page(client, db, one.members[0], one, "confirm").text
    with pytest.raises(Problem, match="有 1 筆逾時送達"):
        services.send_for_approval(one.coordinator, one.id)
    services.send_for_approval(one.coordinator, one.id, reason="領隊住院，委員已電話確認。")
    headers = make.bearer(db.session.get(Account, one.convener.id))
    read = client.get(f"/office/inspections/{one.id}/approval", headers=headers).text
    assert "有 1 筆逾時送達的紀錄待領隊決定" in read
    assert "領隊住院，委員已電話確認。" in read


def test_what_was_deleted_unseen_is_told_and_waits(client: FlaskClient, db: Any, clock: Any) -> None:
    """The leader deletes a finding; a member without a network had written on in it and photographed it."""
    one = inspection_with_log(Told(closed=False))
    finding, member = one.findings[0], one.members[0]
    noted = next(item.id for item in one.log.operations if item.entity_id == finding)
    text = one.log.write(
        member.id, one.devices[member.id], "finding", finding, text="蜂窩延伸到柱腳", over=[noted]
    )
    taken = photos.take_in(member, photo(), "foot.jpg")
    put = one.log.new_entity()
    one.write(member, "photo", put, sha256=taken, finding=finding, use="evidence")
    one.log.write(one.leader.id, one.devices[one.leader.id], "finding", finding, deleted=True, over=[noted])
    one.send()
    (gone,) = disputes(one.leader, one.id).withdrawn
    assert (gone.entity_id, gone.by, gone.unseen[0], len(gone.unseen)) == (finding, one.leader.id, text, 2)
    said = words(page(client, db, one.coordinator, one).text)
    for part in (
        "刪除時還沒看到的內容",
        "內容：蜂窩延伸到柱腳",
        "照片",
        "林委員",
        "龍領隊",
        "恢復或維持刪除",
    ):
        assert part in said, part
    assert f"/api/v1/photos/{taken}/320" in page(client, db, one.coordinator, one).text
    shut(one)
    with pytest.raises(Problem, match="刪除後另有補寫"):
        services.send_for_confirmation(one.coordinator, one.id)
    reopened(one)
    seen = [item.id for item in one.log.operations if item.entity_id in (finding, put)]
    one.log.write(one.leader.id, one.devices[one.leader.id], "finding", finding, deleted=True, over=seen)
    one.send()
    found = disputes(one.leader, one.id)
    assert (found.withdrawn, found.decided, found.waiting) == ((), (), 0)
