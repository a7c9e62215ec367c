"""The head's own yearly numbers, and the letters of the quarterly returns."""

from __future__ import annotations

from datetime import date

from inspect_app import audit, clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.catalogue import queries as catalogue
from inspect_app.errors import Problem
from inspect_app.scheduling.models import QuarterlyReturn, QuotaAdjustment
from inspect_app.scheduling.quotas import RATIO
from inspect_app.transaction import transaction

MOST = 10_000


def adjust_quota(
    actor: Actor, year: int, band_from: int, required: int, *, reason: str, letter: str
) -> QuotaAdjustment:
    """Enter the number that the head set for the ratio or a band; a second entry replaces it. The reason goes to PCC."""
    permit(actor, Permission.PLAN_VISITS)
    _check(year, band_from, required, reason)
    with transaction() as session:
        row = session.get(QuotaAdjustment, (year, band_from)) or QuotaAdjustment(
            year=year, band_from=band_from
        )
        before = row.required
        row.required, row.reason, row.letter = required, _plain(reason), _plain(letter)
        row.by, row.at = actor.id, clock.now()
        session.add(row)
        audit.record(
            actor,
            "quotas.adjusted",
            f"quota:{year}:{band_from}",
            before=before,
            required=required,
            reason=row.reason,
        )
    return row


def _check(year: int, band_from: int, required: int, reason: str) -> None:
    bands = catalogue.rules_on(min(clock.today(), date(year, 12, 31))).value("quotas")["bands"]
    if band_from not in (RATIO, *(band["from"] for band in bands)):
        raise Problem("bad_value", "請選比率或一個級距。", field="band_from")
    if not 0 <= required <= MOST:
        raise Problem("bad_value", f"件數請填 0 到 {MOST:,}。", field="required")
    if not reason.strip():
        raise Problem("reason_required", "請填首長調整的理由，並送工程會備查。", field="reason")


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def remove_adjustment(actor: Actor, year: int, band_from: int) -> None:
    """Take the head's number back; what the rules ask for counts again."""
    permit(actor, Permission.PLAN_VISITS)
    with transaction() as session:
        row = session.get(QuotaAdjustment, (year, band_from))
        if row is None:
            raise Problem("not_found", "這項調整已經不在了。")
        audit.record(actor, "quotas.adjustment_removed", f"quota:{year}:{band_from}", required=row.required)
        session.delete(row)


def file_return(actor: Actor, year: int, quarter: int, *, on: date, letter: str) -> QuarterlyReturn:
    """Enter the letter with which a quarter's results went to PCC; entering it again corrects it."""
    permit(actor, Permission.PLAN_VISITS)
    if quarter not in (1, 2, 3, 4):
        raise Problem("bad_value", "請選第 1 到第 4 季。", field="quarter")
    if not date(year, 3 * quarter - 2, 1) <= on <= clock.today():
        raise Problem("bad_value", "發文日期不能早於這一季，也不能是未來的日期。", field="sent_on")
    if not letter.strip():
        raise Problem("missing", "請填發文字號。", field="letter")
    with transaction() as session:
        row = session.get(QuarterlyReturn, (year, quarter)) or QuarterlyReturn(year=year, quarter=quarter)
        row.sent_on, row.letter, row.by, row.at = on, _plain(letter), actor.id, clock.now()
        session.add(row)
        audit.record(actor, "quotas.return_filed", f"return:{year}:{quarter}", on=on, letter=row.letter)
    return row
