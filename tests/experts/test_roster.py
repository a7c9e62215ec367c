"""The roster: import, entry by hand, recusal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.audit.models import AuditLine
from inspect_app.domain import editions
from inspect_app.errors import Problem
from inspect_app.experts import queries
from inspect_app.experts.models import Expert
from inspect_app.experts.services import Person, TieFact, add_tie, import_experts, remove_tie, save_expert
from inspect_app.projects import queries as projects
from tests.support import factories
from tests.support.tender_files import csv_file, xlsx_file

HEADER = ("專長", "姓名", "專家編號", "服務單位", "聘別", "Email")
TODAY = date(2026, 11, 23)
ANNA = {
    "姓名": "林示範",
    "專家編號": "E001",
    "服務單位": "示範大學土木系",
    "專長": "土木、結構；大地",
    "Email": "a@example.test",
}
BERT = {"姓名": "陳示範", "服務單位": "研究發展考核委員會", "聘別": "內聘"}


def take(rows: list[dict[str, str]], make: Any = csv_file, **options: Any) -> Any:
    return import_experts(SYSTEM, "名單.csv", make(rows, header=HEADER), **options)


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_roster_comes_in_and_the_same_again_changes_nothing(db: Any, make: Any) -> None:
    assert take([ANNA, BERT], make, check=True).created == 2
    assert queries.members() == []
    assert take([ANNA, BERT], make).as_dict() == {"created": 2, "updated": 0, "unchanged": 0, "rejected": []}
    anna, bert = queries.members()
    assert (anna.name, anna.specialities, anna.external, anna.on_roster) == (
        "林示範",
        ["土木", "結構", "大地"],
        True,
        True,
    )
    assert (bert.name, bert.external, bert.on_roster) == ("陳示範", False, False)
    lines = db.session.scalar(select(func.count()).select_from(AuditLine))
    assert take([ANNA, BERT], make).unchanged == 2
    assert db.session.scalar(select(func.count()).select_from(AuditLine)) == lines
    assert take([{**ANNA, "服務單位": "另一大學", "Email": ""}]).updated == 1
    db.session.expire_all()
    assert (queries.members()[0].employer, queries.members()[0].email) == ("另一大學", "a@example.test")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({**ANNA, "姓名": ""}, "姓名"),
        ({"姓名": "王示範"}, "聘別"),
        ({**ANNA, "聘別": "顧問"}, "聘別"),
        ({**ANNA, "Email": "沒有"}, "Email"),
        ({**ANNA, "姓名": "長" * 61}, "姓名"),
        ({**ANNA, "姓名": "林\0示範"}, "姓名"),
        ({**BERT}, "姓名"),
    ],
)
def test_bad_rows_are_told(db: Any, row: dict[str, str], field: str) -> None:
    result = take([BERT, row])
    assert (result.created, [(bad.row, bad.field) for bad in result.rejected]) == (1, [(3, field)])


def test_somebody_entered_first_learns_the_number_later(db: Any) -> None:
    take([{"姓名": "林示範", "服務單位": "示範大學土木系", "聘別": "外聘"}])
    assert take([ANNA]).updated == 1
    db.session.expire_all()
    (only,) = queries.members()
    assert (only.roster_no, only.on_roster) == ("E001", True)


def test_a_list_without_numbers_makes_nobody_twice(db: Any) -> None:
    """A second row of somebody would have none of the ties that mean recusal."""
    plain = {"姓名": "林示範", "服務單位": "示範大學土木系", "聘別": "外聘"}
    take([ANNA])
    assert take([plain]).unchanged == 1
    assert take([{**plain, "專家編號": "E002"}, plain, ANNA]).as_dict() == {
        "created": 1, "updated": 0, "unchanged": 1,
        "rejected": [{"row": 4, "field": "姓名", "message": "「林示範」和第 3 列是同一人，只採用前面那一列。"}],
    }  # fmt: skip
    (bad,) = take([plain]).rejected
    assert (bad.field, "有 2 位" in bad.message) == ("專家編號", True)


def test_off_the_roster_wants_the_approved_reason(db: Any) -> None:
    with pytest.raises(Problem) as told:
        save_expert(SYSTEM, Person("王示範", on_roster=False))
    assert (told.value.code, told.value.field) == ("reason_required", "off_roster_reason")
    assert (
        save_expert(SYSTEM, Person("王示範", on_roster=False, off_roster_reason="首長核可")).name == "王示範"
    )


def test_numbers_and_accounts_are_of_one_person(db: Any) -> None:
    account = factories.account(Role.INSPECTOR)
    first = save_expert(SYSTEM, Person("甲", roster_no="E1", account_id=account.id))
    for person, field in (
        (Person("乙", roster_no="E1"), "roster_no"),
        (Person("乙", account_id=account.id), "account_id"),
    ):
        with pytest.raises(Problem) as told:
            save_expert(SYSTEM, person)
        assert told.value.field == field
    assert save_expert(SYSTEM, Person("甲", roster_no="E1", account_id=account.id), first.id).id == first.id
    found = queries.by_account(account.id)
    assert found is not None
    assert found.id == first.id


@pytest.mark.parametrize(
    ("employer", "tie", "expected"),
    [
        ("示範大學", None, []),
        ("丙營造有限公司", None, ["conflict.employed"]),
        ("", TieFact("employed", "丙營造", until=date(2020, 1, 1)), []),
        ("", TieFact("employed", "丙營造股份有限公司", since=date(2020, 1, 1)), ["conflict.employed"]),
        ("", TieFact("family", "丙營造", degree=2, note="兄"), ["conflict.family"]),
        ("", TieFact("family", "丙營造", degree=3, note="叔"), []),
        ("", TieFact("designed", tender_id="this"), ["conflict.earlier_work"]),
        ("", TieFact("interest", "水利局"), ["conflict.declared"]),
    ],
)
def test_recusal(db: Any, employer: str, tie: TieFact | None, expected: list[str]) -> None:
    tender = factories.tender(
        factories.agency("水利局"), contractor_id=factories.firm("丙營造股份有限公司").id
    )
    expert = save_expert(SYSTEM, Person("甲", employer=employer))
    if tie is not None:
        target = tender.id if tie.tender_id else ""
        add_tie(
            SYSTEM,
            expert.id,
            TieFact(tie.kind, tie.party, target, tie.degree, tie.since, tie.until, tie.note),
        )
    parties = projects.parties(projects.tender(tender.id))
    reasons = queries.conflicts(expert, queries.ties(expert.id), parties, TODAY, editions.in_force(TODAY))
    assert [reason.rule for reason in reasons] == expected


def test_disqualified_is_a_conflict_everywhere(db: Any) -> None:
    expert = save_expert(SYSTEM, Person("甲", disqualified="停業處分"))
    parties = projects.parties(factories.tender())
    reasons = queries.conflicts(expert, [], parties, TODAY, editions.in_force(TODAY))
    assert [reason.rule for reason in reasons] == ["conflict.disqualified"]


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        (TieFact("x", "y"), "kind"),
        (TieFact("employed"), "party"),
        (TieFact("family", "丙"), "degree"),
        (TieFact("employed", "丙", since=date(2026, 2, 1), until=date(2026, 1, 1)), "until"),
    ],
)
def test_wrong_ties_are_told(db: Any, fact: TieFact, field: str) -> None:
    expert = save_expert(SYSTEM, Person("甲"))
    with pytest.raises(Problem) as told:
        add_tie(SYSTEM, expert.id, fact)
    assert told.value.field == field


def test_a_tie_is_taken_back_and_the_log_keeps_it(db: Any) -> None:
    expert = save_expert(SYSTEM, Person("甲"))
    tie = add_tie(SYSTEM, expert.id, TieFact("employed", "丙營造"))
    remove_tie(SYSTEM, expert.id, tie.id)
    assert queries.ties(expert.id) == []
    line = db.session.scalars(select(AuditLine).where(AuditLine.action == "experts.tie_removed")).one()
    assert line.detail["party"] == "丙營造"


def test_only_those_who_may(db: Any) -> None:
    auditor = factories.actor(Role.AUDITOR)
    for act in (
        lambda: take_as(auditor),
        lambda: save_expert(auditor, Person("甲")),
        lambda: add_tie(auditor, "x", TieFact("employed", "丙")),
    ):
        with pytest.raises(Problem) as told:
            act()
        assert told.value.code == "forbidden"
    assert db.session.scalars(select(Expert)).all() == []


def take_as(actor: Any) -> Any:
    return import_experts(actor, "x.csv", csv_file([ANNA], header=HEADER))
