"""Reading editions, the rules in force with the city's own settings, and the working-day calendar with local closures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from inspect_app.accounts.actor import Actor
from inspect_app.accounts.permissions import Permission
from inspect_app.accounts.todos import Todo
from inspect_app.catalogue.knobs import KNOBS
from inspect_app.catalogue.models import Closure, Edition, EditionRow, FieldSetting
from inspect_app.domain import catalogue as domain
from inspect_app.domain import editions as rule_editions
from inspect_app.domain.calendars import Calendar, government_calendar
from inspect_app.domain.editions import RuleSet
from inspect_app.domain.reasons import Evidence, Source
from inspect_app.errors import Problem
from inspect_app.extensions import db
from inspect_app.installation.services import is_demo


def editions() -> list[Edition]:
    """All editions, newest first, drafts included."""
    return list(db.session.scalars(select(Edition).order_by(Edition.effective_from.desc(), Edition.id)))


def edition(edition_id: str) -> Edition:
    """An edition; `not_found` when there is none."""
    found = db.session.get(Edition, edition_id)
    if found is None:
        raise Problem("not_found", "找不到這個缺失編號版本。")
    return found


def edition_in_force(on: date) -> Edition:
    """The frozen edition of a day: the city's own before the shipped 示範混合版. `not_found` before any was loaded."""
    query = select(Edition).where(Edition.frozen_at.is_not(None), Edition.effective_from <= on)
    found = db.session.scalars(
        query.order_by(Edition.demo_mix, Edition.effective_from.desc(), Edition.frozen_at.desc())
    ).first()
    if found is None:
        raise Problem("not_found", "還沒有可用的缺失編號版本，請承辦先匯入工程會現行表單。")
    return found


def only_demo_mix(on: date) -> bool:
    """Whether nothing but the shipped mix is in force, so that PCC's current form must be asked for."""
    own = select(Edition.id).where(
        Edition.frozen_at.is_not(None), Edition.effective_from <= on, Edition.demo_mix.is_(False)
    )
    return db.session.scalar(own.limit(1)) is None


def edition_rows(edition_id: str) -> domain.Edition:
    """The edition as the domain's value; frozen ones are read once per process."""
    found = edition(edition_id)
    if found.frozen_at is None:
        return _read(found)
    return _frozen(found.id, found.hash)


def rows_until(on: date) -> dict[str, domain.Row]:
    """Code -> its row, for the words beside a number: as the edition of the day says, and of a code that it no longer knows as
    the last one did that knew it. An edition to come has no say; where none was in force yet, the first one has.
    """
    query = select(Edition).where(Edition.frozen_at.is_not(None))
    query = query.order_by(Edition.demo_mix.desc(), Edition.effective_from, Edition.frozen_at)
    known = list(db.session.scalars(query))
    told = [row for row in known if row.effective_from <= on] or known[:1]
    found: dict[str, domain.Row] = {}
    for row in told:
        found |= _frozen(row.id, row.hash).by_code
    return found


@lru_cache(maxsize=16)
def _frozen(edition_id: str, hash_: str) -> domain.Edition:
    """A frozen edition whose rows are no longer those that were frozen is not used."""
    found = _read(edition(edition_id))
    if found.hash != hash_:
        raise Problem(
            "internal",
            f"缺失編號版本「{found.label}」的內容與凍結時的雜湊值不符，已停止使用，請通知系統管理者。",
        )
    return found


def fresh_hash(found: Edition) -> str:
    """The hash of its rows as they stand now."""
    return _read(found).hash


def _read(found: Edition) -> domain.Edition:
    rows = db.session.scalars(
        select(EditionRow).where(EditionRow.edition_id == found.id).order_by(EditionRow.place)
    )
    return domain.Edition(
        found.id, found.label, found.effective_from, tuple(map(_row, rows)), found.source, found.demo_mix
    )


def _row(row: EditionRow) -> domain.Row:
    kind = domain.Kind(row.kind)
    return domain.Row(row.code, row.parent, kind, row.text, domain.parse_range(row.range), row.note)


def settings(on: date) -> dict[str, FieldSetting]:
    """The city's own settings in force on a day, by key."""
    query = (
        select(FieldSetting).where(FieldSetting.effective_from <= on).order_by(FieldSetting.effective_from)
    )
    return {row.key: row for row in db.session.scalars(query)}


def setting(key: str, on: date) -> Any:
    """The value of a knob on a day: the city's own, else the shipped rule's. KeyError for an unknown key."""
    own = settings(on).get(key)
    return KNOBS[key].shipped(_shipped(on)) if own is None else own.value


def all_settings() -> list[FieldSetting]:
    """Every own setting, also those to come and those replaced, newest first."""
    return list(
        db.session.scalars(
            select(FieldSetting).order_by(FieldSetting.key, FieldSetting.effective_from.desc())
        )
    )


def rules_on(on: date) -> RuleSet:
    """The rules of a day with the city's own settings over the shipped ones; before the first edition, the first."""
    return rules_pinned(on, pin(on))


Pin = Mapping[str, Mapping[str, Any]]


def pin(on: date) -> Pin:
    """The city's own settings in force on a day as plain data: what a visit keeps, so that nothing entered later changes it."""
    return {
        key: {
            "value": own.value,
            "from": own.effective_from.isoformat(),
            "source": own.source,
            "verified": own.verified,
        }
        for key, own in sorted(settings(on).items())
    }


def rules_pinned(on: date, own: Pin) -> RuleSet:
    """The shipped rules of a day with these settings over them."""
    rules = _shipped(on)
    for key, line in own.items():
        knob = KNOBS.get(key)
        if knob is not None:
            rules = rules.with_setting(knob.rule, knob.put(rules, line["value"]), _source(line, knob.label))
    return rules


def _shipped(on: date) -> RuleSet:
    try:
        return rule_editions.in_force(on)
    except ValueError:
        return rule_editions.by_id(rule_editions.ids()[0])


def _source(line: Mapping[str, Any], label: str) -> Source:
    evidence = Evidence.SEC if line["verified"] else Evidence.NV
    return Source(line["source"] or f"本市設定：{label}", line["from"], evidence)


def closures() -> list[Closure]:
    """Local days that differ from the government's calendar, newest first."""
    return list(db.session.scalars(select(Closure).order_by(Closure.on.desc())))


def calendar(first_year: int, last_year: int) -> Calendar:
    """The government's calendar with the local days of these years (both included)."""
    days = select(Closure).where(Closure.on >= date(first_year, 1, 1), Closure.on <= date(last_year, 12, 31))
    return with_local_days(government_calendar(), db.session.scalars(days))


def with_local_days(base: Calendar, days: Iterable[Closure]) -> Calendar:
    """Typhoon closures do not work, local make-up days do."""
    known = list(days)
    working = frozenset(day.on for day in known if day.working)
    return replace(base, makeup=base.makeup | working).closed_on(day.on for day in known if not day.working)


def todos(actor: Actor, today: date) -> list[Todo]:
    """Outside the demo the shipped mix must give way to PCC's current form."""
    if not actor.may(Permission.MANAGE_CATALOGUE) or is_demo() or not only_demo_mix(today):
        return []
    what = "目前只有示範混合版的缺失編號，請匯入工程會現行表單"
    return [Todo(what, None, "office.import_catalogue", {}, "匯入表單", "catalogue")]
