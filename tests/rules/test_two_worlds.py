"""Every address of the product, asked by people without need: with a sealed visit it answers as if there were none.

World one has no visit and is asked for a made-up id; in world two the same tender is sealed, and the visit's real id stands in
every id of the address. What is typed (search words, filters, forms) names target, place, day and team in both.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from inspect_app.accounts.models import Account
from inspect_app.accounts.permissions import Role
from tests.scheduling.conftest import DAY, City, small_city
from tests.support import factories as make

NOTHING = "0198c0de-0000-7000-8000-000000000000"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SIGNED = re.compile(
    r"(inspect_messages=\.?[\w-]+)\.[\w-]+\.[\w-]+(?=;)"
)  # what a cookie holds, without the moment and its signature
ELSEWHERE = {
    "static", "field.shell", "office.assets",  # files of the build
    "health.metrics",  # the process's own figures
    "office.audit_log", "office.evidence_page",  # opaque lines, by design: tests/scheduling/test_looks.py
}  # fmt: skip
NO_NEED = (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR)
LENGTH = "Content-Length"  # of a workbook: the moment in it packs to one byte more or less
Answer = tuple[str, str, int, list[tuple[str, str]], str]


def addresses(app: Flask, visit_id: str) -> Iterator[tuple[str, str, Rule]]:
    """(method, address, rule): the id in every place, and in every filter what somebody may guess."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if rule.endpoint in ELSEWHERE:
            continue
        path = re.sub(r"<[^>]+>", visit_id, rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path, rule


def typed(city: City, visit_id: str) -> dict[str, str]:
    """What is put into each search field, filter and form."""
    return {
        "q": city.tender.name, "subject": visit_id, "who": city.leader.name, "agency": city.tender.agency_id,
        "from": DAY.isoformat(), "sort": "-name", "page": "1", "reason": "x", "version": "1",
        "tender_id": city.tender.id, "visit_id": visit_id, "inspection": visit_id,
    }  # fmt: skip


def walk(app: Flask, city: City, headers: dict[str, str], visit_id: str) -> list[Answer]:
    """Each answer as bytes and headers, without what differs in any two requests."""
    client, words, found = app.test_client(), typed(city, visit_id), []
    for method, path, rule in addresses(app, visit_id):
        sent: dict[str, Any] = {"query_string": urlencode(words)} if method == "GET" else {"data": words}
        answer = client.open(path, method=method, headers=headers, **sent)
        kept = (
            (name, value)
            for name, value in answer.headers.items()
            if not (packed(answer.data) and name == LENGTH)
        )
        told = sorted((name, neutral(value, visit_id)) for name, value in kept)
        found.append((method, rule.rule, answer.status_code, told, neutral(words_of(answer.data), visit_id)))
    return found


def neutral(text: str, visit_id: str) -> str:
    return SIGNED.sub(r"\1", UUID.sub("UUID", text.replace(visit_id, NOTHING)))


def packed(data: bytes) -> bool:
    return data.startswith(b"PK")


def words_of(data: bytes) -> str:
    """A page or answer as text; a workbook opened, without the moment at which it was made."""
    if not packed(data):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = sorted(name for name in book.namelist() if not name.endswith("core.xml"))
        return "".join(book.read(name).decode("utf-8", "replace") for name in names)


def test_no_address_tells_a_sealed_visit_to_those_without_need(app: Flask, db: Any, clock: Any) -> None:
    make.edition()
    city = small_city()
    own = make.account(Role.AGENCY_HANDLER, agency_id=city.tender.agency_id)
    people = [make.bearer(person) for person in (own, *(make.account(role) for role in NO_NEED))]
    planner = make.bearer(db.session.get(Account, city.planner.id))
    without = [walk(app, city, headers, NOTHING) for headers in people]
    unplanned = walk(app, city, planner, NOTHING)
    visit_id = city.sealed()
    for headers, before in zip(people, without, strict=True):
        after = walk(app, city, headers, visit_id)
        assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == []
    differing = {
        one[1]
        for one, other in zip(unplanned, walk(app, city, planner, visit_id), strict=True)
        if one != other
    }
    assert {"/office/visits", "/office/visits/<visit_id>"} <= differing, (
        "the walk would notice what it looks for"
    )
