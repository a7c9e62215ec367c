"""Cases as JSON: what `inspect-app rules grade|penalty|deadline|quota` reads and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .calendars import government_calendar
from .case_text import LONGEST_NUMBER, CaseError
from .catalogue import demo_edition, normalise_code
from .deadlines import LONGEST, due
from .editions import RuleSet, by_id, ids
from .operations.fields import is_day, is_text
from .penalties import Charge, Contract, Party, penalties
from .quotas import Adjustment, Case, quota
from .reasons import Reason
from .scoring import Result, Test, forcing_kinds, grade

Object = Mapping[str, Any]
LAST_YEAR = 9000


def answer(kind: str, data: object) -> dict[str, Any]:
    """The answer to a case of a kind, JSON-ready. CaseError for an unknown kind or a malformed case."""
    if kind not in _KINDS:
        raise CaseError("kind", f"沒有「{kind}」這種題目，可用的有 {'、'.join(_KINDS)}")
    return _KINDS[kind](_object(data, "case"))


def _grade(case: Object) -> dict[str, Any]:
    _only(case, "", "edition members tests")
    rules = _rules(case)
    members = [_whole(item, f"members[{at}]", 0, 100) for at, item in enumerate(_list(case, "members"))]
    if not members:
        raise CaseError("members", "至少要有一位委員的評分")
    tests = [_test(item, f"tests[{at}]", rules) for at, item in enumerate(_list(case, "tests", []))]
    graded = grade(members, tests, rules)
    return {**asdict(graded), "reasons": _reasons(graded.reasons)}


def _test(item: object, path: str, rules: RuleSet) -> Test:
    test = _object(item, path)
    _only(test, path, "kind result")
    kind = _choice(test.get("kind"), f"{path}.kind", forcing_kinds(rules))
    return Test(kind, Result(_choice(test.get("result"), f"{path}.result", Result)))


def _penalty(case: Object) -> dict[str, Any]:
    amounts = {
        Party.CONTRACTOR: "contract_amount",
        Party.SUPERVISION: "supervision_contract_amount",
        Party.PCM: "pcm_contract_amount",
    }
    _only(
        case,
        "",
        f"edition procurement_amount findings cap_ratio multipliers rates {' '.join(amounts.values())}",
    )
    contract = Contract(
        _whole(case.get("procurement_amount"), "procurement_amount"),
        {party: _whole(case[name], name) for party, name in amounts.items() if case.get(name) is not None},
        _ratio(case),
        _multipliers(case),
        {
            Party(_choice(key, "rates", Party)): _whole(value, f"rates.{key}")
            for key, value in _map(case, "rates")
        },
    )
    charges = [_charge(item, f"findings[{at}]") for at, item in enumerate(_list(case, "findings"))]
    found = penalties(charges, contract, _rules(case), demo_edition())
    parties = {party.value: _statement(asdict(statement)) for party, statement in found.statements.items()}
    return {**parties, "reasons": _reasons(found.reasons), "warnings": _reasons(found.warnings)}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in statement.items() if name != "party"},
        "lines": list(statement["lines"]),
    }


def _multipliers(case: Object) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, value in _map(case, "multipliers"):
        code = _code(key, "multipliers")
        if code in found:
            raise CaseError(f"multipliers.{key}", f"{code} 的倍數寫了兩次")
        found[code] = _whole(value, f"multipliers.{key}", 1)
    return found


def _ratio(case: Object) -> Fraction | None:
    value = case.get("cap_ratio")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not _is_share(value):
        raise CaseError("cap_ratio", "要是 0 到 1 之間的數字")
    if case.get("contract_amount") is None:
        raise CaseError("contract_amount", "有上限比率時要填契約金額")
    return Fraction(str(value))


def _is_share(value: float | Decimal) -> bool:
    """From 0 to 1, with no more decimals than anybody writes."""
    exact = Decimal(str(value))
    return exact.is_finite() and 0 <= exact <= 1 and -exact.normalize().as_tuple().exponent <= LONGEST_NUMBER  # type: ignore[operator]  # finite: a number


def _charge(item: object, path: str) -> Charge:
    finding = _object(item, path)
    _only(finding, path, "code party points also_supervision also_pcm supervision_points pcm_points")
    return Charge(
        _code(finding.get("code"), f"{path}.code"),
        Party(_choice(finding.get("party"), f"{path}.party", Party)),
        _whole(finding.get("points"), f"{path}.points"),
        _flag(finding.get("also_supervision", False), f"{path}.also_supervision"),
        _flag(finding.get("also_pcm", False), f"{path}.also_pcm"),
        _maybe(finding.get("supervision_points"), f"{path}.supervision_points"),
        _maybe(finding.get("pcm_points"), f"{path}.pcm_points"),
    )


def _deadline(case: Object) -> dict[str, Any]:
    _only(case, "", "edition start working_days count_first_day closures")
    start = _day(case.get("start"), "start")
    if start.year > LAST_YEAR:
        raise CaseError("start", f"年份不可超過 {LAST_YEAR}")
    closures = [_day(item, f"closures[{at}]") for at, item in enumerate(_list(case, "closures", []))]
    first = case.get("count_first_day")
    found = due(
        start,
        _whole(case.get("working_days"), "working_days", 0, LONGEST),
        government_calendar().closed_on(closures),
        _rules(case),
        None if first is None else _flag(first, "count_first_day"),
    )
    days = [day.isoformat() for day in found.days]
    return {"due": found.due.isoformat(), "days": days, "reasons": _reasons(found.reasons)}


def _quota(case: Object) -> dict[str, Any]:
    _only(case, "", "edition tenders done adjustments")
    tenders = [_tender(item, f"tenders[{at}]") for at, item in enumerate(_list(case, "tenders"))]
    done = [_done(item, f"done[{at}]") for at, item in enumerate(_list(case, "done", []))]
    rules = _rules(case)
    changes = [
        _adjustment(item, f"adjustments[{at}]", rules)
        for at, item in enumerate(_list(case, "adjustments", []))
    ]
    found = quota(tenders, done, rules, changes)
    bands = [
        {
            "from": band.low,
            "to": band.high,
            "available": band.available,
            "required": band.required,
            "done": band.done,
        }
        for band in found.bands
    ]
    ratio = {"required": found.ratio_required, "done": found.ratio_done}
    unknown = {"available": found.unknown_tenders, "done": found.unknown_done}
    return {"ratio": ratio, "bands": bands, "unknown": unknown, "reasons": _reasons(found.reasons)}


def _tender(item: object, path: str) -> Case:
    tender = _object(item, path)
    _only(tender, path, "budget excluded")
    return Case(
        _maybe(tender.get("budget"), f"{path}.budget"),
        _flag(tender.get("excluded", False), f"{path}.excluded"),
    )


def _done(item: object, path: str) -> Case:
    return _tender(item, path) if isinstance(item, Mapping) else Case(_maybe(item, path))


def _adjustment(item: object, path: str, rules: RuleSet) -> Adjustment:
    change = _object(item, path)
    _only(change, path, "from required reason")
    reason = change.get("reason")
    if not isinstance(reason, str) or not reason.strip() or not is_text(reason):
        raise CaseError(f"{path}.reason", "首長調整件數要寫理由")
    band = _maybe(change.get("from"), f"{path}.from")
    bands = [line["from"] for line in rules.value("quotas")["bands"]]
    if band is not None and band not in bands:
        raise CaseError(f"{path}.from", f"沒有這個級距，要是 null（比率）或 {'、'.join(map(str, bands))}")
    return Adjustment(band, _whole(change.get("required"), f"{path}.required"), reason)


_KINDS: dict[str, Callable[[Object], dict[str, Any]]] = {
    "grade": _grade,
    "penalty": _penalty,
    "deadline": _deadline,
    "quota": _quota,
}


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    return [reason.as_dict() for reason in reasons]


def _rules(case: Object) -> RuleSet:
    edition = case.get("edition", ids()[-1])
    if edition not in ids():
        raise CaseError("edition", f"沒有這個版本，已知的有 {'、'.join(ids())}")
    return by_id(edition)


def _object(value: object, path: str) -> Object:
    if not isinstance(value, Mapping):
        raise CaseError(path, "要是一個物件（{...}）")
    return value


def _only(value: Object, path: str, names: str) -> None:
    for name in value:
        if name not in names.split():
            raise CaseError(f"{path}.{name}" if path else name or "case", "沒有這個欄位")


def _list(case: Object, name: str, default: list[Any] | None = None) -> list[Any]:
    value = case.get(name, default)
    if not isinstance(value, list):
        raise CaseError(name, "要是一個陣列（[...]）")
    return value


def _map(case: Object, name: str) -> Iterable[tuple[str, Any]]:
    value = case.get(name)
    return _object({} if value is None else value, name).items()


def _whole(value: object, path: str, low: int = 0, high: int = 2**53) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        limit = f"{low} 到 {high} 之間" if high < 2**53 else f"{low} 以上"
        raise CaseError(path, f"要是 {limit}的整數")
    return value


def _maybe(value: object, path: str) -> int | None:
    return None if value is None else _whole(value, path)


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise CaseError(path, "要是 true 或 false")
    return value


def _choice(value: object, path: str, allowed: Iterable[str]) -> str:
    names = [str(name) for name in allowed]
    if not isinstance(value, str) or value not in names:
        raise CaseError(path, f"要是 {'、'.join(names)} 其中之一")
    return value


def _code(value: object, path: str) -> str:
    if not isinstance(value, str) or not value.strip() or not value.strip().isprintable():
        raise CaseError(path, "要填缺失編號")
    return normalise_code(value) or value.strip()


def _day(value: object, path: str) -> date:
    if not is_day(value):
        raise CaseError(path, "要是 YYYY-MM-DD 的日期")
    return date.fromisoformat(str(value))
