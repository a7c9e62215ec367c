"""Deny by default: every address of the product names who may open it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from inspect_app.accounts.permissions import Permission


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
