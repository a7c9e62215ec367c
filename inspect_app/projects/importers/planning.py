"""What an import would write: the file compared with what is stored. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from inspect_app.ids import new_id
from inspect_app.intake import Rejection
from inspect_app.projects.importers.records import Parsed, TenderRecord, Values
from inspect_app.projects.importers.stored import Names, Stored, load_stored
from inspect_app.projects.importers.wording import difference

HEADLINE = ("progress_planned_bp", "progress_actual_bp", "state", "paid_amount")
PREVIEW = 40


@dataclass(slots=True)
class Plan:
    """Rows to insert and to update (with their primary keys), lists to replace, and the counts."""

    names: Names
    new_tenders: list[Values] = field(default_factory=list)
    tenders: list[Values] = field(default_factory=list)
    new_months: list[Values] = field(default_factory=list)
    months: list[Values] = field(default_factory=list)
    new_delays: list[Values] = field(default_factory=list)
    delays: list[Values] = field(default_factory=list)
    people: dict[tuple[str, str], list[Values]] = field(default_factory=dict)
    changes: dict[str, list[Values]] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    preview: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def make_plan(parsed: Parsed, now: datetime, today: date) -> Plan:
    """Compare the records with the database. A key that stands twice in the file: the later row is rejected."""
    plan = Plan(Names.load(), rejected=list(parsed.rejected))
    keyed = _keyed(parsed.records, plan)
    stored = load_stored(keyed, parsed.records)
    for key, record in keyed.items():
        _Comparison(plan, stored, key, record, now, today).run()
    plan.rejected.sort(key=lambda bad: bad.row)
    return plan


def _keyed(records: list[TenderRecord], plan: Plan) -> dict[tuple[str, str], TenderRecord]:
    keyed: dict[tuple[str, str], TenderRecord] = {}
    for record in records:
        key = (str(plan.names.agency(record.agency_code, record.agency_name)["id"]), record.number)
        first = keyed.setdefault(key, record)
        if first is not record:
            message = f"同一機關的標案編號「{record.number}」在第 {first.row} 筆已經出現，只採用前面那一筆。請刪去重複的。"
            plan.rejected.append(Rejection(record.row, "編號", message))
    return keyed


class _Comparison:
    """One record against what is stored of it."""

    def __init__(
        self,
        plan: Plan,
        stored: Stored,
        key: tuple[str, str],
        record: TenderRecord,
        now: datetime,
        today: date,
    ) -> None:
        self.plan, self.stored, self.key, self.record, self.now, self.today = (
            plan,
            stored,
            key,
            record,
            now,
            today,
        )
        self.old = stored.tenders.get(key)
        self.tender_id = str(self.old["id"]) if self.old else new_id()

    def run(self) -> None:
        changed = self._changed(self._said())
        touched = self._months() | self._delays() | self._people() | self._changes()
        if self.old is None:
            agency, number = self.key
            row = {
                "id": self.tender_id,
                "agency_id": agency,
                "number": number,
                "details": {},
                **changed,
                "updated_at": self.now,
            }
            self.plan.new_tenders.append(row)
            self.plan.created += 1
        elif changed or touched:
            self.plan.tenders.append({"id": self.tender_id, **changed, "updated_at": self.now})
            self.plan.updated += 1
        else:
            self.plan.unchanged += 1
            return
        if len(self.plan.preview) < PREVIEW:
            self.plan.preview.append(difference(self.record, self.old, changed, touched))

    def _said(self) -> Values:
        """The columns that the file speaks of, with what follows from them."""
        old, record = self.old or {}, self.record
        said = dict(record.fields)
        said |= {f"{role}_id": self.plan.names.firm(name) for role, name in record.firms.items()}
        if record.details:
            said["details"] = {**(old.get("details") or {}), **record.details}
        untouched = "contract_amount" not in said and old.get("contract_amount") in (
            None,
            old.get("award_amount"),
        )
        if untouched and "award_amount" in said:
            said["contract_amount"] = said["award_amount"]
        return self._dated(said, old)

    def _dated(self, said: Values, old: Values) -> Values:
        """Older progress never replaces newer; undated progress (a list) counts as today's when it differs."""
        stored, named = old.get("progress_as_of"), self.record.progress_as_of
        if named is not None and stored is not None and named < stored:
            return {key: value for key, value in said.items() if key not in HEADLINE}
        if named is not None:
            return {**said, "progress_as_of": named}
        measured = ("progress_planned_bp", "progress_actual_bp")
        if any(key in said and said[key] != old.get(key) for key in measured):
            return {**said, "progress_as_of": self.today}
        return said

    def _changed(self, said: Values) -> Values:
        if self.old is None:
            return said
        return {key: value for key, value in said.items() if value != self.old[key]}

    def _months(self) -> bool:
        before = len(self.plan.new_months) + len(self.plan.months)
        stored = self.stored.months.get(self.tender_id, {})
        for month, value in self.record.months.items():
            old = stored.get(month)
            key = {"tender_id": self.tender_id, "month": month}
            if old is None:
                self.plan.new_months.append({**key, **value})
            elif changed := {name: part for name, part in value.items() if part != old[name]}:
                self.plan.months.append({**key, **changed})
        return len(self.plan.new_months) + len(self.plan.months) > before

    def _delays(self) -> bool:
        """Only what the file changed since the last file: the agency's own words in between stay."""
        before = len(self.plan.new_delays) + len(self.plan.delays)
        stored = self.stored.delays.get(self.tender_id, {})
        for month, value in self.record.delays.items():
            old = stored.get(month)
            key = {"tender_id": self.tender_id, "month": month, "updated_at": self.now}
            if old is None:
                self.plan.new_delays.append({**key, **value, "imported": value})
            elif changed := {
                name: part for name, part in value.items() if part != (old["imported"] or {}).get(name)
            }:
                self.plan.delays.append({**key, **changed, "imported": {**(old["imported"] or {}), **value}})
        return len(self.plan.new_delays) + len(self.plan.delays) > before

    def _people(self) -> bool:
        replaced = {
            (self.tender_id, kind): people
            for kind, people in self.record.people.items()
            if people != self.stored.people.get((self.tender_id, kind), [])
        }
        self.plan.people.update(replaced)
        return bool(replaced)

    def _changes(self) -> bool:
        changes = self.record.changes
        if not changes or changes == self.stored.changes.get(self.tender_id, []):
            return False
        self.plan.changes[self.tender_id] = changes
        return True
