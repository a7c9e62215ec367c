"""Looking at what is sealed. The access line is written before anything is shown: no line, no key.

A look by one of the team would name the team to whoever reads the log or the database, so it is entered as the team's:
who it was stands in the sealed text of the event, to which the line is bound by a hash (decision 0061).
"""

from __future__ import annotations

from collections.abc import Iterable

from inspect_app import clock
from inspect_app.accounts.actor import Actor, permit
from inspect_app.accounts.permissions import Permission
from inspect_app.errors import Problem
from inspect_app.scheduling import queries, sealing
from inspect_app.scheduling.keys import seal_key
from inspect_app.scheduling.plan import ROLES, Known
from inspect_app.scheduling.queries import TEAM
from inspect_app.scheduling.services.rows import locked, note
from inspect_app.transaction import transaction


def view_sealed(actor: Actor, visit_id: str) -> Known:
    """What this person may know now. Every look before release stands in the timeline for the other planners.

    Raises `not_found` to everybody without need, alike for ids that exist and ids that do not.
    """
    found = queries.visible_plan(actor, visit_id, clock.now())
    if found is None:
        raise Problem("not_found")
    if found.phase == queries.BEFORE:
        _note(actor, found, "page")
    return found


def list_sealed(actor: Actor, states: tuple[str, ...] = queries.OPEN) -> list[Known]:
    """The visits before release that this planner or convener may see; each look is logged, once a day and version."""
    permit(actor, Permission.PLAN_VISITS if actor.may(Permission.PLAN_VISITS) else Permission.APPROVE_VISITS)
    shown = [queries.known(actor, visit, clock.now()) for visit, _ in queries.open_visits(states)]
    found = [item for item in shown if item is not None]
    _note_once(actor, found, f"list {clock.today().isoformat()}")
    return found


def note_view(actor: Actor, items: list[Known]) -> None:
    """Write the access lines of a download, once per person and version of a sealed visit."""
    _note_once(actor, items, "package")


def note_work(actor: Actor, visit_ids: Iterable[str]) -> None:
    """Write the access lines of a look at what tablets sent for cancelled visits, once a day and version."""
    found = (queries.visible_plan(actor, key, clock.now()) for key in sorted(visit_ids))
    _note_once(actor, [item for item in found if item is not None], f"work {clock.today().isoformat()}")


def seal_words(visit_id: str, row_id: str, text: str) -> str:
    """What a planner wrote about a sealed or cancelled visit elsewhere, as it is kept there."""
    return sealing.seal_text(seal_key(), visit_id, row_id, text)


def open_words(visit_id: str, row_id: str, kept: str) -> str:
    """The same in clear, for planners. Raises `sealing.SealBroken`."""
    return sealing.unseal_text(seal_key(), visit_id, row_id, kept)


def _note_once(actor: Actor, items: list[Known], where: str) -> None:
    new = [item for item in items if item.phase == queries.BEFORE and not _noted(actor, item, where)]
    if new:
        with transaction():
            for item in new:
                _note(actor, item, where)


def _note(actor: Actor, item: Known, where: str) -> None:
    who, text = _entered(actor, item, where)
    with transaction():
        note(who, locked(item.visit_id), "viewed", text, where=where)


def _noted(actor: Actor, item: Known, where: str) -> bool:
    who, text = _entered(actor, item, where)
    wanted = ("viewed", who.id, text)
    return any((row.kind, row.actor_id, told) == wanted for row, told in queries.events(item.visit_id))


def _entered(actor: Actor, item: Known, where: str) -> tuple[Actor, str]:
    """As whose the look stands in the clear columns, and its sealed text."""
    place = f"{where} v{item.version}"
    return (TEAM, f"{place} {actor.id}") if item.role in ROLES else (actor, place)
