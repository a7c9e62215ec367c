"""「為什麼？」 beside scores, grades, amounts and dates; repeat defects; the coordinator's calibration."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from inspect_app import clock as clock_of_product
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.models import Account
from inspect_app.catalogue import services as settings
from inspect_app.inspections import queries, repeating
from inspect_app.inspections.models import Record
from inspect_app.meetings import services as meetings
from inspect_app.notices import queries as notices
from inspect_app.notices import services
from inspect_app.office import citizen_reports, home
from inspect_app.projects.models import Tender
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.inspected import Inspected, Told, inspection_with_log
from tests.support.told import bare, told

pytestmark = pytest.mark.timeout(300)


class Reader:
    """Somebody who reads pages and what stands behind 「為什麼？」."""

    def __init__(self, client: FlaskClient, db: Any, who: Actor) -> None:
        self.client, self.headers = client, make.bearer(db.session.get(Account, who.id))

    def get(self, path: str) -> str:
        answer = self.client.get(f"/office{path}", headers=self.headers)
        assert answer.status_code == 200, path
        assert bare(answer.text) == [], f"{path} shows figures without reasons"
        return html.unescape(answer.text)

    def why(self, path: str, part: str) -> str:
        found = re.search(rf'<details class="why" id="{part}">(.*?)</details>', self.get(path), re.DOTALL)
        assert found, f"{path} has no {part}"
        return found[1]


def test_a_record_tells_why_its_score_amounts_and_date(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    coordinator, path = Reader(client, db, one.coordinator), f"/inspections/{one.id}"
    score = coordinator.why(path, "why-score")
    assert "3 位委員評分 79、80、80，總和 239，平均 79.67，小數四捨五入為 80 分" in score
    assert "〔依據：工程施工查核小組作業辦法第7條，112.08.09 起適用〕" in score
    assert "每點 NT$ 4,000" in coordinator.why(path, "why-penalty")
    assert "期限 7 個工作天" in coordinator.why(path, "why-due")
    listed = coordinator.get("/inspections")
    assert f"{path}#why-due" in listed
    one.issued()
    assert f"{path}#why-score" in coordinator.get("/inspections")
    assert f"{path}#why-penalty" in coordinator.get("/inspections")
    assert "查核金額以上未達巨額" in coordinator.get(f"/tenders/{one.tender.id}")


def test_the_agency_reads_why_without_what_the_members_gave(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.issued()
    case = notices.by_inspection(one.id)
    assert case is not None
    handler, path = Reader(client, db, one.handler), f"/cases/{case.id}"
    score = handler.why(path, "why-score")
    assert "80 分為甲等" in score
    assert "第7條" in score
    assert "79" not in score
    assert "改善期限為" in handler.why(path, "why-due")
    assert "第10條" in handler.why(path, "why-due")
    assert f"{path}#why-due" in handler.get("/cases")
    assert "採購金額 NT$ 120,000,000" in handler.why(path, "why-penalty")


def test_a_granted_extension_and_the_ladder_stand_among_the_reasons(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    one = inspection_with_log()
    one.issued()
    case = notices.by_inspection(one.id)
    assert case is not None
    approver = make.actor("agency_approver", agency_id=case.agency_id)
    services.ask_extension(approver, case.id, case.due_on + timedelta(days=9), "材料待進場")
    asked = notices.extensions(case.id)[0]
    later = case.due_on + timedelta(days=7)
    services.decide_extension(one.coordinator, asked.id, granted=True, until=later, reason="")
    clock.advance(days=28 + 7 + 1)
    told = Reader(client, db, one.coordinator).why(f"/cases/{case.id}", "why-due")
    assert "同意展延至" in told
    assert "逾期 1 天：逾期稽催" in told
    assert "此項未經查證" in told
    assert "逾期 1 天，逾期稽催" in Reader(client, db, one.coordinator).get("/cases")


def test_every_line_with_a_day_says_why(client: FlaskClient, db: Any, clock: Any) -> None:
    """待辦 of everybody on the way of one inspection, from the closing to the closed case, with a ruling beside it."""
    one = inspection_with_log()
    seen: list[str] = []

    def look() -> None:
        approver = make.actor("agency_approver", agency_id=one.tender.agency_id)
        for who in (*one.everybody.values(), approver, make.actor("secretary")):
            page = Reader(client, db, who).get("/")
            lines = [todo for todo in home.todos(who, clock_of_product.today()) if todo.until]
            assert all(todo.why for todo in lines), [todo.what for todo in lines if not todo.why]
            assert len([line for line in told(page) if line.startswith("date")]) == len(lines)
            seen.extend(reason.rule for todo in lines for reason in todo.why)

    look()
    one.issued()
    secretary = make.actor("secretary")
    today = clock_of_product.today()
    sitting = meetings.create_meeting(
        secretary, meetings.NewMeeting("第1次會報", today, today - timedelta(days=90), today)
    )
    new = meetings.NewRuling("加派人力", one.tender.agency_id, today + timedelta(days=9))
    ruling = meetings.add_ruling(secretary, sitting.id, new)
    look()
    clock.advance(days=60)
    look()
    later = clock_of_product.today() + timedelta(days=9)
    meetings.decide_ruling(secretary, ruling.id, "continued", text="仍未完成", due_on=later)
    look()
    handler = Reader(client, db, one.handler)
    for page in (handler.get("/rulings"), handler.get(f"/rulings/{ruling.id}"), handler.get("/")):
        assert "第1次會報的主席裁示" in page
        assert "決定繼續列管，期限改為" in page
    assert {
        "deadline.working_days",
        "deadline.improvement",
        "deadline.overdue",
        "deadline.ruling",
        "deadline.meeting",
    } <= set(seen)


def again(one: Inspected) -> Inspected:
    """Another inspection of the same contractor at another agency, with the same defects."""
    other = inspection_with_log()
    with transaction():
        db_row = other.tender
        db_row.contractor_id = one.tender.contractor_id
    return other


def test_repeat_defects_are_shown_to_those_who_need_them(client: FlaskClient, db: Any, clock: Any) -> None:
    make.edition()
    one = inspection_with_log()
    one.issued()
    clock.advance(days=100)
    other = again(one)
    name = other.tender.contractor.name
    leader = Reader(client, db, other.leader).get(f"/inspections/{other.id}")
    assert "重複缺失" in leader
    assert f"5.01.01 在承攬廠商「{name}」曾出現 1 次" in leader
    assert "重複缺失" not in Reader(client, db, one.leader).get(f"/inspections/{one.id}")
    other.issued()
    case = notices.by_inspection(other.id)
    assert case is not None
    assert f"在承攬廠商「{name}」曾出現 1 次" in Reader(client, db, other.coordinator).get(
        f"/cases/{case.id}"
    )
    own = Reader(client, db, other.handler).get(f"/cases/{case.id}")
    assert "重複缺失" not in own, "an agency is not told of another agency's inspections"
    page = Reader(client, db, other.coordinator).get("/repeats")
    assert f"5.01.01 在承攬廠商「{name}」於 2 次查核出現" in page
    drawn = re.findall(r"<li><span>(\d+)</span>.*?<span class=\"spark-when\">(.*?)</span>", page, re.DOTALL)
    assert drawn[:2] == [("1", "115年 第4季"), ("1", "116年 第1季")]
    assert "冷縫或蜂窩" in page
    for relation in ("project", "agency", "supervision"):
        assert "這段期間沒有重複的缺失" in Reader(client, db, other.coordinator).get(
            f"/repeats?relation={relation}"
        )
    assert "這段期間沒有重複的缺失" in Reader(client, db, other.coordinator).get("/repeats?from=2027-01-01")


def test_the_same_number_at_two_agencies_is_two_projects(db: Any, clock: Any) -> None:
    one = inspection_with_log()
    one.issued()
    other = inspection_with_log()
    with transaction():
        other.tender.number = one.tender.number
    other.issued()
    projects = {line.project for line in repeating.found(repeating.Wanted())}
    assert len(projects) == 2


def test_a_firm_that_took_over_has_not_made_the_defects_before_it(db: Any, clock: Any) -> None:
    """And a tender that was renamed is still the same project."""
    one = inspection_with_log()
    one.issued()
    (first, *others) = repeating.found(repeating.Wanted())
    content = queries.content_of(one.id)
    assert [line.code for line in (first, *others)] == [line["code"] for line in content["defects"]], (
        "advice is none"
    )
    with transaction() as session:
        tender = session.get_one(Tender, one.tender.id)
        tender.contractor_id, tender.name = make.firm("接手營造股份有限公司").id, "示範橋耐震補強工程（續建）"
    (again, *_) = repeating.found(repeating.Wanted())
    assert again.contractor == first.contractor == content["basic"]["contractor"]
    assert again.supervision == content["basic"]["supervision"]
    later = repeating.of_content(content, one.id, one.row.inspected_on)
    assert later == [], "a visit is no repeat of itself"
    assert again.project.startswith("示範橋耐震補強工程（續建）")


def test_the_reference_score_is_the_coordinator_s_alone(client: FlaskClient, db: Any, clock: Any) -> None:
    one = inspection_with_log(Told(scores=(79, 80, None), closed=False))
    path = f"/inspections/{one.id}?tab=calibration"
    people = {name: Reader(client, db, who) for name, who in one.everybody.items()}

    def status(name: str) -> int:
        reader = people[name]
        return int(client.get(f"/office{path}", headers=reader.headers).status_code)

    assert {name: status(name) for name in people} == dict.fromkeys(people, 404), (
        "not before all have handed in"
    )
    done = inspection_with_log()
    path = f"/inspections/{done.id}?tab=calibration"
    people = {name: Reader(client, db, who) for name, who in done.everybody.items()}
    assert {name: status(name) for name in people} == dict.fromkeys(people, 404) | {"coordinator": 200}
    page = people["coordinator"].get(path)
    assert "僅供校準，不影響成績" in page
    assert "88.3" in page  # 89 - 0.2 (a minor one in Q) - 0.5 (a medium one in W)
    for name in ("coordinator", "leader", "member1", "convener"):
        for tab in ("record", "scores"):
            assert "參考分數" not in people[name].get(f"/inspections/{done.id}?tab={tab}")
    done.issued()
    record = db.session.get_one(Record, done.id)
    assert "grade.mean" in str(record.content)
    assert "grade.reference" not in str(record.content), "never in the record"


def test_a_citizen_report_has_fourteen_calendar_days_and_says_why(
    client: FlaskClient, db: Any, clock: Any
) -> None:
    who = make.actor("coordinator")
    reader, tender = Reader(client, db, who), make.tender()
    path = f"/office/tenders/{tender.id}/citizen-reports/new"

    def send(**typed: str) -> int:
        return int(client.post(path, headers=reader.headers, data=typed).status_code)

    assert send(number="115-00123", dispatched="2026-11-24") == 422, "tomorrow has not been"
    assert send(number="", dispatched="2026-11-10") == 422
    assert send(number="115-00123", dispatched="2026-11-10") == 303
    assert send(number="115-00123", dispatched="2026-11-11") == 422, "once is enough"
    page = reader.get(f"/tenders/{tender.id}")
    assert "剩 1 天" in page
    assert "14 個日曆天，到期日為 民國115年11月24日（二）" in page
    assert "依機關系統所見，為可調整的設定" in page
    clock.advance(days=3)
    assert "已過 2 天" in reader.get(f"/tenders/{tender.id}")
    report = citizen_reports.reports_of(tender.id)[0].signal.id
    path = f"/office/tenders/{tender.id}/citizen-reports/{report}"
    assert "14 個日曆天" in reader.get(path.removeprefix("/office"))
    refused = client.post(path, headers=reader.headers, data={"on": "2026-11-09"})
    assert (refused.status_code, "派案日到今天之間" in refused.text) == (422, True)
    for on, seen in (("115.11.25", "115.11.25 已回復，逾期 1 天"), ("", "已過 2 天")):
        assert client.post(path, headers=reader.headers, data={"on": on}).status_code == 303
        assert seen in reader.get(f"/tenders/{tender.id}")
    settings.set_setting(who, "citizen_days", date(2026, 11, 1), "10", source="", verified=False)
    assert "10 個日曆天，到期日為 民國115年11月20日（五）" in reader.get(f"/tenders/{tender.id}")
    agency = make.actor("agency_handler", agency_id=tender.agency_id)
    assert "全民督工" not in Reader(client, db, agency).get(f"/tenders/{tender.id}")
