"""Mails of a case: a link to the exact item, and never the text of a finding in the subject."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from inspect_app.extensions import db
from inspect_app.notices.models import Case
from inspect_app.notifications.services import enqueue_mail
from inspect_app.projects.models import Tender

RULE = "case"
"""Under which the jobs ask `reminding.wanted` before a letter leaves."""


def handlers_of(case: Case) -> list[Account]:
    return accounts.to_tell(Role.AGENCY_HANDLER, Role.AGENCY_APPROVER, agency_id=case.agency_id)


def approvers_of(case: Case) -> list[Account]:
    return accounts.to_tell(Role.AGENCY_APPROVER, agency_id=case.agency_id)


def coordinators() -> list[Account]:
    return accounts.to_tell(Role.COORDINATOR)


def tell(
    case: Case,
    people: Iterable[Account],
    subject: str,
    body: str,
    *,
    item_id: str = "",
    once: str = "",
    stage: str = "",
) -> int:
    """Queue one mail per person with a link to the case (and its item); answers how many.

    `once` keeps a stage from being told twice to the same person. What is the agency's leaves while the case is, and a
    reminder (`stage`) while it still reminds of something (`wanted`).
    """
    tender = db.session.get_one(Tender, case.tender_id)
    url = f"{current_app.config['SETTINGS'].public_url}/office/cases/{case.id}" + (
        f"#item-{item_id}" if item_id else ""
    )
    text = f"工程：{tender.name}\n標案編號：{tender.number}\n\n{body}\n\n請由此處理：{url}\n"
    reminds = (stage, case.due_on.isoformat()) if stage else ()
    about = (RULE, case.id, case.agency_id, *reminds)
    return sum(
        enqueue_mail(
            f"case:{case.id}",
            person.email,
            subject,
            text,
            once=f"{once}:{person.id}" if once else None,
            needed=about if person.agency_id == case.agency_id else (),
        )
        for person in {person.email: person for person in people}.values()
    )
