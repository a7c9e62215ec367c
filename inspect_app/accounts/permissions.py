"""One list of permissions and one table of who has them. Deny by default."""

from __future__ import annotations

from enum import StrEnum
from functools import cache


class Role(StrEnum):
    """The roles of the public contract."""

    INSPECTOR = "inspector"
    LEADER = "leader"
    STAFF = "staff"
    COORDINATOR = "coordinator"
    CONVENER = "convener"
    SECRETARY = "secretary"
    AGENCY_HANDLER = "agency_handler"
    AGENCY_APPROVER = "agency_approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    CHAIR = "chair"


ROLE_NAMES: dict[Role, str] = {
    Role.INSPECTOR: "查核委員",
    Role.LEADER: "領隊",
    Role.STAFF: "工作人員",
    Role.COORDINATOR: "承辦（查核業務）",
    Role.CONVENER: "召集人",
    Role.SECRETARY: "督導會報幕僚",
    Role.AGENCY_HANDLER: "機關承辦",
    Role.AGENCY_APPROVER: "機關核章",
    Role.AUDITOR: "稽核",
    Role.ADMINISTRATOR: "系統管理者",
    Role.CHAIR: "會報主席",
}


class Permission(StrEnum):
    """What a route or service may ask for. Rows that belong to somebody are checked besides, by the service."""

    SIGNED_IN = "signed_in"  # own pages: to-do list, own password, own devices
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_AUDIT = "view_audit"
    VIEW_TENDERS = "view_tenders"  # an agency's people see their own agency's only
    IMPORT_TENDERS = "import_tenders"
    EDIT_DELAYS = "edit_delays"  # cause, remedy, catch-up date, help needed of own tenders
    VIEW_EXPERTS = "view_experts"
    MANAGE_EXPERTS = "manage_experts"
    VIEW_CATALOGUE = "view_catalogue"
    MANAGE_CATALOGUE = "manage_catalogue"
    PLAN_VISITS = "plan_visits"
    APPROVE_VISITS = "approve_visits"
    INSPECT = "inspect"  # the field app: packages, operations, receipts, photos of own visits
    VIEW_INSPECTIONS = "view_inspections"  # released ones; an agency's people see issued ones of their own
    TIDY_RECORDS = "tidy_records"
    CONFIRM_RECORDS = "confirm_records"  # members confirm the wording
    APPROVE_RECORDS = "approve_records"
    ISSUE_RECORDS = "issue_records"
    ENTER_TEST_RESULTS = "enter_test_results"
    VIEW_CASES = "view_cases"
    REPLY_CASES = "reply_cases"
    SEND_REPLIES = "send_replies"
    REVIEW_CASES = "review_cases"
    VIEW_MEETINGS = "view_meetings"
    PREPARE_MEETINGS = "prepare_meetings"
    RULE = "rule"  # enter the chair's rulings
    RELEASE_RULINGS = "release_rulings"
    REPORT_RULINGS = "report_rulings"  # the unit's own report on a ruling
    EXPORT_LISTS = "export_lists"
    VIEW_QUARANTINE = "view_quarantine"
    IMPORT_RESCUE = "import_rescue"  # what a tablet could not send, carried as an encrypted file


P, R = Permission, Role
_FIELD = {P.INSPECT, P.VIEW_INSPECTIONS, P.CONFIRM_RECORDS, P.VIEW_CATALOGUE}
_COMMISSION_READS = {
    P.VIEW_TENDERS, P.VIEW_EXPERTS, P.VIEW_CATALOGUE, P.VIEW_INSPECTIONS, P.VIEW_CASES, P.VIEW_MEETINGS, P.EXPORT_LISTS,
}  # fmt: skip

GRANTS: dict[Role, frozenset[Permission]] = {
    R.INSPECTOR: frozenset(_FIELD),
    R.LEADER: frozenset(_FIELD),
    R.STAFF: frozenset(_FIELD | {P.TIDY_RECORDS, P.ENTER_TEST_RESULTS}),
    R.COORDINATOR: frozenset(
        _COMMISSION_READS
        | {
            P.PLAN_VISITS,
            P.IMPORT_TENDERS,
            P.EDIT_DELAYS,
            P.MANAGE_EXPERTS,
            P.MANAGE_CATALOGUE,
            P.TIDY_RECORDS,
            P.ISSUE_RECORDS,
        }
        | {P.ENTER_TEST_RESULTS, P.REVIEW_CASES, P.VIEW_QUARANTINE, P.IMPORT_RESCUE}
    ),
    R.CONVENER: frozenset(_COMMISSION_READS | {P.APPROVE_VISITS, P.APPROVE_RECORDS}),
    R.SECRETARY: frozenset(_COMMISSION_READS | {P.PREPARE_MEETINGS, P.RULE, P.RELEASE_RULINGS}),
    R.AGENCY_HANDLER: frozenset(
        {P.VIEW_TENDERS, P.EDIT_DELAYS, P.VIEW_CASES, P.REPLY_CASES, P.REPORT_RULINGS, P.VIEW_CATALOGUE}
    ),
    R.AGENCY_APPROVER: frozenset(
        {
            P.VIEW_TENDERS,
            P.EDIT_DELAYS,
            P.VIEW_CASES,
            P.REPLY_CASES,
            P.SEND_REPLIES,
            P.REPORT_RULINGS,
            P.VIEW_CATALOGUE,
        }
    ),
    R.AUDITOR: frozenset(_COMMISSION_READS | {P.VIEW_AUDIT}),
    R.ADMINISTRATOR: frozenset({P.MANAGE_ACCOUNTS, P.VIEW_AUDIT, P.VIEW_QUARANTINE, P.VIEW_CATALOGUE}),
    R.CHAIR: frozenset(
        {P.VIEW_MEETINGS, P.VIEW_TENDERS, P.VIEW_INSPECTIONS, P.VIEW_CASES, P.RULE, P.RELEASE_RULINGS}
    ),
}


@cache  # there are few sets of roles, and every request has one
def granted(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that somebody with these roles may do."""
    return frozenset({P.SIGNED_IN}).union(*(GRANTS[role] for role in roles))
