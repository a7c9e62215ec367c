"""The auditor's page: acts asked for by their words, and a way to whom or what a line is about."""

from __future__ import annotations

from collections.abc import Callable

from inspect_app import audit
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.transaction import transaction
from tests.support import factories as make
from tests.support.office import Visitor


def test_the_log_is_read_in_words(signed_in: Callable[..., Visitor]) -> None:
    office = signed_in(Role.AUDITOR)
    person, tender = make.account(Role.STAFF, name="林備查"), make.tender()
    with transaction():
        audit.record(SYSTEM, "accounts.disabled", f"account:{person.id}")
        audit.record(SYSTEM, "projects.terms_set", f"tender:{tender.id}")
        audit.record(SYSTEM, "scheduling.viewed", "visit:1b4e28ba-2fa1-11d2-883f-0016d3cca427", where="page")
    page = office.get("/audit").text
    assert "帳號林備查" in page
    assert f"/office/accounts/{person.id}" not in page  # an auditor opens no accounts
    assert f'href="/office/tenders/{tender.id}"' in page
    assert "查核行程" not in page.split("<tbody>")[1]
    found = office.get("/audit?action=停用帳號").text.split("<tbody>")[1]
    assert ("accounts.disabled" in found, "projects.terms_set" in found) == (True, False)
    assert "沒有符合的紀錄" in office.get("/audit?action=沒有這個動作").text
    assert "projects.terms_set" in office.get(f"/audit?subject=tender:{tender.id}&action=projects.").text
