"""Who may see and do what with a record; what an agency must not learn, in every page and file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app import clock as now
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.errors import Problem
from inspect_app.inspections import queries, services
from inspect_app.inspections.showing import history, shown
from inspect_app.inspections.todos import todos
from inspect_app.notices import services as notices
from tests.support import factories as make
from tests.support.inspected import Inspected, Told, inspection_with_log

WITHHELD = Told(scores=(84, 85, 86), test="concrete_core")
TABS = ("record", "tidy", "confirm", "scores", "tests", "photos", "disputes", "history")
FILES = ("record.odt", "record.pdf", "statement.odt", "statement.pdf")
Reader = Callable[[Actor, str], Any]


@pytest.fixture
def read(client: FlaskClient, db: Any) -> Reader:
    """`read(who, path)`: the answer to that person's browser."""

    def get(who: Actor, path: str) -> Any:
        return client.get(path, headers=make.bearer(db.session.get(Account, who.id)))

    return get


def text_of(answer: Any) -> str:
    """What a file or page holds in words; an ODT or XLSX is opened."""
    if answer.data[:2] != b"PK":
        return answer.data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return "".join(
            archive.read(name).decode("utf-8", "replace")
            for name in archive.namelist()
            if name.endswith("xml")
        )


def visible(html: str) -> str:
    """A page without what changes with every request."""
    return re.sub(r'(csrf_token|once)" value="[^"]*"', "", html)


def other_handler(one: Inspected) -> Actor:
    return make.actor(Role.AGENCY_HANDLER, agency_id=make.agency().id)


BEFORE = ("closed", "confirming", "approving", "approved")


def brought_to(state: str) -> Inspected:
    one = inspection_with_log()
    if state in ("confirming", "approving", "approved"):
        one.confirmed()
    if state in ("approving", "approved"):
        services.send_for_approval(one.coordinator, one.id)
    if state == "approved":
        services.approve_record(one.convener, one.id)
    return one


@pytest.mark.parametrize("state", BEFORE)
def test_an_agency_sees_nothing_before_the_letter(db: Any, clock: Any, read: Reader, state: str) -> None:
    one = brought_to(state)
    made_up = read(one.handler, "/office/inspections/01a207a5-4b02-7bd3-8533-024175187288")
    for path in ("", *(f"/{name}" for name in FILES), *(f"?tab={tab}" for tab in TABS)):
        answer = read(one.handler, f"/office/inspections/{one.id}{path}")
        assert answer.status_code == 404, path
        assert visible(answer.text) == visible(made_up.text), "no more than for a made-up inspection"
    assert queries.listed(one.handler) == []
    assert todos(one.handler, now.today()) == []


def test_an_agency_reads_its_own_issued_record_and_no_other(db: Any, clock: Any, read: Reader) -> None:
    one = inspection_with_log()
    one.issued()
    page = read(one.handler, f"/office/inspections/{one.id}")
    assert page.status_code == 200
    assert "80 分（甲等）" in page.text
    for stranger in (
        other_handler(one),
        make.actor(Role.ADMINISTRATOR),
        make.actor(Role.STAFF),
        make.actor(Role.INSPECTOR),
    ):
        assert read(stranger, f"/office/inspections/{one.id}").status_code == 404


@pytest.mark.parametrize("tab", ["tidy", "confirm", "scores", "tests", "disputes", "history"])
def test_an_agency_has_no_inner_tabs(db: Any, clock: Any, read: Reader, tab: str) -> None:
    one = inspection_with_log()
    one.issued()
    assert read(one.handler, f"/office/inspections/{one.id}?tab={tab}").status_code == 404


def test_an_agency_never_reads_sheets_means_originals_or_who_wrote_what(
    db: Any, clock: Any, read: Reader
) -> None:
    one = inspection_with_log(Told(scores=(79, 80, 80)))
    services.tidy(
        one.staff, one.id, services.Tidied("finding", one.findings[0], "text", "整理後的字", "A1 橋台蜂窩")
    )
    one.issued()
    for path in ("", "?tab=photos", "/record.odt", "/statement.odt"):
        text = text_of(read(one.handler, f"/office/inspections/{one.id}{path}"))
        assert "79.67" not in text
        assert "A1 橋台蜂窩" not in text
        assert "品管尚可" not in text
    with pytest.raises(Problem):
        history(one.handler, one.id)


