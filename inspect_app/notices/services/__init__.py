"""The verbs of a case by party: issuing (commission), replying (agency), reviewing, closing (coordinator), reminding (jobs)."""

from inspect_app.notices.rules import EVIDENCE_NAMES
from inspect_app.notices.services.closing import close_case, reopen_case
from inspect_app.notices.services.handing_over import tell_new_agencies
from inspect_app.notices.services.issuing import issue, issue_score_letter
from inspect_app.notices.services.reminding import remind, remind_due, wanted
from inspect_app.notices.services.replying import (
    Draft,
    add_file,
    ask_extension,
    begin_reply,
    mark_ready,
    remove_file,
    reply_gaps,
    return_inside,
    save_draft,
    send_replies,
)
from inspect_app.notices.services.reviewing import (
    LetterLine,
    accept_item,
    accept_items,
    add_letter,
    advise_sanction,
    decide_extension,
    note_sanction,
    reconsider_item,
    record_deduction,
    record_sanction,
    return_item,
    set_evidence,
)
from inspect_app.notices.services.telling import RULE, handlers_of

__all__ = [
    "EVIDENCE_NAMES",
    "RULE",
    "Draft",
    "LetterLine",
    "accept_item",
    "accept_items",
    "add_file",
    "add_letter",
    "advise_sanction",
    "ask_extension",
    "begin_reply",
    "close_case",
    "decide_extension",
    "handlers_of",
    "issue",
    "issue_score_letter",
    "mark_ready",
    "note_sanction",
    "reconsider_item",
    "record_deduction",
    "record_sanction",
    "remind",
    "remind_due",
    "remove_file",
    "reopen_case",
    "reply_gaps",
    "return_inside",
    "return_item",
    "save_draft",
    "send_replies",
    "set_evidence",
    "tell_new_agencies",
    "wanted",
]
