"""One agency under two names, one tender twice: merged without losing what hangs on either."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import UniqueConstraint, select

from inspect_app.accounts.actor import SYSTEM
from inspect_app.errors import Problem
from inspect_app.extensions import db as database
from inspect_app.inspections.models import Inspection, Rollup
from inspect_app.projects import merging, queries
from inspect_app.projects.models import Agency, Tender
from inspect_app.projects.services import (
    DelayNote,
    Terms,
    add_signal,
    confirm_agency,
    import_tenders,
    merge_agency,
    save_delay,
    set_contract_terms,
)
from tests.support import factories
from tests.support.tender_files import csv_file, row, tender_xml, xml_file

LONG, SHORT = "高雄市政府工務局新建工程處", "工務局新建工程處"


def take(content: bytes) -> Any:
    return import_tenders(SYSTEM, "標案", content)


def the(name: str) -> Agency:
    return next(agency for agency in queries.agencies() if agency.name == name)


def tenders_of(agency: Agency) -> list[Tender]:
    return list(database.session.scalars(select(Tender).where(Tender.agency_id == agency.id)))


@pytest.fixture
def twice(db: Any, clock: Any) -> tuple[Tender, Tender]:
    """One work from the XML of the known agency, and once more from a list under its short name."""
    take(xml_file(tender_xml(agency=LONG)))
    take(csv_file([row(決標金額="", 變更設計後契約金額=""), row(編號="ONLY")]))
    (kept,) = tenders_of(the(LONG))
    gone = next(found for found in tenders_of(the(SHORT)) if found.number == kept.number)
    return kept, gone


def test_who_refers_can_refer_to_another() -> None:
    """A reference that is part of a key could meet itself at the other one: then merging must be written for it."""
    for target in (Tender.__table__, Agency.__table__):
        for table, column in merging._referring(target):
            unique = [rule for rule in table.constraints if isinstance(rule, UniqueConstraint)]
            keys = [table.primary_key, *unique]
            own = table.name in merging._OWN or (table.name, column) == ("tenders", "agency_id")
            assert own or not any(column in rule.columns for rule in keys), table.name


def test_an_agency_with_inspections_moves_with_them(db: Any, clock: Any) -> None:
    """It could not be merged any more once one of its works had been inspected."""
    known, met = factories.agency("水利局", code="B"), factories.agency("市府水利局", confirmed=False)
    inspected = factories.issued_inspection(factories.tender(met), factories.account("leader"))
    assert merge_agency(SYSTEM, met.id, known.id) == []
    found = db.session.get_one(Inspection, inspected)
    assert (found.agency_id, db.session.get_one(Rollup, inspected).agency_id) == (known.id, known.id)


def test_one_work_that_stands_twice_becomes_one(db: Any, twice: tuple[Tender, Tender]) -> None:
    kept, gone = twice
    inspected = factories.issued_inspection(gone, factories.account("leader"))
    add_signal(SYSTEM, gone.id, "complaint", date(2026, 11, 2), "全民督工 115000001")
    set_contract_terms(SYSTEM, gone.id, Terms(9_000_000, {}, 2000, {}))
    for month, cause in ((date(2021, 8, 1), "重複的說法"), (date(2026, 10, 1), "連日豪雨")):
        save_delay(SYSTEM, gone.id, month, DelayNote("天候", cause, "加派人力", None, ""))
    assert merge_agency(SYSTEM, gone.agency_id, kept.agency_id) == [kept.number]
    assert merge_agency(SYSTEM, gone.agency_id, kept.agency_id, same=True) == []
    found = queries.tender(gone.id)
    assert (found.id, found.agency.name, found.agency.aliases) == (kept.id, LONG, [SHORT])
    assert set(db.session.scalars(select(Tender.number))) == {kept.number, "ONLY"}
    assert (found.budget, found.contract_amount, found.contact_email) == (
        65_000_000,
        60_000_000,
        "a@example.test",
    )
    assert (found.progress_planned_bp, found.progress_as_of) == (5550, date(2026, 11, 23))
    assert db.session.get_one(Inspection, inspected).tender_id == kept.id
    assert [one.evidence for one in queries.signals(kept.id)] == ["全民督工 115000001"]
    assert [(one.month.month, one.cause) for one in queries.delays(kept.id)] == [
        (10, "連日豪雨"),
        (8, "管線未遷"),
    ]
    terms = queries.terms(kept.id)
    assert terms is not None
    assert (terms.procurement_amount, len(queries.people(kept.id)), len(queries.changes(kept.id))) == (
        9_000_000,
        2,
        1,
    )
    assert take(csv_file([row()])).created == 0
    assert [agency.name for agency in queries.agencies()] == [LONG]


def test_an_agency_with_its_own_code_is_no_other_one(db: Any, twice: tuple[Tender, Tender]) -> None:
    kept, _ = twice
    other = factories.agency("新局", code="N")
    with pytest.raises(Problem, match="沒有代碼"):
        merge_agency(SYSTEM, kept.agency_id, other.id, same=True)


def test_an_agency_confirmed_by_mistake_can_be_merged(db: Any, twice: tuple[Tender, Tender]) -> None:
    kept, gone = twice
    confirm_agency(SYSTEM, gone.agency_id, code="", short_name="")
    assert merge_agency(SYSTEM, gone.agency_id, kept.agency_id, same=True) == []
    third = factories.tender(factories.agency("新局", confirmed=False), number=kept.number)
    confirm_agency(SYSTEM, third.agency_id, code="", short_name="")
    assert merge_agency(SYSTEM, third.agency_id, kept.agency_id, same=True) == []
    assert {queries.tender(one).id for one in (gone.id, third.id, kept.id)} == {kept.id}


def test_a_code_that_was_merged_is_known_from_then_on(db: Any, clock: Any) -> None:
    """Agencies get new codes: a file with the old one made the merged agency again."""
    take(xml_file(tender_xml(agency=LONG)))
    take(xml_file(tender_xml(agency=LONG, code="OLD", number="B")))
    old = next(agency for agency in queries.agencies() if agency.code == "OLD")
    assert merge_agency(SYSTEM, old.id, the(LONG).id) == []
    assert take(xml_file(tender_xml(agency=LONG, code="OLD", number="B"))).unchanged == 1
    assert take(xml_file(tender_xml(agency="新名稱", code="OLD", number="C"))).created == 1
    assert [agency.name for agency in queries.agencies()] == [LONG]
    assert len(db.session.scalars(select(Tender)).all()) == 3


def test_an_agency_that_was_renamed_is_told_and_goes_by_both_names(db: Any, clock: Any) -> None:
    take(xml_file(tender_xml(agency=SHORT)))
    (note,) = take(xml_file(tender_xml(agency=LONG))).notes
    assert (SHORT in note, LONG in note) == (True, True)
    renamed = confirm_agency(SYSTEM, the(SHORT).id, name=LONG, code="NEW", short_name="新工處")
    assert (renamed.name, renamed.code, renamed.aliases) == (LONG, "NEW", [SHORT, "379000000A"])
    for content in (
        xml_file(tender_xml(agency=SHORT)),
        xml_file(tender_xml(agency=LONG, code="NEW")),
        csv_file([row(執行機關=SHORT)]),
        csv_file([row(執行機關=LONG)]),
    ):
        result = take(content)
        assert (result.created, result.notes) == (0, [])
    other = factories.agency("別局", code="X")
    for taken in ({"name": SHORT, "code": ""}, {"name": "", "code": "379000000A"}):
        with pytest.raises(Problem, match="合併"):
            confirm_agency(SYSTEM, other.id, short_name="", **taken)
    back = confirm_agency(SYSTEM, renamed.id, name=SHORT, code="", short_name="")
    assert (back.name, back.aliases) == (SHORT, ["379000000A", LONG])


def test_an_agency_nobody_met_is_told_before_it_comes_in(db: Any, clock: Any) -> None:
    take(xml_file(tender_xml(agency=LONG)))
    (note,) = import_tenders(SYSTEM, "a", csv_file([row()]), check=True).notes
    assert (SHORT in note, "併入" in note) == (True, True)
