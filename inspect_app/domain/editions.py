"""Rules as data with an effective date. The edition in force on the inspection date counts; nothing here is a constant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from .reasons import Evidence, Source


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, from when it counts, and where it stands."""

    value: Any
    source: Source


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one moment: the edition of the regulation and every setting resolved for it."""

    id: str
    effective: date
    source: Source
    settings: Mapping[str, Setting] = field(repr=False)

    def value(self, name: str) -> Any:
        """The value of a setting; KeyError for an unknown name."""
        return self.settings[name].value

    def source_of(self, name: str) -> Source:
        """Where a setting stands, for reasons."""
        return self.settings[name].source

    def with_setting(self, name: str, value: Any, source: Source) -> RuleSet:
        """The same rules with a city's own value, which names its own source."""
        return replace(self, settings={**self.settings, name: Setting(value, source)})


def in_force(on: date) -> RuleSet:
    """The rules of a day. ValueError before the first known edition."""
    known = [line for line in _data()["editions"] if date.fromisoformat(line["effective"]) <= on]
    if not known:
        raise ValueError(f"{on.isoformat()} 之前沒有已知的規則版本")
    return _rule_set(max(known, key=lambda line: str(line["effective"])), on)


def by_id(edition: str) -> RuleSet:
    """The rules of an edition on its first day. ValueError names the known ones."""
    for line in _data()["editions"]:
        if line["id"] == edition:
            return _rule_set(line, date.fromisoformat(line["effective"]))
    raise ValueError(f"沒有「{edition}」這個版本，已知的有 {'、'.join(ids())}")


def ids() -> tuple[str, ...]:
    """The ids of all editions, oldest first."""
    return tuple(line["id"] for line in _data()["editions"])


@cache
def _data() -> dict[str, Any]:
    text = (files("inspect_app.domain") / "data" / "rules.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def _rule_set(line: Mapping[str, str], on: date) -> RuleSet:
    source = Source(line["article"], line["effective"], Evidence(line["evidence"]))
    settings = {
        name: _resolved(versions, on, line["effective"]) for name, versions in _data()["settings"].items()
    }
    return RuleSet(line["id"], date.fromisoformat(line["effective"]), source, settings)


def _resolved(versions: list[dict[str, Any]], on: date, edition: str) -> Setting:
    """The last version that had begun; before the first one, the first. A rule of the regulation itself names its edition."""
    begun = [version for version in versions if version["from"] <= on.isoformat()] or versions[:1]
    chosen = begun[-1]
    since = edition if chosen.get("regulation") else chosen["from"]
    return Setting(chosen["value"], Source(chosen["article"], since, Evidence(chosen["evidence"])))
