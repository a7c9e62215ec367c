"""Mails about rulings: a link, and never what was ruled."""

from __future__ import annotations

from flask import current_app

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.permissions import Role
from inspect_app.domain.roc import format_date
from inspect_app.meetings.models import Ruling
from inspect_app.notifications.services import enqueue_mail

RULED = "［督導會報］主席裁示事項列管"
DECIDED = {"released": "解除列管", "merged": "併入另一項裁示列管"}


def tell_unit(ruling: Ruling, subject: str, body: str, unit_id: str = "") -> None:
    """Tell the ruling's unit, or another one that had it."""
    url = f"{current_app.config['SETTINGS'].public_url}/office/rulings/{ruling.id}"
    agency = unit_id or ruling.unit_id
    for person in accounts.to_tell(Role.AGENCY_HANDLER, Role.AGENCY_APPROVER, agency_id=agency):
        enqueue_mail(f"ruling:{ruling.id}", person.email, subject, f"{body}\n\n請由此處理：{url}\n")


def decided(ruling: Ruling) -> str:
    """The decision that a ruling came out of."""
    if ruling.state == "tracked":
        return f"裁示一項繼續列管，新的辦理期限為 {format_date(ruling.due_on)}。"
    return f"裁示一項{DECIDED[ruling.state]}。"
