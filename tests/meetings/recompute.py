"""The meeting's figures once more, by other code: from operation bodies and plain rows, with its own fold and its own rules.

Imports nothing of the program but the database handle. Written from the regulation, not from the program.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import text

Row = dict[str, Any]
SHEET = ("q_owner", "q_supervision", "q_contractor", "w_structure", "w_materials", "w_safety", "p")
FAILING_TESTS = {"concrete_core", "asphalt_core", "subgrade_compaction"}
RATES = ((200_000_000, 8000, 2000), (50_000_000, 4000, 1000), (10_000_000, 2000, 500), (0, 1000, 250))
BANDS = ((50_000_000, None, 20), (10_000_000, 50_000_000, 15), (1_500_000, 10_000_000, 10))


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


class Recount:
    """Everything read once; `issued` are the inspections of a span whose record had gone out by a day."""

    def __init__(self, session: Any) -> None:
        def rows(sql: str) -> list[Row]:
            return [dict(row._mapping) for row in session.execute(text(sql))]

        self.operations = defaultdict(list)
        for row in rows("SELECT inspection_id, body, stamp, status FROM operations"):
            self.operations[row["inspection_id"]].append((row["stamp"], json.loads(row["body"])))
        self.inspections = {
            row["id"]: row for row in rows("SELECT id, tender_id, agency_id, inspected_on FROM inspections")
        }
        self.records = {
            row["inspection_id"]: row
            for row in rows("SELECT inspection_id, letter_on, withheld FROM records")
        }
        self.results = {
            (row["inspection_id"], row["entity_id"]): row["result"]
            for row in rows("SELECT * FROM test_results")
        }
        self.tenders = {row["id"]: row for row in rows("SELECT * FROM tenders")}
        self.delays = rows("SELECT * FROM tender_delays ORDER BY month")
        self.agencies = {row["id"]: row["name"] for row in rows("SELECT id, name FROM agencies")}
        self.cases = rows("SELECT * FROM cases")
        self.items = rows("SELECT case_id, state FROM case_items")
        self.own_numbers = {
            (row["year"], row["band_from"]): row["required"]
            for row in rows("SELECT year, band_from, required FROM quota_adjustments")
        }

    def entities(self, inspection_id: str) -> dict[tuple[str, str], Row]:
        """The fold of this file: the latest value of each field."""
        found: dict[tuple[str, str], Row] = defaultdict(dict)
        for _stamp, op in sorted(
            self.operations[inspection_id], key=lambda item: (item[0], item[1]["device"], item[1]["seq"])
        ):
            found[op["entity"], op["entity_id"]] |= op["set"]
        return {key: values for key, values in found.items() if not values.get("deleted")}

    def of(self, inspection_id: str, kind: str) -> list[Row]:
        return [
            values | {"id": key[1]} for key, values in self.entities(inspection_id).items() if key[0] == kind
        ]

    def issued(self, start: date, end: date, as_of: date, agency: str = "", programme: str = "") -> list[str]:
        found = []
        for key, row in self.inspections.items():
            letter = self.records.get(key, {}).get("letter_on")
            tender = self.tenders[row["tender_id"]]
            inside = (
                start <= _day(row["inspected_on"]) <= end and letter is not None and _day(letter) <= as_of
            )
            if (
                inside
                and (not agency or row["agency_id"] == agency)
                and (not programme or tender["programme"] == programme)
            ):
                found.append(key)
        return found

    def score(self, key: str) -> int | None:
        """Mean, half up; a failed test makes 69 of 70 or more, a judgement too; withheld while a test is pending."""
        totals = [
            sum(sheet[name] for name in SHEET)
            for sheet in self.of(key, "score_sheet")
            if sheet.get("handed_in_at")
        ]
        raw = int(Fraction(sum(totals), len(totals)) + Fraction(1, 2))
        tests = [
            self.results.get((key, test["id"]), "pending")
            for test in self.of(key, "test")
            if test["kind"] in FAILING_TESTS
        ]
        judged = any(line.get("failed") for line in self.of(key, "judgement"))
        if judged or "fail" in tests:
            return min(raw, 69)
        return None if "pending" in tests and raw >= 70 else raw

    def grade(self, key: str) -> str | None:
        score = self.score(key)
        if score is None:
            return None
        return "優等" if score >= 90 else "甲等" if score >= 80 else "乙等" if score >= 70 else "丙等"

    def findings(self, key: str) -> list[Row]:
        return [row for row in self.of(key, "finding") if row.get("kind", "defect") == "defect"]

    def points(self, key: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self.findings(key):
            first = row.get("agreed_party") or row.get("party")
            found[first] += row.get("points", 0)
            for party in ("supervision", "pcm"):
                if row.get(f"also_{party}") and party != first:
                    own = row.get(f"{party}_points")
                    found[party] += row.get("points", 0) if own is None else own
        return found

    def money(self, key: str) -> Counter[str]:
        tender = self.tenders[self.inspections[key]["tender_id"]]
        amount = tender["budget"] or tender["award_amount"] or 0
        contractor, other = next((c, o) for low, c, o in RATES if amount >= low)
        rates = {"contractor": contractor, "supervision": other, "pcm": other, "owner": 0}
        return Counter({party: count * rates[party] for party, count in self.points(key).items()})

    def of_year(self, year: int, agency: str = "", programme: str = "") -> list[Row]:
        return [row for row in self.tenders.values() if self._of_year(row, year, agency, programme)]

    def bands(
        self, year: int, done: list[str], agency: str = "", programme: str = ""
    ) -> list[tuple[int, int, set[str]]]:
        """(available, required, inspections done) per budget band."""
        known = [row["budget"] for row in self.of_year(year, agency, programme) if row["budget"] is not None]
        answer = []
        for low, high, number in BANDS:
            inside = [budget for budget in known if low <= budget and (high is None or budget < high)]
            hit = {key for key in done if self._inside(key, low, high)}
            law = min(number, len(inside))
            answer.append((len(inside), self._required(year, low, law, whole=not agency + programme), hit))
        return answer

    def _required(self, year: int, band: int, law: int, *, whole: bool) -> int:
        """The head's own number for the whole city (art 4), which a slice of it does not have; else the law's."""
        return self.own_numbers.get((year, band), law) if whole else law

    def ratio(
        self, year: int, done: list[str], agency: str = "", programme: str = ""
    ) -> tuple[int, set[str]]:
        """Ten per cent of the own tenders of 1.5 million and more, rounded up; the inspections that count for it."""
        own = [row for row in self.of_year(year, agency, programme) if self._in_ratio(row)]
        hit = {key for key in done if self._in_ratio(self.tenders[self.inspections[key]["tender_id"]])}
        return self._required(year, 0, (len(own) + 9) // 10, whole=not agency + programme), hit

    def _in_ratio(self, row: Row) -> bool:
        return not row["commissioned_out"] and row["budget"] is not None and row["budget"] >= BANDS[-1][0]

    def blocks(self, ids: list[str]) -> dict[str, Counter[str]]:
        """Block of the table (the first two parts of a code) -> agency id -> findings."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for key in ids:
            for row in self.findings(key):
                if row.get("code"):
                    first, second = row["code"].split(".")[:2]
                    found[f"{first}.{second}"][self.inspections[key]["agency_id"]] += 1
        return found

    def district(self, tender_id: str) -> str:
        return self.tenders[tender_id]["district"] or "未填行政區"

    def newest_delay(self, tender_id: str, as_of: date) -> Row:
        """The last month's words that had begun by the day; empty where nobody wrote any."""
        own = [row for row in self.delays if row["tender_id"] == tender_id and _day(row["month"]) <= as_of]
        return own[-1] if own else {}

    def _inside(self, key: str, low: int, high: int | None) -> bool:
        budget = self.tenders[self.inspections[key]["tender_id"]]["budget"]
        return budget is not None and low <= budget and (high is None or budget < high)

    def _of_year(self, row: Row, year: int, agency: str, programme: str) -> bool:
        if row["state"] in ("未開工", "準備開工中", "設計中"):
            return False
        if (agency and row["agency_id"] != agency) or (programme and row["programme"] != programme):
            return False
        finish = row["revised_finish_on"] or row["planned_finish_on"]
        begun = row["started_on"] or row["awarded_on"]
        if begun is not None and _day(begun).year > year:
            return False
        over = row["state"] in ("完工待驗收", "驗收中", "驗收完成", "保固中", "已結案", "解約")
        return not over or finish is None or _day(finish).year >= year

    def overdue(self, as_of: date, agency: str = "", programme: str = "") -> dict[str, tuple[int, int]]:
        """Case id -> (days over, items not yet sent or accepted)."""
        found = {}
        for case in self.cases:
            states = [item["state"] for item in self.items if item["case_id"] == case["id"]]
            left = sum(state not in ("sent", "accepted") for state in states)
            days = (as_of - _day(case["due_on"])).days
            tender = self.tenders[case["tender_id"]]
            asked = (not agency or case["agency_id"] == agency) and (
                not programme or tender["programme"] == programme
            )
            if case["state"] == "open" and days > 0 and left and asked:
                found[case["id"]] = (days, left)
        return found

    def behind(self, agency: str = "", programme: str = "") -> dict[str, int]:
        """Tender id -> how far behind in basis points."""
        running = ("施工中", "停工中")
        return {
            row["id"]: row["progress_planned_bp"] - row["progress_actual_bp"]
            for row in self.tenders.values()
            if row["state"] in running
            and row["progress_planned_bp"] is not None
            and row["progress_planned_bp"] > row["progress_actual_bp"]
            and (not agency or row["agency_id"] == agency)
            and (not programme or row["programme"] == programme)
        }
