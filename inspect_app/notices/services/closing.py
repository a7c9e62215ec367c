"""The end of a case (同意備查), and the way back from it."""

from __future__ import annotations

from datetime import date

from inspect_app import audit
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.notices import queries
from inspect_app.notices.services.holding import held
from inspect_app.notices.services.issuing import check_letter_day, ledger
from inspect_app.notices.services.telling import handlers_of, tell
from inspect_app.transaction import transaction


def close_case(actor: Actor, case_id: str, *, number: str, on: date) -> None:
    """同意備查: date and number of the letter close the case, once every item is accepted."""
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        case = held(actor, case_id)
        open_items = [entry.no for entry in case.items if entry.state != "accepted"]
        if case.state != "open" or open_items:
            raise Problem("wrong_state", "還有項目沒有同意，不能結案。" if open_items else "案件已經結案。")
        if any(row.state == "asked" for row in queries.extensions(case.id)):
            raise Problem("wrong_state", "還有一件展延申請沒有決定，請先登錄決定，再結案。")
        if not number.strip():
            raise Problem("missing", "請填寫備查函的字號。", field="number")
        check_letter_day(case, on, "on")
        case.state, case.closed_on, case.closing_no = "closed", on, number.strip()
        ledger(case, "closing", on, number, actor)
        audit.record(actor, "notices.closed", f"case:{case.id}", on=on)
        tell(
            case,
            handlers_of(case),
            "［查核］同意備查結案",
            f"本案已同意備查（{number.strip()}）。",
        )


def reopen_case(actor: Actor, case_id: str, *, reason: str, number: str, on: date) -> None:
    """撤銷備查: a case that was closed by mistake, or whose improvement turned out not to be one, is open again.

    Its items stay agreed to until each is taken back (`reconsider_item`); the deadline stays what it was.
    """
    with transaction():
        permit(actor, Permission.REVIEW_CASES)
        case = held(actor, case_id)
        if case.state != "closed":
            raise Problem("wrong_state", "這個案件沒有結案，不必重啟。")
        if not reason.strip():
            raise Problem("reason_required", "請說明撤銷備查的理由。", field="reason")
        check_letter_day(case, on, "on")
        ledger(case, "reopened", on, number, actor, note=f"原備查 {case.closing_no}。{reason.strip()}")
        audit.record(
            actor, "notices.reopened", f"case:{case.id}", closed_on=case.closed_on, reason=reason.strip()
        )
        case.state, case.closed_on, case.closing_no = "open", None, ""
        tell(
            case,
            handlers_of(case),
            "［查核］撤銷備查",
            "本案撤銷同意備查，重新審查；理由列在案件頁。",
        )
