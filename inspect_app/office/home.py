"""待辦: what waits for whoever signed in: what, until when, one button."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module

from flask import render_template

from inspect_app import clock
from inspect_app.accounts.actor import Actor
from inspect_app.accounts.guards import actor, requires
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.office.blueprint import blueprint

Provider = Callable[[Actor, date], list[Todo]]
PROVIDERS: tuple[str, ...] = (
    "scheduling.queries",
    "scheduling.standing",
    "scheduling.quotas",
    "accounts.directory",
    "accounts.mail_changes",
    "projects.queries",
    "catalogue.queries",
    "inspections.quarantine",
    "inspections.todos",
    "sync.left_behind",
    "sync.device_clocks",
    "evidence.condition",
    "evidence.clocks",
    "evidence.letters",
    "evidence.stamps",
    "meetings.queries",
    "notices.todos",
)
"""The modules whose `todos(actor, today)` is asked, such as "notices.todos"; each feature adds its line."""


def providers() -> list[Provider]:
    return [import_module(f"inspect_app.{name}").todos for name in PROVIDERS]


def todos(person: Actor, today: date) -> list[Todo]:
    """Everything that waits for this person, the most urgent first."""
    found = [todo for provider in providers() for todo in provider(person, today)]
    return sorted(found, key=lambda todo: todo.order)


@blueprint.get("/")
@requires(Permission.SIGNED_IN)
def home() -> str:
    found = todos(actor(), clock.today())
    system = [todo for todo in found if todo.kind == "system"]
    waiting = [todo for todo in found if todo.kind != "system"]
    return render_template("office/home.html", todos=waiting, system=system, today=clock.today())
