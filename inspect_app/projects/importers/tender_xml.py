"""The tender system's XML (標管系統 download): any root, repeated 標案, blanks everywhere."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError  # nosec B405: types only; parsing is defusedxml's

from defusedxml.common import DefusedXmlException

from inspect_app.domain.roc import short_date
from inspect_app.errors import Problem
from inspect_app.intake import Rejection, text_of
from inspect_app.projects.importers import values
from inspect_app.projects.importers.elements import child_of, outermost_tenders, texts_of
from inspect_app.projects.importers.records import BadRow, Parsed, TenderRecord, Values

MAX_TENDERS = 100_000
_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE|<!ENTITY", re.IGNORECASE)

_TEXTS = {
    "標案名稱": "name", "專案項目": "programme", "工程類別": "work_type", "縣市鄉鎮": "district", "施工地點": "place",
    "計畫主辦機關": "plan_agency", "計畫編號": "plan_number", "主管機關": "competent_agency", "主辦機關": "owner_agency",
    "經費來源機關": "funding", "工程概要": "outline", "決標方式": "award_method", "合約編號": "contract_no",
    "聯絡人員/姓名": "contact_name", "聯絡人員/電話": "contact_phone", "聯絡人員/電子郵件信箱": "contact_email",
}  # fmt: skip
_MONEY = {
    "工程總預算": "total_budget",
    "發包預算": "budget",
    "預估底價": "floor_price",
    "決標金額": "award_amount",
}
_DAYS = {
    "實際決標日期": "awarded_on",
    "預定開工日期": "planned_start_on",
    "實際開工日期": "started_on",
    "預定完工日期": "planned_finish_on",
}
_FIRMS = {"設計/單位名稱": "designer", "監造/單位名稱": "supervision", "承攬/廠商名稱": "contractor"}
_DETAIL_TEXTS = {
    "工期類別": "term_kind", "總天數": "term_days", "規劃/單位名稱": "planner", "承攬/廠商名稱2": "contractor2",
    "品質計畫書核定文號": "quality_plan_no", "監造計畫書核定文號": "supervision_plan_no",
}  # fmt: skip
_DETAIL_MONEY = {"設計/費用": "design_fee", "監造/費用": "supervision_fee", "品管費用": "quality_fee"}
_DETAIL_DAYS = {
    "預定決標日期": "planned_award_on", "預定竣工決算日期": "planned_settlement_on",
    "品質計畫書核定日期": "quality_plan_on", "監造計畫書核定日期": "supervision_plan_on",
}  # fmt: skip
_PEOPLE = {
    "廠商聘用品管人員": "contractor_qc", "監造單位聘用現場人員": "supervision_staff",
    "專任工程人員": "contractor_engineer", "工地相關人員": "site",
}  # fmt: skip
_PERSON_FACTS = (
    "證照種類", "證照號碼", "專長", "職務類別", "進駐工地日期", "解職日期", "目前狀況", "負責本工程起始日期", "負責本工程結束日期",
)  # fmt: skip
_MONTH_MONEY = {
    "總累計預定完成金額": "planned_amount",
    "總累計實際完成金額": "actual_amount",
    "總累計估驗計價金額": "paid_amount",
}


def read_xml(content: bytes) -> Parsed:
    """The tenders of a download. A DOCTYPE refuses the file whole; a break keeps the tenders before it."""
    text = _DECLARATION.sub("", text_of(content))
    if _DOCTYPE.search(text):
        raise _doctype()
    parsed = Parsed()
    row = 0
    try:
        for row, element in enumerate(outermost_tenders(text.encode("utf-8")), 1):
            _take(row, element, parsed)
    except DefusedXmlException:
        raise _doctype() from None
    except (ParseError, ValueError) as error:
        _tell_break(row + 1, error, parsed)
    if not parsed.records and not parsed.rejected:
        raise Problem("bad_file", "檔案裡沒有「標案」資料，請確認是標案管理系統下載的 XML。", field="file")
    return parsed


def _doctype() -> Problem:
    return Problem(
        "bad_file",
        "檔案含有 DOCTYPE 宣告，基於安全整個檔案不收。請使用標案管理系統原本下載的檔案。",
        field="file",
    )


def _tell_break(row: int, error: Exception, parsed: Parsed) -> None:
    line = f"（第 {error.position[0]} 行）" if isinstance(error, ParseError) else ""
    message = f"XML 從這裡起不完整{line}，後面的標案沒有讀到。請重新下載。"
    if row == 1:
        raise Problem("bad_file", f"XML 不完整或格式錯誤{line}，沒有讀到任何標案。請重新下載。", field="file")
    parsed.rejected.append(Rejection(row, "檔案", message))


def _take(row: int, element: Element, parsed: Parsed) -> None:
    if row > MAX_TENDERS:
        raise Problem("too_large", f"超過 {MAX_TENDERS:,} 件標案，請分成幾個檔案。", field="file")
    try:
        parsed.records.append(_Reader(row, element, parsed.notes).record())
    except BadRow as bad:
        parsed.rejected.append(Rejection(row, bad.field, bad.message))


class _Reader:
    """Reads one 標案; unreadable numbers are let pass with a note, bad dates and negative amounts are not."""

    def __init__(self, row: int, element: Element, notes: list[str]) -> None:
        self.row, self.element, self.notes = row, element, notes
        self.base = texts_of(child_of(element, "基本資料"))

    def record(self) -> TenderRecord:
        number = values.number_key("編號", self.element.get("編號") or "")
        months = dict(self._months())
        changes = list(self._changes())
        newest = max((month for month, value in months.items() if _measured(value)), default=None)
        return TenderRecord(
            row=self.row,
            agency_code=values.text("執行機關代碼", self.element.get("執行機關代碼") or "", 20),
            agency_name=self._agency(),
            number=number,
            fields=self._fields() | self._from_changes(changes) | _headline(months, newest),
            firms={role: name for path, role in _FIRMS.items() if (name := self._firm(path))},
            details=self._details(),
            months=months,
            delays=dict(self._delays()),
            people=self._people(),
            changes=changes,
            progress_as_of=_month_end(newest) if newest else None,
        )

    def _agency(self) -> str:
        name = values.text("執行機關", self.base.get("執行機關", ""), 100)
        if not name and not self.element.get("執行機關代碼"):
            raise BadRow("執行機關", "沒有執行機關代碼，也沒有執行機關名稱，不知道是哪個機關的標案。")
        return name

    def _fields(self) -> Values:
        fields: Values = {key: self._limited(path, values.limit_of(key)) for path, key in _TEXTS.items()}
        if not fields["name"]:
            raise BadRow("標案名稱", "沒有標案名稱，請在標案管理系統補填後重新下載。")
        fields |= {key: self._money(path, self.base.get(path, "")) for path, key in _MONEY.items()}
        fields |= {key: values.day(path, self.base.get(path, "")) for path, key in _DAYS.items()}
        fields |= self._point(fields["district"], fields["place"])
        return {key: value for key, value in fields.items() if value not in (None, "")}

    def _limited(self, path: str, limit: int) -> str:
        return values.text(path.replace("/", "的"), self.base.get(path, ""), limit)

    def _firm(self, path: str) -> str:
        name = self._limited(path, values.FIRM_LIMIT)
        return "" if name in values.BLANKS else name

    def _details(self) -> Values:
        found: Values = {key: self._limited(path, 300) for path, key in _DETAIL_TEXTS.items()}
        found |= {key: self._money(path, self.base.get(path, "")) for path, key in _DETAIL_MONEY.items()}
        for path, key in _DETAIL_DAYS.items():
            day = values.day(path, self.base.get(path, ""))
            found[key] = day.isoformat() if day else None
        return {key: value for key, value in found.items() if value not in (None, "")}

    def _money(self, path: str, text: str) -> int | None:
        """An unreadable amount counts as missing; a negative one is an error of the file."""
        try:
            return values.money(path.replace("/", "的"), text)
        except BadRow:
            if values.negative(text):
                raise
            self._note(f"「{path}」{text[:40]} 不是金額，當作沒有填")
            return None

    def _percent(self, name: str, text: str) -> int | None:
        try:
            return values.basis_points(name, text)
        except BadRow:
            self._note(f"「{name}」{text[:40]} 不是百分比，當作沒有填")
            return None

    def _note(self, message: str) -> None:
        self.notes.append(f"第 {self.row} 件（{self.element.get('編號')}）：{message}。")

    def _point(self, district: str, place: str) -> Values:
        text = self.base.get("座標", "")
        x, _, y = text.replace("，", ",").partition(",")
        point = values.coordinates(x, y, district, place)
        if point is None:
            self._note(f"座標「{text[:60]}」不是 TWD97 座標，這一件不帶座標")
        return point or {}

    def _from_changes(self, changes: list[Values]) -> Values:
        """The last variation says what the contract now is."""
        found: Values = {}
        for change in sorted(changes, key=lambda change: change["on"] or date.min):
            if change["amount_after"] is not None:
                found["contract_amount"] = change["amount_after"]
            if change["finish_after"] is not None:
                found["revised_finish_on"] = change["finish_after"]
        return found

    def _changes(self) -> Iterator[Values]:
        for element in self._children("變更設計資料", "日期"):
            change = texts_of(element)
            days = change.get("準延天數", "")
            yield {
                "on": values.day("變更日期", element.get("日期") or ""),
                "document_no": values.text("核准文號", change.get("核准文號", ""), 100),
                "amount_before": self._money("變更前金額", change.get("變更前金額", "")),
                "amount_after": self._money("變更後金額", change.get("變更後金額", "")),
                "finish_before": values.day("變更前竣工日", change.get("變更前竣工日", "")),
                "finish_after": values.day("變更後竣工日", change.get("變更後竣工日", "")),
                "days": int(days) if re.fullmatch(r"-?\d{1,5}", days) else None,
            }

    def _children(self, container: str, attribute: str) -> list[Element]:
        """The elements of a container by their attribute: their names differ between downloads."""
        found = child_of(self.element, container)
        return [] if found is None else [inner for inner in found if attribute in inner.attrib]

    def _people(self) -> dict[str, list[Values]]:
        kinds = {kind: list(self._staff(container)) for container, kind in _PEOPLE.items()}
        return {kind: people for kind, people in kinds.items() if people}

    def _staff(self, container: str) -> Iterator[Values]:
        for person in self._children(container, "姓名"):
            name = values.without_identity(values.text("姓名", person.get("姓名") or "", 60))
            said = texts_of(person)
            facts = {fact: _fact(fact, said.get(fact, "")) for fact in _PERSON_FACTS}
            if name:
                yield {"name": name, "detail": {fact: value for fact, value in facts.items() if value}}

    def _by_month(self, container: str) -> Iterator[tuple[date, dict[str, str]]]:
        for year in self._children(container, "民國年"):
            for inner in year:
                if "日曆月" in inner.attrib:
                    yield values.month(year.get("民國年") or "", inner.get("日曆月") or ""), texts_of(inner)

    def _months(self) -> Iterator[tuple[date, Values]]:
        for month, inner in self._by_month("進度資料"):
            value: Values = {
                "planned_bp": self._percent("總累計預定進度", inner.get("總累計預定進度", "")),
                "actual_bp": self._percent("總累計實際進度", inner.get("總累計實際進度", "")),
                "state": values.text("執行狀態", inner.get("執行狀態", ""), 30),
                "note": values.text("實際執行摘要", inner.get("實際執行摘要", "")),
            }
            value |= {key: self._money(name, inner.get(name, "")) for name, key in _MONTH_MONEY.items()}
            yield month, {key: part for key, part in value.items() if part not in (None, "")}

    def _delays(self) -> Iterator[tuple[date, Values]]:
        names = {"factor": "落後因素", "cause": "原因分析", "remedy": "解決辦法"}
        for month, inner in self._by_month("落後資料"):
            value = {key: values.text(name, inner.get(name, "")) for key, name in names.items()}
            said = {key: part for key, part in value.items() if part}
            if said:
                yield month, said


def _fact(name: str, text: str) -> str:
    """A fact about a person: a date as 110.03.10, anything else without identity numbers."""
    if "日期" in name:
        day = values.day(name, text)
        return short_date(day) if day else ""
    return values.without_identity(values.text(name, text, 200))


def _measured(month: Values) -> bool:
    """Planned and actual together: half a pair would make a gap against some other month."""
    return "planned_bp" in month and "actual_bp" in month


def _headline(months: dict[date, Values], newest: date | None) -> Values:
    """Progress and payment of the newest month that was measured, and the newest state."""
    names = {
        "planned_bp": "progress_planned_bp",
        "actual_bp": "progress_actual_bp",
        "paid_amount": "paid_amount",
    }
    source = months[newest] if newest else {}
    found = {column: source[key] for key, column in names.items() if key in source}
    states = [value["state"] for _, value in sorted(months.items()) if "state" in value]
    return found | ({"state": states[-1]} if states else {})


def _month_end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
