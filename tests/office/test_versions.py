"""Two people at one form: the second is told what the first one saved, and keeps what was typed. Nothing is overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable

from inspect_app.accounts.permissions import Role
from inspect_app.catalogue.services import load_shipped
from tests.support import factories as make
from tests.support.office import Visitor
from tests.support.tabs import Tab, clash


def test_no_form_overwrites_what_another_tab_saved(signed_in: Callable[..., Visitor]) -> None:
    load_shipped()
    office = signed_in(Role.ADMINISTRATOR, Role.COORDINATOR)
    tender, person = make.tender(budget=30_000_000), make.account(Role.STAFF)
    expert = make.expert(make.account(Role.INSPECTOR, name="陳外聘"))
    assert "目前存的：" in clash(office, f"/accounts/{person.id}/edit", "title", "技士", "技正")
    assert "31,000,000" in clash(office, f"/tenders/{tender.id}/budget", "budget", "31,000,000", "32,000,000")
    clash(office, f"/tenders/{tender.id}/terms", "cap_ratio", "20", "10")
    clash(office, f"/agencies/{tender.agency_id}", "short_name", "甲局", "乙局")
    clash(office, f"/experts/{expert.id}", "employer", "甲大學", "乙大學", action=expert.id)


def test_what_was_entered_before_is_told_and_not_replaced_unseen(signed_in: Callable[..., Visitor]) -> None:
    """Lines that one enters by a day, a band or a quarter: the form does not know yet what is there."""
    load_shipped()
    office = signed_in(Role.COORDINATOR)
    closure = {"on": "2026-07-10", "working": "0"}
    quota = {"band_from": "0", "required": "90"}
    letter = {"quarter": "3", "sent_on": "2026-10-20"}
    for path, page, given, name in (
        ("/closures", "/closures", closure, "reason"),
        ("/quotas/2026/adjust", "/quotas", quota, "reason"),
        ("/quotas/2026/returns", "/quotas", letter, "letter"),
        (
            "/rules/record_days",
            "/rules/record_days",
            {"effective_from": "2026-12-01", "value": "8"},
            "source",
        ),
    ):
        action = path if path != page else ""
        first, second = (Tab(office, page, action, send_to=path) for _ in range(2))
        assert first.send(**given, **{name: "甲寫的"}).status_code == 303, path
        told = second.send(**given, **{name: "乙寫的"})
        assert (told.status_code, "甲寫的" in told.text, "目前存的：" in told.text) == (422, True, True), path
        assert second.send(**given, **{name: "乙寫的"}).status_code == 303, path


def test_an_agency_writes_two_months_and_loses_none(signed_in: Callable[..., Visitor]) -> None:
    office = signed_in(Role.COORDINATOR)
    tender = make.tender()
    path = f"/tenders/{tender.id}/delays"
    october, november = Tab(office, f"{path}?month=2026-10", send_to=path), Tab(office, path)
    assert october.send(cause="十月缺工").status_code == 303
    wrong = november.send(month="2026-10", cause="十一月缺料")  # the wrong month was chosen
    assert (wrong.status_code, "十月缺工" in wrong.text) == (422, True)
    assert november.send(month="2026-11").status_code == 303
    page = office.get(f"/tenders/{tender.id}").text
    assert "十月缺工" in page
    assert "十一月缺料" in page
