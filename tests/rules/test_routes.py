"""Deny by default: every address of the product names who may open it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from inspect_app.accounts.permissions import GRANTS, Permission, Role

P, R = Permission, Role
NEVER_ONE_ROLE = (
    (P.PLAN_VISITS, P.APPROVE_VISITS),
    (P.ISSUE_RECORDS, P.APPROVE_RECORDS),
    (P.TIDY_RECORDS, P.APPROVE_RECORDS),
    (P.CONFIRM_RECORDS, P.APPROVE_RECORDS),
    (P.INSPECT, P.REPLY_CASES),
    (P.INSPECT, P.REVIEW_CASES),
    (P.REPLY_CASES, P.REVIEW_CASES),
    (P.SEND_REPLIES, P.REVIEW_CASES),
    (P.MANAGE_ACCOUNTS, P.PLAN_VISITS),
    (P.MANAGE_ACCOUNTS, P.APPROVE_VISITS),
    (P.MANAGE_ACCOUNTS, P.VIEW_INSPECTIONS),
)
LOOKS = frozenset(p for p in P if p.value.startswith("view_")) | {P.SIGNED_IN, P.EXPORT_LISTS}
LOOKERS_MAY_SEND = {
    "office.decide_item", "office.record_deduction", "office.record_sanction",  # the service asks for more
    "office.release_visit",  # of the team or the planners: the service asks the sealed plan
    "office.new_deputy", "office.cancel_deputy", "office.change_password", "office.confirm_mail",
    "office.revoke_own_device", "office.set_second_step", "office.give_up_second_step", "office.sign_out", "sync.sign_out",  # one's own
    "office.judge_again", "office.judge_all_again", "office.quarantined", "office.repair_quarantined",
    "sync.arrival", "uploads.create", "uploads.patch", "uploads.terminate",  # one's own work, looked at by the services
}  # fmt: skip


def views(app: Flask, rule: Rule) -> list[Any]:
    """The function, or for a class the function of each method, that answers this rule."""
    view = app.view_functions[rule.endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return [view]
    methods = [getattr(view_class, method.lower(), None) for method in rule.methods or ()]
    return [view_class if is_marked(view_class) else method for method in methods if method is not None]


def is_marked(view: Any) -> bool:
    return getattr(view, "__public__", False) is True or isinstance(
        getattr(view, "__permission__", None), Permission
    )


def test_every_route_names_its_permission(app: Flask) -> None:
    unnamed = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not all(is_marked(view) for view in views(app, rule))
    ]
    assert unnamed == []


def test_a_route_is_public_or_has_a_permission_never_both(app: Flask) -> None:
    both = [
        rule.rule
        for rule in app.url_map.iter_rules()
        for view in views(app, rule)
        if getattr(view, "__public__", False) and getattr(view, "__permission__", None)
    ]
    assert both == []


def test_without_sign_in_nothing_but_public_pages_answers(app: Flask) -> None:
    """The same rule seen from outside: every other address sends a stranger away, whatever the method."""
    client = app.test_client()
    answered = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or any(getattr(view, "__public__", False) for view in views(app, rule)):
            continue
        path = rule.build({name: 1 if "int" in str(kind) else "x" for name, kind in rule._converters.items()})
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            answer = client.open(path[1] if path else rule.rule, method=method)
            if answer.status_code not in {301, 302, 303, 401, 403, 308}:
                answered.append(f"{method} {rule.rule}: {answer.status_code}")
    assert answered == []


def test_no_role_holds_both_halves_of_a_control() -> None:
    """Who plans does not approve, who answers does not review, who looks after accounts sees no inspection."""
    both = [(role, pair) for role, held in GRANTS.items() for pair in NEVER_ONE_ROLE if held.issuperset(pair)]
    assert both == []
    assert GRANTS[R.AUDITOR] <= LOOKS
    agencies = GRANTS[R.AGENCY_HANDLER] | GRANTS[R.AGENCY_APPROVER]
    assert not agencies & {P.VIEW_AUDIT, P.VIEW_EXPERTS, P.VIEW_INSPECTIONS, P.VIEW_MEETINGS, P.EXPORT_LISTS}
    assert P.SEND_REPLIES not in GRANTS[R.AGENCY_HANDLER]


def test_what_changes_something_needs_more_than_the_right_to_look(app: Flask) -> None:
    """A route that was given the permission of its page by mistake lets every reader act."""
    found = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        for view in views(app, rule)
        if rule.methods and not rule.methods <= {"GET", "HEAD", "OPTIONS"}
        if getattr(view, "__permission__", None) in LOOKS
    }
    assert found == LOOKERS_MAY_SEND
