"""Defect tables, the city's settings and local days, against the lines that set them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from inspect_app.audit.lines import plain
from inspect_app.catalogue import queries
from inspect_app.catalogue.models import Closure, Edition
from inspect_app.evidence.held import lines
from inspect_app.evidence.walking import Fault
from inspect_app.extensions import db


def faults() -> Iterator[Fault]:
    """Frozen editions whose rows changed, settings and days that are not those that were set."""
    yield from _editions()
    yield from _differing("setting", _settings_told(), _settings())
    yield from _differing("day", _days_told(), _days())


def _editions() -> Iterator[Fault]:
    told = lines.told("catalogue.frozen", "catalogue.shipped_loaded")
    frozen = select(Edition).where(Edition.frozen_at.is_not(None)).order_by(Edition.id)
    for row in db.session.scalars(frozen):
        found = told.pop(f"edition:{row.id}", [])
        detail: dict[str, Any] = found[-1].detail if found else {}
        says = {queries.fresh_hash(row), row.hash, detail.get("hash")}
        since = detail.get("effective", row.effective_from.isoformat())
        if len(says) > 1 or since != row.effective_from.isoformat():
            yield Fault("rule", f"defect table {row.id}", "it is not the one that was frozen")
    for subject in sorted(told):
        yield Fault(
            "rule", f"defect table {subject.partition(':')[2]}", "it was deleted, or is no longer frozen"
        )


def _settings_told() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for subject, told in lines.told("catalogue.setting_set", "catalogue.setting_removed").items():
        for line in told:
            key = f"{subject.partition(':')[2]} from {line.detail['effective']}"
            found[key] = line.detail["value"] if line.action == "catalogue.setting_set" else None
    return found


def _settings() -> dict[str, Any]:
    rows = queries.all_settings()
    return {f"{row.key} from {row.effective_from}": plain({"value": row.value})["value"] for row in rows}


def _days_told() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for subject, told in lines.told("catalogue.closure_set", "catalogue.closure_removed").items():
        last = told[-1]
        found[subject.partition(":")[2]] = last.detail["working"] if last.action.endswith("_set") else None
    return found


def _days() -> dict[str, Any]:
    return {row.on.isoformat(): row.working for row in db.session.scalars(select(Closure))}


def _differing(what: str, told: dict[str, Any], rows: dict[str, Any]) -> Iterator[Fault]:
    for key in sorted(told.keys() | rows.keys()):
        if told.get(key) != rows.get(key):
            yield Fault("rule", f"{what} {key}", "it is not what the log says")