@pytest.mark.parametrize("who", ["handler", "chair", "secretary"])
def test_a_withheld_score_is_in_no_byte_for_those_outside(
    db: Any, clock: Any, read: Reader, who: str
) -> None:
    """Two visits that differ in the scores only give the same answers, byte by byte but for ids and moments."""
    answers = []
    for scores in ((84, 85, 86), (91, 92, 93)):
        one = inspection_with_log(Told(scores=scores, test="concrete_core"))
        one.issued()
        reader = (
            one.handler if who == "handler" else make.actor(Role.CHAIR if who == "chair" else Role.SECRETARY)
        )
        found = [
            text_of(read(reader, f"/office/inspections/{one.id}{path}"))
            for path in ("", "?tab=photos", "/record.odt")
        ]
        answers.append([neutral(text, one, reader) for text in found])
    assert answers[0] == answers[1]
    assert "成績保留" in answers[0][0]


def neutral(text: str, one: Inspected, reader: Actor) -> str:
    """Without ids, moments and the names that factories number."""
    text = visible(text).replace(one.id, "ID").replace(reader.id, "ME").replace(reader.name, "NAME")
    for name in (
        one.tender.agency.name,
        one.tender.contractor.name,
        one.tender.supervision.name,
        one.tender.number,
    ):
        text = text.replace(name, "X")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+", "MOMENT", text)


def test_a_told_score_after_failed_cores_does_not_give_the_mean_away(
    db: Any, clock: Any, read: Reader
) -> None:
    one = inspection_with_log(WITHHELD)
    one.issued()
    services.enter_test_result(one.staff, one.id, services.Judgement(one.test, "fail", now.today(), "R-1"))
    assert "不合格" not in read(one.handler, f"/office/inspections/{one.id}").text, (
        "told together with the score"
    )
    notices.issue_score_letter(one.coordinator, one.id, "府研查字第9號", now.today())
    for path in ("", "/record.odt"):
        text = text_of(read(one.handler, f"/office/inspections/{one.id}{path}"))
        assert "69" in text
        assert "不合格" in text
        assert "85.00" not in text
        assert "85 分" not in text


def test_members_read_their_own_sheet_only_until_all_are_handed_in(db: Any, clock: Any, read: Reader) -> None:
    one = inspection_with_log(Told(scores=(91, 62, None), closed=False))
    own = shown(one.members[0], one.id)
    assert [sheet["total"] for sheet in own.content["internal"]["sheets"]] == [None, 62, None]
    assert own.content["result"]["score"] is None
    text = read(one.members[0], f"/office/inspections/{one.id}?tab=scores").text
    told = re.sub(r"<[^>]*>", " ", text.split("委員評分")[-1])  # an id may hold any digits
    assert "91" not in told
    assert {item.kind for item in history(one.members[0], one.id)} >= {"finding", "score_sheet"}
    sheets = [item for item in history(one.members[0], one.id) if item.kind == "score_sheet"]
    assert {line.operation.author for item in sheets for line in item.lines} == {one.members[0].id}
    coordinator = shown(one.coordinator, one.id)
    assert [sheet["total"] for sheet in coordinator.content["internal"]["sheets"]] == [None, None, None]


def test_once_all_are_in_the_team_reads_all_sheets(db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(91, 62, 75)))
    for reader in (one.members[0], one.coordinator, one.staff, one.convener):
        sheets = shown(reader, one.id).content["internal"]["sheets"]
        assert [sheet["total"] for sheet in sheets] == [91, 62, 75]


def tidy(who: Actor, one: Inspected) -> None:
    services.tidy(who, one.id, services.Tidied("finding", one.findings[0], "text", "新字", "A1 橋台蜂窩"))


