"""A case that went to another agency with its work: who answers for it now learns of it, and who answered for it before."""

from __future__ import annotations

from sqlalchemy import select

from inspect_app import audit
from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import SYSTEM
from inspect_app.accounts.permissions import Role
from inspect_app.domain.roc import format_date
from inspect_app.extensions import db
from inspect_app.notices.models import Case
from inspect_app.notices.services.telling import handlers_of, tell
from inspect_app.notifications.services import enqueue_mail
from inspect_app.projects.models import Tender
from inspect_app.transaction import transaction

SUBJECT = "［查核］改善案件移交"


def tell_new_agencies() -> int:
    """The job: a work is handed over by those who keep the tenders, who know of no cases; answers how many went along.

    Two agencies that turned out to be one hand nothing over: `told_agency_id` refers to the one that stays, too.
    """
    moved = db.session.scalars(select(Case.id).where(Case.told_agency_id != Case.agency_id)).all()
    for case_id in moved:
        with transaction() as session:
            case = session.get_one(Case, case_id, with_for_update=True, populate_existing=True)
            _hand_over(case)
    return len(moved)


def _hand_over(case: Case) -> None:
    before, case.told_agency_id = case.told_agency_id, case.agency_id
    audit.record(SYSTEM, "notices.handed_over", f"case:{case.id}", before=before, agency=case.agency_id)
    if case.state == "closed":
        return
    open_items = sum(item.state != "accepted" for item in case.items)
    body = (
        f"這件標案改由貴機關主辦，它的改善案件一併移交：還有 {open_items} 項沒有同意，改善期限 {format_date(case.due_on)}；"
        "先前的往來與填報都在案件頁。"
    )
    tell(case, handlers_of(case), SUBJECT, body)
    tender = db.session.get_one(Tender, case.tender_id)
    for person in accounts.to_tell(Role.AGENCY_HANDLER, Role.AGENCY_APPROVER, agency_id=before):
        text = f"標案編號：{tender.number}\n\n這件標案改由其他機關主辦，它的改善案件不再由貴機關辦理，不必回復。\n"
        enqueue_mail(f"case:{case.id}", person.email, SUBJECT, text)
