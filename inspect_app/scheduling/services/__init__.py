"""The verbs of planning: plan, submit, approve or return, look, release on arrival, postpone, cancel."""

from __future__ import annotations

from inspect_app.scheduling.services.adjusting import adjust_quota, file_return, remove_adjustment
from inspect_app.scheduling.services.calling import call_due, call_handler
from inspect_app.scheduling.services.changing import Dates, cancel, postpone
from inspect_app.scheduling.services.planning import (
    OWN_PLAN,
    approve_visit,
    edit_visit,
    plan_visit,
    preview,
    return_visit,
    submit,
)
from inspect_app.scheduling.services.releasing import release, release_due
from inspect_app.scheduling.services.undoing import call_off, stood_approved, took_place
from inspect_app.scheduling.services.viewing import (
    list_sealed,
    note_view,
    note_work,
    open_words,
    seal_words,
    view_sealed,
)

__all__ = [
    "OWN_PLAN",
    "Dates",
    "adjust_quota",
    "approve_visit",
    "call_due",
    "call_handler",
    "call_off",
    "cancel",
    "edit_visit",
    "file_return",
    "list_sealed",
    "note_view",
    "note_work",
    "open_words",
    "plan_visit",
    "postpone",
    "preview",
    "release",
    "release_due",
    "remove_adjustment",
    "return_visit",
    "seal_words",
    "stood_approved",
    "submit",
    "took_place",
    "view_sealed",
]
