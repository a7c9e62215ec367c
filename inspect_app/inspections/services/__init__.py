"""The record's way: tidied by staff, confirmed by members, approved by the convener, issued by letter; tests judged."""

from inspect_app.inspections.services.approving import approve_record, return_record, withdraw_approval
from inspect_app.inspections.services.confirming import confirm, send_for_approval, send_for_confirmation
from inspect_app.inspections.services.issuing import (
    Dispatch,
    issue_record,
    issue_score_letter,
    letter_punctuality,
)
from inspect_app.inspections.services.opening import STATE_NAMES, open_record
from inspect_app.inspections.services.readiness import for_leader, late_waiting, what_is_missing
from inspect_app.inspections.services.remarking import remark_on_member
from inspect_app.inspections.services.testing import Judgement, enter_test_result
from inspect_app.inspections.services.tidying import TIDY_FIELDS, Tidied, tidy

__all__ = [
    "STATE_NAMES",
    "TIDY_FIELDS",
    "Dispatch",
    "Judgement",
    "Tidied",
    "approve_record",
    "confirm",
    "enter_test_result",
    "for_leader",
    "issue_record",
    "issue_score_letter",
    "late_waiting",
    "letter_punctuality",
    "open_record",
    "remark_on_member",
    "return_record",
    "send_for_approval",
    "send_for_confirmation",
    "tidy",
    "what_is_missing",
    "withdraw_approval",
]
