"""What is stored of the tenders that a file names, loaded in a few queries and not one per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from inspect_app.extensions import db
from inspect_app.ids import new_id
from inspect_app.projects.importers.records import TenderRecord, Values
from inspect_app.projects.models import (
    Agency,
    Firm,
    Tender,
    TenderChange,
    TenderDelay,
    TenderPerson,
    TenderProgress,
)

CHUNK = 500


@dataclass(slots=True)
class Names:
    """Agencies by code and by name (those of merged ones too), firms by name; those that a file adds are put beside them."""

    by_code: dict[str, Values] = field(default_factory=dict)
    by_name: dict[str, Values] = field(default_factory=dict)
    firms: dict[str, str] = field(default_factory=dict)
    new_agencies: list[Values] = field(default_factory=list)
    coded_agencies: list[Values] = field(default_factory=list)
    new_firms: list[Values] = field(default_factory=list)
    renamed: dict[str, tuple[str, str]] = field(default_factory=dict)  # code -> (name here, name in the file)

    @classmethod
    def load(cls) -> Names:
        names = cls(firms={row.name: row.id for row in db.session.execute(select(Firm.id, Firm.name))})
        for agency in db.session.scalars(select(Agency)):
            names._know({"id": agency.id, "code": agency.code, "name": agency.name}, agency.aliases)
        return names

    def _know(self, agency: Values, aliases: Iterable[str] = ()) -> None:
        if agency["code"]:
            self.by_code[agency["code"]] = agency
        for alias in aliases:
            self.by_name.setdefault(alias, agency)
            self.by_code.setdefault(alias, agency)
        self.by_name[agency["name"]] = agency

    def agency(self, code: str, name: str) -> Values:
        """The agency of a row: by code, else by exact name; an unknown one is made, unconfirmed without both."""
        if code and code in self.by_code:
            if name and name not in self.by_name:
                self.renamed[code] = (str(self.by_code[code]["name"]), name)
            return self.by_code[code]
        known = self.by_name.get(name)
        if known is None:
            return self._add(code, name or code, confirmed=bool(code and name))
        if code and known["code"] is None:
            known["code"] = code
            self.by_code[code] = known
            self.coded_agencies.append({"id": known["id"], "code": code, "confirmed": True})
        elif code:
            return self._add(code, f"{name[:70]}（{code}）", confirmed=False)
        return known

    def notes(self) -> list[str]:
        """What a person should know of the agencies in the file, in words."""
        renamed = [
            f"機關代碼 {code} 在檔案裡是「{theirs}」，系統裡是「{ours}」。若已更名，請到機關頁改名稱，清單才對得上。"
            for code, (ours, theirs) in self.renamed.items()
        ]
        unknown = [str(one["name"]) for one in self.new_agencies if not one["confirmed"]]
        if unknown:
            renamed.append(
                f"沒見過的機關名稱：{'、'.join(unknown)}。匯入後請到機關頁確認，或併入原有的機關；是原有機關的別名時，同一件標案會先有兩筆。"
            )
        return renamed

    def _add(self, code: str, name: str, *, confirmed: bool) -> Values:
        agency = {"id": new_id(), "code": code or None, "name": name, "confirmed": confirmed}
        self.new_agencies.append(agency)
        self._know(agency)
        return agency

    def firm(self, name: str) -> str:
        """The id of a firm by exact name; an unknown one is made."""
        if name not in self.firms:
            self.firms[name] = new_id()
            self.new_firms.append({"id": self.firms[name], "name": name})
        return self.firms[name]


@dataclass(slots=True)
class Stored:
    """Tenders by (agency id, number), and what hangs on them by tender id."""

    tenders: dict[tuple[str, str], Values] = field(default_factory=dict)
    months: dict[str, dict[date, Values]] = field(default_factory=dict)
    delays: dict[str, dict[date, Values]] = field(default_factory=dict)
    people: dict[tuple[str, str], list[Values]] = field(default_factory=dict)
    changes: dict[str, list[Values]] = field(default_factory=dict)


def load_stored(keys: Iterable[tuple[str, str]], records: Sequence[TenderRecord]) -> Stored:
    """Read what the keys name; months, people and the like only where the file brings any."""
    stored = Stored()
    wanted = set(keys)
    for agency_id in sorted({agency for agency, _ in wanted}):
        for row in db.session.execute(
            select(Tender.__table__).where(Tender.agency_id == agency_id)
        ).mappings():
            if (agency_id, row["number"]) in wanted:
                stored.tenders[agency_id, row["number"]] = dict(row)
    ids = [tender["id"] for tender in stored.tenders.values()]
    if any(record.months or record.delays or record.people or record.changes for record in records):
        _load_children(stored, ids)
    return stored


def _load_children(stored: Stored, ids: Sequence[str]) -> None:
    stored.months = _by_month(TenderProgress, ids)
    stored.delays = _by_month(TenderDelay, ids)
    people: dict[tuple[str, str], list[Values]] = defaultdict(list)
    for row in _rows(TenderPerson, ids):
        people[row["tender_id"], row["kind"]].append({"name": row["name"], "detail": row["detail"]})
    changes: dict[str, list[Values]] = defaultdict(list)
    for row in _rows(TenderChange, ids):
        changes[row["tender_id"]].append(
            {key: value for key, value in row.items() if key not in ("id", "tender_id")}
        )
    stored.people, stored.changes = people, changes


def _by_month(model: Any, ids: Sequence[str]) -> dict[str, dict[date, Values]]:
    found: dict[str, dict[date, Values]] = defaultdict(dict)
    for row in _rows(model, ids):
        found[row["tender_id"]][row["month"]] = row
    return found


def _rows(model: Any, ids: Sequence[str]) -> Iterator[Values]:
    table = model.__table__
    order = table.c.id if "id" in table.c else table.c.month
    for start in range(0, len(ids), CHUNK):
        query = select(table).where(table.c.tender_id.in_(ids[start : start + CHUNK])).order_by(order)
        for row in db.session.execute(query).mappings():
            yield dict(row)
