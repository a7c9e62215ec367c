"""The tab of what waits for the leader: values that stand side by side, and what came after the closing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from inspect_app.accounts import queries as accounts
from inspect_app.accounts.actor import Actor
from inspect_app.domain.operations import OperationLike, State, Withdrawn
from inspect_app.inspections.disputes import Disputes, disputes
from inspect_app.inspections.showing import Shown
from inspect_app.inspections.state import folded
from inspect_app.office.record_words import FIELDS, KINDS, UNSAID, moment_of, said

NAMED_BY = ("code", "name", "item", "text", "caption")
LONGEST = 40


def waiting(who: Actor, one: Shown) -> int:
    """How much waits for the leader, as far as this person may read it."""
    return disputes(who, one.inspection.id).waiting


def context(who: Actor, one: Shown) -> dict[str, Any]:
    found, state = disputes(who, one.inspection.id), folded(one.inspection.id)
    people = accounts.names({*_authors(found), *_named(state), *_unseen_authors(state, found)})
    return {
        "found": found, "people": people, "moment": moment_of, "labels": FIELDS, "unsaid": UNSAID,
        "title": partial(_title, state), "said": partial(_said, people), "unseen": partial(_unseen, state, people),
    }  # fmt: skip


def _authors(found: Disputes) -> Iterable[str]:
    for item in (*found.undecided, *found.decided):
        yield from (version.author for version in item.versions)
        yield item.decided_by
    yield from (gone.by for gone in found.withdrawn)
    for line in found.late:
        yield from (line.operation.author, line.decided_by)


def _named(state: State) -> Iterable[str]:
    """Accounts that stand in a field."""
    return (str(entity.value("noted_by", "")) for _key, entity in state.of("finding"))


def _said(people: dict[str, str], name: str, value: Any) -> str:
    return said(name, value, people)


def _title(state: State, kind: str, entity_id: str) -> str:
    """The kind and what it is known by: 缺失 5.01.01."""
    entity = state.entity(kind, entity_id)
    known = (entity.value(name) for name in NAMED_BY)
    name = next((value for value in known if isinstance(value, str) and value), "")
    return f"{KINDS[kind]} {name[:LONGEST]}".strip()


def _unseen_authors(state: State, found: Disputes) -> Iterable[str]:
    written = {item.operation.id: item.operation.author for item in state.log}
    return (written[key] for item in found.withdrawn for key in item.unseen)


def _unseen(state: State, people: dict[str, str], item: Withdrawn) -> list[dict[str, str]]:
    """Line by line what its deleter had not seen."""
    log = {stamped.operation.id: stamped for stamped in state.log}
    return [
        {
            "author": log[key].operation.author,
            "stamp": log[key].stamp,
            "said": _summed(people, log[key].operation),
            "sha256": log[key].operation.set.get("sha256", ""),
        }
        for key in item.unseen
    ]


def _summed(people: dict[str, str], operation: OperationLike) -> str:
    """照片, or what was written: 內容：蜂窩；位置：A2."""
    if operation.entity == "photo":
        return KINDS["photo"]
    told = [(name, value) for name, value in operation.set.items() if name not in UNSAID]
    return "；".join(f"{FIELDS.get(name, name)}：{said(name, value, people)}" for name, value in told)