VERBS: dict[str, tuple[str, Callable[[Actor, Inspected], Any]]] = {
    "tidy": ("closed", tidy),
    "send": ("closed", lambda who, one: services.send_for_confirmation(who, one.id)),
    "confirm": ("confirming", lambda who, one: services.confirm(who, one.id, version=1, agreed=True)),
    "to_convener": ("confirming", lambda who, one: services.send_for_approval(who, one.id, reason="理由")),
    "approve": ("approving", lambda who, one: services.approve_record(who, one.id)),
    "return": ("approving", lambda who, one: services.return_record(who, one.id, "理由")),
    "withdraw": ("approved", lambda who, one: services.withdraw_approval(who, one.id, "理由")),
    "issue": ("approved", lambda who, one: notices.issue(who, one.id, services.Dispatch("字號", now.today()))),
    "remark": ("closed", lambda who, one: services.remark_on_member(who, one.id, one.leader.id, "認真")),
}  # fmt: skip
MAY = {
    "tidy": {"staff", "coordinator"}, "send": {"staff", "coordinator"}, "confirm": {"leader", "member1", "member2"},
    "to_convener": {"staff", "coordinator"}, "approve": {"convener"}, "return": {"convener"}, "withdraw": {"convener"},
    "issue": {"coordinator"},
    "remark": {"coordinator"},
}  # fmt: skip
EVERYBODY = (
    "leader",
    "member1",
    "member2",
    "staff",
    "coordinator",
    "convener",
    "handler",
    "other_staff",
    "other_member",
    "auditor",
)


@pytest.mark.parametrize("verb", VERBS)
def test_the_permission_matrix(db: Any, clock: Any, verb: str) -> None:
    state, act = VERBS[verb]
    one = brought_to(state)
    people = one.everybody | {
        "other_staff": make.actor(Role.STAFF), "other_member": make.actor(Role.INSPECTOR), "auditor": make.actor(Role.AUDITOR),
    }  # fmt: skip
    assert set(people) == set(EVERYBODY)
    for name in sorted(set(people) - MAY[verb]):
        with pytest.raises(Problem) as found:
            act(people[name], one)
        assert found.value.code in ("forbidden", "not_found"), name
    for name in sorted(MAY[verb])[:1]:
        act(people[name], one)


def test_to_dos_reach_whoever_has_to_act(db: Any, clock: Any) -> None:
    def buttons(who: Actor) -> list[str]:
        return [todo.button for todo in todos(who, now.today())]

    one = inspection_with_log()
    assert buttons(one.staff) == buttons(one.coordinator) == ["整理紀錄"]
    assert buttons(one.leader) == buttons(one.convener) == []
    services.send_for_confirmation(one.coordinator, one.id)
    assert [buttons(who) for who in one.scoring] == [["確認"]] * 3
    for who in one.scoring:
        services.confirm(who, one.id, version=1, agreed=True)
    assert buttons(one.leader) == []
    assert buttons(one.staff) == ["陳核"]
    services.send_for_approval(one.coordinator, one.id)
    assert buttons(one.convener) == ["核定"]
    services.approve_record(one.convener, one.id)
    assert buttons(one.coordinator) == ["發文"]
    assert not todos(one.coordinator, now.today())[0].overdue
    clock.advance(days=10)
    assert todos(one.coordinator, now.today())[0].overdue
    notices.issue(one.coordinator, one.id, services.Dispatch("字號", now.today(), "委員出國"))
    assert buttons(one.coordinator) == []


def test_a_withheld_score_waits_for_its_letter_once_judged(db: Any, clock: Any) -> None:
    one = inspection_with_log(WITHHELD)
    one.issued()
    assert todos(one.coordinator, now.today()) == []
    services.enter_test_result(one.staff, one.id, services.Judgement(one.test, "pass", now.today(), ""))
    assert [todo.button for todo in todos(one.coordinator, now.today())] == ["發成績函"]


def test_late_words_wait_for_the_leader(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.write(one.members[0], "finding", one.log.new_entity(), kind="advice", text="晚到")
    one.send()
    assert [todo.button for todo in todos(one.leader, now.today())] == ["查看"]
    assert todos(one.members[0], now.today()) == []
